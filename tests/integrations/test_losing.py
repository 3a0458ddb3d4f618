"""A worker that lost its publication changes nothing any more: not our rows, and not the store."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations import privacy, publish
from integrations.job import Job
from integrations.models import Publication, PublicationItem, PublishedImage, Snapshot
from integrations.work import publications
from productviz.lib.lease import new_owner
from tests.integrations.conftest import Bench, drain

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

State = Publication.State
Steal = Callable[[Publication], object]
ROWS = (Publication, PublicationItem, PublishedImage, Snapshot)


def _another_worker(publication: Publication) -> None:
    Publication.objects.filter(pk=publication.pk).update(lease_owner="another")


def _the_store_is_erased(publication: Publication) -> None:
    privacy.erase(publication.store)


THIEVES = [
    pytest.param(_another_worker, id="another worker"),
    pytest.param(_the_store_is_erased, id="the store is erased"),
]


class _Theft:
    """A step, and right after it the competing write; what there is then must stay so."""

    def __init__(self, bench: Bench, step: Callable[[Job], None], steal: Steal) -> None:
        self.bench, self.step, self.steal = bench, step, steal
        self.left: object = None

    def __call__(self, job: Job) -> None:
        self.step(job)
        self.steal(job.publication)
        self.left = self.now()

    def now(self) -> object:
        """Our rows, and how often the store was written to."""
        rows = [list(kind._default_manager.order_by("pk").values()) for kind in ROWS]
        return rows, len(self.bench.shop.writes)


def _steal_after(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, number: int, steal: Steal
) -> _Theft:
    steps = list(getattr(publish, name))
    theft = _Theft(bench, steps[number], steal)
    steps[number] = theft
    monkeypatch.setattr(publish, name, tuple(steps))
    return theft


@pytest.mark.parametrize("steal", THIEVES)
@pytest.mark.parametrize("number", range(len(publish.STEPS) - 1))
def test_publishing_stops_where_its_row_is_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int, steal: Steal
) -> None:
    theft = _steal_after(bench, monkeypatch, "STEPS", number, steal)
    bench.request("MUG", "one")

    publications(new_owner())

    assert theft.left is not None
    assert theft.now() == theft.left


@pytest.mark.parametrize("steal", THIEVES)
@pytest.mark.parametrize("number", range(len(publish.UNDO_STEPS) - 1))
def test_undoing_stops_where_its_row_is_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int, steal: Steal
) -> None:
    publication = bench.request("MUG", "one")
    drain()
    publish.undo(Publication.objects.get(pk=publication.pk))
    theft = _steal_after(bench, monkeypatch, "UNDO_STEPS", number, steal)

    publications(new_owner())

    assert theft.left is not None
    assert theft.now() == theft.left
