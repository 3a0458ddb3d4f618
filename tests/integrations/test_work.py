"""What becomes of a row when a store or our own code fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from integrations import catalog, publish, work
from integrations.contract import Retryable
from integrations.models import Publication, SyncRun
from productviz.lib import lease
from productviz.lib.lease import MAX_ATTEMPTS, new_owner
from tests.integrations.conftest import Bench, drain, hurry

State = Publication.State


def test_a_bug_ends_only_its_own_row(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(job: Any) -> None:
        if job.publication.product.sku == "MUG":
            raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(publish, "STEPS", (broken, *publish.STEPS))
    bad, good = bench.request("MUG", "one"), bench.request("VASE", "two")
    for _ in range(MAX_ATTEMPTS):
        drain()
        hurry()
    for publication in (bad, good):
        publication.refresh_from_db()
    assert (bad.state, bad.error_code) == (State.FAILED, "internal_error")
    assert "secret detail" not in bad.error
    assert good.state == State.PUBLISHED


def test_a_row_that_kills_its_workers_ends_failed(bench: Bench) -> None:
    publication = bench.request("MUG", "one")
    Publication.objects.filter(pk=publication.pk).update(attempt=MAX_ATTEMPTS)
    drain()
    publication.refresh_from_db()
    assert (publication.state, publication.error_code) == (State.FAILED, "internal_error")


def test_each_wait_is_longer_and_a_stores_wish_counts_up_to_an_hour(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real = lease.put_off

    def noting(row: Any, owner: str, *, seconds: float, **changes: Any) -> bool:
        waits.append(seconds)
        return real(row, owner, seconds=0, **changes)

    wish = [None, 30.0, 999_999.0, None, None, None, None, None, None, None]

    def down(run: SyncRun, owner: str) -> None:
        raise Retryable("The store is down.", after=wish[len(waits)])

    monkeypatch.setattr(work, "put_off", noting)
    monkeypatch.setattr(catalog, "run_sync", down)
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()
    run.refresh_from_db()
    assert waits == [15, 60, 3600, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600]
    assert run.state == SyncRun.State.FAILED
    assert "Gave up" in run.message
    bench.store.refresh_from_db()
    assert bench.store.status == "degraded"


def test_it_knows_whether_anything_waits(bench: Bench) -> None:
    assert not work.due()
    publication = bench.request("MUG", "one")
    assert work.due()
    drain()
    assert not work.due()
    publish.undo(publication)
    assert work.due()
    type(bench.store).objects.update(status="disconnected")
    assert not work.due()


def test_the_rescuer_frees_what_a_dead_worker_held(bench: Bench) -> None:
    publication = bench.request("MUG", "one")
    machine = new_owner().partition("-")[0]
    Publication.objects.filter(pk=publication.pk).update(
        lease_owner=f"{machine}-999999999-dead", lease_until=timezone.now() + lease.LEASE
    )
    assert drain() == 0
    assert work.rescue() == 1
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED


def test_the_daily_round_wakes_webhooks(bench: Bench) -> None:
    bench.shop.disable_webhooks()
    assert work.daily() == 1
    assert {hook.status for hook in bench.shop.state.tables.webhooks.values()} == {"active"}
