"""A worker killed, or an answer lost, between any two requests: the work is done once."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress

import pytest

from integrations import publish
from integrations.models import Publication
from tests.integrations.conftest import bury_worker, drain, item
from tests.shopify.bench import Killed, Row, ShopBench, lost, settle, struck

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]
State = Publication.State
Strike = Callable[[], BaseException]


def is_through(monkeypatch: pytest.MonkeyPatch, number: int, strike: Strike) -> bool:
    """Drain with a strike at request ``number``, then again without; True if none was struck."""
    with struck(monkeypatch, number, strike) as sent, suppress(Killed):
        drain()
    bury_worker()
    settle()
    return sent[0] <= number


def request(bench: ShopBench, name: str) -> Publication:
    """Ask for a picture in place of the middle image, which a variant shows."""
    hood, red = bench.product("Hoodie"), bench.product("HOOD-R").images.get()
    original = hood.images.get(external_id=red.external_id, is_generated=False)
    return publish.request(
        product=hood,
        items=[item(hood, name, replaces=original)],
        approved_by=None,
        needs_approval=False,
    )


@pytest.mark.parametrize("strike", [Killed, lost], ids=["killed", "lost"])
def test_publishing_goes_on_after_any_request(
    bench: ShopBench, monkeypatch: pytest.MonkeyPatch, strike: Strike
) -> None:
    before, files = bench.remote("Hoodie"), bench.files()
    for number in itertools.count():
        publication = request(bench, f"one {number}")
        done = is_through(monkeypatch, number, strike)
        check_published(bench, publication, before)
        assert len(bench.files() - files) == 1
        assert bench.undo(publication).differences == []
        assert (bench.remote("Hoodie"), bench.files()) == (before, files)
        if done:
            break
    assert number > 15
    assert bench.signals == []


def check_published(bench: ShopBench, publication: Publication, before: list[Row]) -> None:
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED, publication.error
    after = bench.remote("Hoodie")
    assert [alt[:3] for _, alt, _ in after] == ["", "one", ""]
    assert [variants for _, _, variants in after] == [variants for _, _, variants in before]
    assert any(variants for _, _, variants in after)


@pytest.mark.parametrize("strike", [Killed, lost], ids=["killed", "lost"])
def test_undoing_goes_on_after_any_request(
    bench: ShopBench, monkeypatch: pytest.MonkeyPatch, strike: Strike
) -> None:
    before, files = bench.remote("Hoodie"), bench.files()
    for number in itertools.count():
        publication = request(bench, f"one {number}")
        drain()
        publish.undo(publication)
        done = is_through(monkeypatch, number, strike)
        publication.refresh_from_db()
        assert (publication.state, publication.differences) == (State.ROLLED_BACK, [])
        assert (bench.remote("Hoodie"), bench.files()) == (before, files)
        if done:
            break
    assert number > 10
    assert bench.signals == []
