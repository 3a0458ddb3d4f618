"""A worker that lost its row leaves nothing behind: the other's write comes between two lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fnmatch import fnmatch
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.utils import timezone

from generation import batches, candidates, outcomes, pipeline, review
from generation.assets.references import PLACES, judge
from generation.assets.sweep import GRACE, Tally, sweep
from generation.line import waiting
from generation.models import Asset, Batch, Candidate, Cutout, Generation, PublishMode
from integrations import privacy
from integrations.models import Publication
from productviz.lib import files
from productviz.lib.lease import claim
from productviz.lib.stored import listing
from productviz.outbox.models import Event
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product
from tests.pictures import photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

Steal = Callable[[Generation], object]
MADE = (Asset, Candidate, Cutout, Event, Publication)


def _another_worker(row: Generation) -> None:
    Generation.objects.filter(pk=row.pk).update(lease_owner="another")


def _the_batch_is_canceled(row: Generation) -> None:
    assert row.batch is not None
    batches.cancel(row.batch)


def _the_store_is_erased(row: Generation) -> None:
    privacy.erase(row.product.store)


THIEVES = [
    pytest.param(_another_worker, id="another worker"),
    pytest.param(review.cancel, id="the user cancels"),
    pytest.param(_the_batch_is_canceled, id="the batch is canceled"),
    pytest.param(_the_store_is_erased, id="the store is erased"),
]


def _before(monkeypatch: pytest.MonkeyPatch, target: object, name: str, do: object) -> None:
    """Let the competing write commit right before a function of the worker runs."""
    real = getattr(target, name)

    def first(*arguments: object, **options: object) -> object:
        do()  # type: ignore[operator]
        return real(*arguments, **options)

    monkeypatch.setattr(target, name, first)


def _after_putting(monkeypatch: pytest.MonkeyPatch, pattern: str, do: object) -> None:
    """Let it commit between a file and the row that is to name it."""
    real = files.put

    def then(place: files.Place, key: str, data: bytes) -> None:
        real(place, key, data)
        if fnmatch(f"{place}/{key}", pattern):
            do()  # type: ignore[operator]

    monkeypatch.setattr(files, "put", then)


def _before_delivery(monkeypatch: pytest.MonkeyPatch, do: object) -> None:
    """Let it commit between the asset and the transaction that delivers it."""

    def atomic() -> object:
        if Asset.objects.exists():
            do()  # type: ignore[operator]
        return transaction.atomic()

    monkeypatch.setattr(pipeline, "transaction", SimpleNamespace(atomic=atomic))


Arrange = Callable[[pytest.MonkeyPatch, object], None]
# A line of the worker's, right before which the row is lost.
LINES: dict[str, Arrange] = {
    "a stage begins": lambda patch, do: _before(patch, outcomes, "enter_stage", do),
    "the cut-out's row": lambda patch, do: _after_putting(patch, "work/*/cutouts/*.npz", do),
    "the fingerprint": lambda patch, do: _before(patch, pipeline, "fingerprint", do),
    "the candidate's row": lambda patch, do: _after_putting(patch, "work/*/candidates/*", do),
    "the asset's row": lambda patch, do: _after_putting(patch, "assets/*", do),
    "the end": _before_delivery,
}


def _claimed(photos: Serve, data: bytes | None = None, **spec: object) -> Generation:
    """A generation of a running batch that a worker has just claimed."""
    product = make_product(image_url=photos("mug.jpg", data))
    preset = make_preset(product.store.workspace, **spec)
    batch = Batch.objects.create(
        workspace=product.store.workspace,
        store=product.store,
        preset_version=preset.latest,
        publish=PublishMode.AUTO,
        state=Batch.State.RUNNING,
    )
    make_generation(product, preset=preset, publish=PublishMode.AUTO, batch=batch)
    return claim(waiting(), owner="mine", limit=1)[0]


class _Theft:
    """Makes the competing write once, and remembers what there was right after it."""

    def __init__(self, row: Generation, steal: Steal) -> None:
        self.row = row
        self.steal = steal
        self.left: object = None
        self.made: list[int] = []

    def __call__(self) -> None:
        if self.made:
            return
        self.steal(Generation.objects.get(pk=self.row.pk))
        self.left = Generation.objects.filter(pk=self.row.pk).values().first()
        self.made = [kind._default_manager.count() for kind in MADE]


def _assert_nothing_of_the_loser(theft: _Theft) -> None:
    assert theft.made, "the row was never stolen"
    assert Generation.objects.filter(pk=theft.row.pk).values().first() == theft.left
    assert [kind._default_manager.count() for kind in MADE] == theft.made
    for days in (1, 2):
        for _step in sweep(timezone.now() + days * (GRACE + timedelta(hours=1)), Tally()):
            pass
    for place in PLACES:
        keys = [one.key for one in listing(place, limit=999)]
        assert not [key for key, is_free in judge(place, keys).items() if is_free]


@pytest.mark.parametrize("steal", THIEVES)
@pytest.mark.parametrize("line", LINES)
def test_it_writes_nothing_once_its_row_is_lost(
    photos: Serve, monkeypatch: pytest.MonkeyPatch, line: str, steal: Steal
) -> None:
    row = _claimed(photos)
    theft = _Theft(row, steal)
    LINES[line](monkeypatch, theft)

    pipeline.advance(row, "mine")

    _assert_nothing_of_the_loser(theft)


@pytest.mark.parametrize("steal", THIEVES)
def test_it_does_not_fail_a_row_that_it_has_lost(
    photos: Serve, monkeypatch: pytest.MonkeyPatch, steal: Steal
) -> None:
    row = _claimed(photos, b"<html>no photograph</html>")
    theft = _Theft(row, steal)
    _before(monkeypatch, outcomes, "settle_failure", theft)

    pipeline.advance(row, "mine")

    _assert_nothing_of_the_loser(theft)


@pytest.mark.parametrize("steal", THIEVES)
def test_it_does_not_put_off_a_row_that_it_has_lost(
    photos: Serve, monkeypatch: pytest.MonkeyPatch, steal: Steal
) -> None:
    row = _claimed(photos)
    theft = _Theft(row, steal)

    def full(*arguments: object) -> None:
        theft()
        raise files.StorageFailed("No space left on device")

    monkeypatch.setattr(files, "put", full)
    pipeline.advance(row, "mine")

    _assert_nothing_of_the_loser(theft)


@pytest.mark.parametrize("steal", THIEVES)
def test_it_hands_no_row_to_a_reviewer_that_it_has_lost(
    photos: Serve, monkeypatch: pytest.MonkeyPatch, steal: Steal
) -> None:
    # Far too small for what is asked: verification wants a person to look.
    outputs = [{"name": "main", "width": 2000, "height": 2000}]
    row = _claimed(photos, photo(size=260), outputs=outputs)
    theft = _Theft(row, steal)
    _before(monkeypatch, outcomes, "hand_to_reviewer", theft)

    pipeline.advance(row, "mine")

    _assert_nothing_of_the_loser(theft)


@pytest.mark.parametrize("steal", THIEVES)
def test_a_bug_changes_no_row_that_is_lost(
    photos: Serve, monkeypatch: pytest.MonkeyPatch, steal: Steal
) -> None:
    row = _claimed(photos)
    theft = _Theft(row, steal)

    def broken(*arguments: object, **options: object) -> None:
        theft()
        raise ZeroDivisionError

    monkeypatch.setattr(candidates, "keep_files", broken)
    pipeline.advance(row, "mine")

    _assert_nothing_of_the_loser(theft)
