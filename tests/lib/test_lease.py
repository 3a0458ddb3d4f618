"""Claims and leases, on whichever database the run uses."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from generation.line import waiting
from generation.models import Generation
from productviz.lib import lease
from productviz.lib.lease import (
    Heartbeat,
    claim,
    free,
    free_dead,
    held,
    new_owner,
    put_off,
    release,
)
from tests.factories import make_generation, make_preset, make_product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def make_many(count: int) -> list[Generation]:
    product = make_product()
    preset = make_preset(product.store.workspace)
    return [make_generation(product, preset=preset) for _ in range(count)]


def test_it_claims_nothing_of_what_can_hold_no_row() -> None:
    make_many(1)

    assert claim(Generation.objects.none(), owner="a", limit=2) == []


def test_it_claims_in_order_and_counts_the_attempt() -> None:
    rows = make_many(3)

    claimed = claim(waiting(), owner="me", limit=2)

    assert [row.pk for row in claimed] == [rows[0].pk, rows[1].pk]
    assert [row.attempt for row in claimed] == [1, 1]


def test_it_never_gives_a_row_to_two_claimers() -> None:
    make_many(40)
    taken: list[str] = []

    def work() -> None:
        try:
            while rows := claim(waiting(), owner=new_owner(), limit=3):
                taken.extend(str(row.pk) for row in rows)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 40
    assert len(set(taken)) == 40


def test_it_leaves_leased_and_postponed_rows_alone() -> None:
    leased, postponed, free_row = make_many(3)
    claim(waiting().filter(pk=leased.pk), owner="other", limit=1)
    Generation.objects.filter(pk=postponed.pk).update(
        not_before=timezone.now() + timedelta(minutes=1)
    )

    claimed = claim(waiting(), owner="me", limit=5)

    assert [row.pk for row in claimed] == [free_row.pk]


def test_it_takes_over_an_expired_lease_and_the_old_owner_can_write_no_more() -> None:
    (row,) = make_many(1)
    (old,) = claim(waiting(), owner="old", limit=1)
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    (new,) = claim(waiting(), owner="new", limit=1)

    assert new.attempt == 2
    assert held(old, "old").update(**free(status="failed")) == 0
    assert held(new, "new").update(**free(status="succeeded")) == 1
    row.refresh_from_db()
    assert row.status == "succeeded"


def test_it_hands_back_without_counting_the_attempt() -> None:
    make_many(1)
    (row,) = claim(waiting(), owner="me", limit=1)

    release([row], "me")

    (again,) = claim(waiting(), owner="you", limit=1)
    assert again.attempt == 1


def test_it_puts_off_and_counts_a_retry_instead_of_an_attempt() -> None:
    make_many(1)
    (row,) = claim(waiting(), owner="me", limit=1)

    assert put_off(row, "me", seconds=30)

    row.refresh_from_db()
    assert (row.attempt, row.retries, row.lease_owner) == (0, 1, "")
    assert claim(waiting(), owner="me", limit=1) == []


def test_it_frees_the_rows_of_a_dead_process_but_not_of_a_live_one() -> None:
    make_many(2)
    code = (
        "import django; django.setup(); from productviz.lib import lease; print(lease.new_owner())"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    dead = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True).strip()
    claim(waiting(), owner=dead, limit=1)
    live = new_owner()
    claim(waiting(), owner=live, limit=1)

    assert free_dead(Generation) == 1

    assert Generation.objects.filter(lease_owner=live).count() == 1
    assert Generation.objects.filter(lease_owner=dead).count() == 0


def test_it_claims_what_a_clock_gone_wrong_has_put_into_the_far_future() -> None:
    held_for_days, put_off_for_weeks, fine = make_many(3)
    claim(waiting(), owner="dead", limit=1)
    far = timezone.now() + timedelta(days=30)
    Generation.objects.filter(pk=held_for_days.pk).update(lease_until=far)
    Generation.objects.filter(pk=put_off_for_weeks.pk).update(not_before=far)

    claimed = claim(waiting(), owner="me", limit=5)

    assert [row.pk for row in claimed] == [held_for_days.pk, put_off_for_weeks.pk, fine.pk]


def test_a_heartbeat_outlives_a_database_that_is_away_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_many(1)
    (row,) = claim(waiting(), owner="me", limit=1)
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    beaten = threading.Event()
    faults = [OperationalError("the database system is shutting down")]

    def update(*arguments: Any, **values: Any) -> int:
        if faults:
            raise faults.pop()
        beaten.set()
        return real_update(*arguments, **values)

    real_update = type(Generation.objects.all()).update
    monkeypatch.setattr(type(Generation.objects.all()), "update", update)
    monkeypatch.setattr("productviz.lib.lease.LEASE", timedelta(seconds=0.2))
    with Heartbeat(Generation, "me"):
        assert beaten.wait(10)

    assert held(row, "me").exists()


def test_it_extends_no_lease_past_its_rows_own_limit_and_those_beside_it_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_many(2)
    late, fine = claim(waiting(), owner="me", limit=2)
    short = timezone.now() + timedelta(seconds=5)
    Generation.objects.update(lease_until=short)
    heart = Heartbeat(Generation, "me")
    waits = iter([False, True])
    monkeypatch.setattr(heart._stop, "wait", lambda seconds: next(waits))
    heart.limit_of(late)(-1.0)
    heart.limit_of(fine)(60.0)

    heart._beat()

    kept = dict(Generation.objects.values_list("pk", "lease_until"))
    assert kept[late.pk] == short
    assert kept[fine.pk] != short


def test_it_does_not_claim_a_paused_batch() -> None:
    from generation import batches
    from generation.batches.work import take_steps
    from generation.models import PublishMode
    from generation.selection import Selector

    product = make_product()
    preset = make_preset(product.store.workspace)
    batch = batches.start(
        store=product.store,
        version=preset.latest,
        publish=PublishMode.NONE,
        selector=Selector(),
        requested_by=None,
    )
    take_steps("me")
    batches.pause(batch)
    assert claim(waiting(), owner="me", limit=1) == []

    batches.resume(batch)
    assert len(claim(waiting(), owner="me", limit=1)) == 1


def test_it_lets_the_lease_of_work_run_out_that_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_many(1)
    (row,) = claim(waiting(), owner="me", limit=1)
    before = row.lease_until
    monkeypatch.setattr(lease, "LEASE", timedelta(seconds=0.04))
    looked = threading.Event()
    monkeypatch.setattr(lease.log, "error", lambda *args, **kwargs: looked.set())

    with Heartbeat(Generation, "me") as heart:
        heart.limit(0.0)
        assert looked.wait(30)
        row.refresh_from_db()
        assert row.lease_until == before
        heart.limit(None)
        while row.lease_until == before:
            row.refresh_from_db()
