"""What a worker takes from the line at once, hands back, and leaves to others."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from generation import work
from generation.line import take, waiting
from generation.models import Batch, Generation, Lane
from generation.simulation.stand_ins import STAND_INS
from generation.types import Prepared
from productviz import work as queue_work
from productviz.lib.lease import MAX_ATTEMPTS, due, new_owner
from productviz.outbox.models import Event
from tests.generation.test_turns import Asker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture(autouse=True)
def pace(monkeypatch: pytest.MonkeyPatch) -> work._Pace:
    """A worker process that has made nothing yet."""
    fresh = work._Pace()
    monkeypatch.setattr(work, "_pace", fresh)
    return fresh


def queued(count: int, batch: Batch | None = None, asker: Asker | None = None) -> list[Generation]:
    return (asker or Asker()).ask(count, Lane.BULK, batch)


def limited(asker: Asker, concurrency: int, count: int) -> Batch:
    batch = asker.batch()
    Batch.objects.filter(pk=batch.pk).update(concurrency=concurrency)
    queued(count, batch, asker)
    return batch


def test_it_claims_more_at_once_the_faster_images_are(pace: work._Pace) -> None:
    sizes = []
    for _ in range(6):
        sizes.append(pace.size)
        pace.note(pace.size, pace.size * 0.01)
    assert sizes == [1, 2, 4, 8, 16, 16]

    pace.note(16, 1.0)
    assert pace.size == 4
    pace.note(1, 30.0)
    assert pace.size == 1


def test_it_hands_back_what_it_did_not_reach_in_time(
    pace: work._Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = queued(5)
    pace.size = 5
    monkeypatch.setattr(work, "HAND_BACK_SECONDS", 0.0)
    first = iter([0.0])
    monkeypatch.setattr("generation.work.time.monotonic", lambda: next(first, 1.0))

    assert work.run_generations(new_owner(), stages=STAND_INS) == 0

    left = Generation.objects.filter(pk__in=[row.pk for row in rows])
    assert set(left.values_list("status", "lease_owner", "attempt")) == {("queued", "", 0)}


def test_it_runs_a_row_that_has_cost_a_worker_alone() -> None:
    rows = queued(6)
    Generation.objects.filter(pk=rows[2].pk).update(attempt=1)

    before = take("a", limit=16)
    alone = take("b", limit=16)
    after = take("c", limit=16)

    claimed = [[row.pk for row in part] for part in (before, alone, after)]
    assert claimed == [
        [rows[0].pk, rows[1].pk],
        [rows[2].pk],
        [rows[3].pk, rows[4].pk, rows[5].pk],
    ]
    assert [row.attempt for row in (*before, *alone, *after)] == [1, 1, 2, 1, 1, 1]


def test_it_lets_one_deadly_row_take_none_of_its_neighbours_down(
    pace: work._Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = queued(8)
    pace.size = 16
    monkeypatch.setattr(work, "HAND_BACK_SECONDS", math.inf)

    class Killed(BaseException):
        """Stands for SIGKILL: nothing handles it."""

    def prepare(row: Generation) -> Prepared:
        if row.pk == rows[3].pk:
            raise Killed
        return STAND_INS.prepare(row)

    stages = replace(STAND_INS, prepare=prepare)
    for _ in range(40):
        try:
            if not work.run_generations(new_owner(), stages=stages):
                break
        except Killed:
            Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    ended = [Generation.objects.get(pk=row.pk) for row in rows]
    assert [row.status for row in ended] == ["succeeded"] * 3 + ["failed"] + ["succeeded"] * 4
    assert ended[3].attempt == MAX_ATTEMPTS + 1


def test_it_keeps_a_batch_to_the_number_at_a_time_that_it_asks_for() -> None:
    asker = Asker()
    batch = limited(asker, 2, 10)
    others = queued(3, asker=asker)

    claimed = [take(f"worker {number}", limit=16) for number in range(4)]

    in_work = batch.generations.exclude(lease_owner="")
    assert in_work.count() == 2
    assert sum(row.batch_id is None for part in claimed for row in part) == len(others)

    Generation.objects.filter(pk=in_work[0].pk).update(status="succeeded", lease_owner="")
    assert [row.batch_id for row in take("next", limit=16)] == [batch.pk]
    assert take("last", limit=16) == []


def test_it_counts_no_place_for_a_worker_that_is_gone() -> None:
    batch = limited(Asker(), 1, 3)
    (lost,) = take("gone", limit=16)
    assert take("other", limit=16) == []

    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    (again,) = take("other", limit=16)
    assert (again.pk, again.batch_id) == (lost.pk, batch.pk)


def test_it_never_gives_a_batchs_last_place_to_two_workers() -> None:
    batch = limited(Asker(), 3, 40)
    most: list[int] = []
    lock = threading.Lock()

    def run() -> None:
        try:
            for _ in range(12):
                owner = new_owner()
                for row in take(owner, limit=16):
                    with lock:
                        most.append(batch.generations.exclude(lease_owner="").count())
                    ended = Generation.objects.filter(pk=row.pk, lease_owner=owner)
                    ended.update(status="succeeded", lease_owner="", lease_until=None)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(most) <= 3
    assert batch.generations.filter(status="succeeded").count() == len(most)


def test_it_ends_what_is_too_late_instead_of_running_it() -> None:
    late, early = queued(2)
    now = timezone.now()
    Generation.objects.filter(pk=late.pk).update(deadline=now - timedelta(seconds=1))
    Generation.objects.filter(pk=early.pk).update(deadline=now + timedelta(hours=1))

    while work.run_generations(new_owner(), stages=STAND_INS):
        pass

    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.status, late.error_code, late.lease_owner) == ("expired", "deadline_exceeded", "")
    assert early.status == "succeeded"
    (told,) = Event.objects.filter(object_id=late.pk)
    assert (told.type, told.sequence) == ("generation.expired", late.version)
    assert told.data["object"]["error"]["code"] == "deadline_exceeded"


def test_it_ends_at_the_next_look_what_nobody_claims_before_its_deadline() -> None:
    asker = Asker()
    batch = asker.batch()
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.PAUSED)
    late, held, fine = queued(3, batch, asker)
    past = timezone.now() - timedelta(seconds=1)
    Generation.objects.filter(pk__in=[late.pk, held.pk]).update(deadline=past)
    Generation.objects.filter(pk=held.pk).update(
        lease_owner="busy", lease_until=timezone.now() + timedelta(seconds=60)
    )

    assert work.poll() == 1
    assert work.poll() == 0

    states = [Generation.objects.get(pk=row.pk).status for row in (late, held, fine)]
    assert states == ["expired", "queued", "queued"]
    assert Event.objects.filter(type="generation.expired").count() == 1


def test_it_asks_a_source_that_has_nothing_only_now_and_then_but_always_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue_work, "REST_SECONDS", math.inf)
    asked: list[str] = []
    left = [3]

    def idle(owner: str) -> int:
        asked.append("idle")
        return 0

    def busy(owner: str) -> int:
        asked.append("busy")
        left[0] -= 1
        return int(left[0] >= 0)

    assert queue_work.drain(sources=[idle, busy]) == 3

    assert asked == ["idle", "busy", "busy", "busy", "busy", "idle", "busy"]


def test_the_line_is_read_without_a_join() -> None:
    rows = queued(3)
    head = waiting().filter(due()).values_list("pk", flat=True)[:1]

    assert " JOIN " not in str(head.query)
    assert list(head) == [rows[0].pk]
