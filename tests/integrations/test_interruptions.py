"""A worker killed between any two steps: the work is done once all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations import catalog, publish
from integrations.job import Job
from integrations.models import Publication, SyncRun
from integrations.sandbox.woocommerce import library
from tests.integrations.conftest import Bench, bury_worker, drain

State = Publication.State


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


def dying(step: Callable[[Job], None]) -> Callable[[Job], None]:
    """The step, and then the end of the worker, the first time only."""
    done: list[int] = []

    def run(job: Job) -> None:
        step(job)
        if not done:
            done.append(1)
            raise Killed

    return run


def kill_after(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    steps = list(getattr(publish, name))
    steps[number] = dying(steps[number])
    monkeypatch.setattr(publish, name, tuple(steps))


def survive() -> None:
    with pytest.raises(Killed):
        drain()
    bury_worker()
    drain()


def writes(bench: Bench, *parts: str) -> list[tuple[str, str]]:
    return [(w.method, w.path) for w in bench.shop.writes if all(part in w.path for part in parts)]


@pytest.fixture(params=["application-password", "keys"])
def any_bench(request: pytest.FixtureRequest) -> Any:
    """A connected store by either access."""
    return request.getfixturevalue("bench" if request.param.startswith("app") else "key_bench")


@pytest.mark.parametrize("number", range(len(publish.STEPS)))
def test_publishing_survives_a_kill_after_every_step(
    any_bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before, media = any_bench.remote("MUG"), any_bench.media()
    kill_after(monkeypatch, "STEPS", number)
    publication = any_bench.request("MUG", "one")
    survive()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED, publication.error
    assert [alt for _, alt in any_bench.remote("MUG")] == ["one on white", ""]
    assert len(any_bench.media() - media) == 1
    assert len(writes(any_bench, "/wc/v3/products/", str(any_bench.shop.product("MUG").id))) == 1
    assert any_bench.undo(publication).differences == []
    assert any_bench.remote("MUG") == before


@pytest.mark.parametrize("number", range(len(publish.UNDO_STEPS)))
def test_undoing_survives_a_kill_after_every_step(
    any_bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = any_bench.remote("MUG")
    hash_before = any_bench.product("MUG").inputs_hash
    publication = any_bench.publish("MUG", "one")
    written = len(writes(any_bench, "/wc/v3/products/"))
    kill_after(monkeypatch, "UNDO_STEPS", number)
    publish.undo(publication)
    survive()
    publication.refresh_from_db()
    assert (publication.state, publication.differences) == (State.ROLLED_BACK, [])
    assert any_bench.remote("MUG") == before
    assert any_bench.product("MUG").inputs_hash == hash_before
    assert len(writes(any_bench, "/wc/v3/products/")) == written + 1


def test_a_worker_whose_lease_was_taken_saves_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def robbed(job: Job) -> None:
        Publication.objects.filter(pk=job.publication.pk).update(lease_owner="another")

    monkeypatch.setattr(publish, "STEPS", (robbed, *publish.STEPS[-1:]))
    publication = bench.request("MUG", "one")
    drain()
    publication.refresh_from_db()
    assert (publication.state, publication.lease_owner) == (State.IN_PROGRESS, "another")


def test_the_echo_that_comes_before_a_killed_publication_goes_on_starts_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_after(monkeypatch, "STEPS", 2)
    bench.request("MUG", "one")
    with pytest.raises(Killed):
        drain()
    bench.shop.deliver_webhooks()
    drain()
    assert bench.signals == []
    bury_worker()
    drain()
    bench.shop.deliver_webhooks()
    drain()
    assert bench.signals == []


def test_an_original_that_is_being_uploaded_again_is_no_new_input(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_before = bench.product("MUG").inputs_hash
    original = bench.remote("MUG")[0][0]
    publication = bench.publish("MUG", "one")
    library.remove_attachment(bench.shop.state, bench.shop.state.tables.attachments[original])
    kill_after(monkeypatch, "UNDO_STEPS", 1)
    publish.undo(publication)
    with pytest.raises(Killed):
        drain()
    catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()
    assert bench.store.sync_runs.latest("created_at").state == SyncRun.State.DONE
    assert bench.signals == []
    bury_worker()
    drain()
    publication.refresh_from_db()
    assert publication.state == State.ROLLED_BACK
    assert bench.product("MUG").inputs_hash == hash_before
    assert bench.signals == []
