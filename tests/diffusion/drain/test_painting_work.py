"""Painted rows on their way through the workers: handed over, claimed together, made once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from generation import painting_work, review, work
from generation.budgets import reserve
from generation.inference.engine import EngineUnavailable
from generation.line import take_alike
from generation.models import Candidate, Generation, UsageDay
from generation.simulation.rows import Shop
from generation.simulation.stand_ins import STAND_INS
from generation.types import Prepared, Stage
from productviz.lib.lease import MAX_ATTEMPTS, new_owner
from productviz.outbox.models import Event
from tests.diffusion.drain.host import SERVES, Host, Hosts, again, ends, statuses
from tests.diffusion.drain.rows import asked, shop
from tests.diffusion.drain.stages import PAIR

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def test_it_hands_a_prepared_row_over_to_the_painters_and_wakes_them(hosts: Hosts) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()

    host.prepare()

    (row,) = again([row])
    assert (row.queue, row.stage, row.status) == ("gpu", "inference", "processing")
    assert row.compatibility == f"{PAIR}/tiny"
    assert (row.lease_owner, row.attempt, row.retries) == ("", 0, 0)
    assert row.fingerprint
    assert host.painter.goes == []
    assert OrmQ.objects.filter(key="gpu").count() == 1
    told = Event.objects.filter(object_id=row.pk).order_by("sequence").values_list("data__stage")
    assert [stage for (stage,) in told] == ["preprocess", "inference"]


def test_it_paints_together_what_was_prepared_one_by_one(hosts: Hosts) -> None:
    rows = asked(shop(), 8)
    host = hosts(most=8)

    host.make()

    assert statuses(rows) == ["succeeded"] * 8
    assert [len(go) for go in host.painter.goes] == [8]
    assert [ends(row) for row in rows] == [1] * 8
    assert {row.attempt for row in again(rows)} == {1}
    assert Candidate.objects.count() == 8


def test_it_tells_of_every_stage_once(hosts: Hosts) -> None:
    (row,) = asked(shop(), 1)

    hosts().make()

    told = Event.objects.filter(object_id=row.pk, type="generation.stage_changed")
    stages = told.order_by("sequence").values_list("data__stage", flat=True)
    assert list(stages) == ["preprocess", "inference", "postprocess", "store", "deliver"]


def test_it_ends_what_is_known_already_without_a_painter(hosts: Hosts) -> None:
    here, host = shop(), hosts()
    asked(here, 1)
    host.make()
    (same,) = asked(here, 1)

    host.prepare()

    (same,) = again([same])
    assert (same.status, same.reused, same.queue) == ("succeeded", True, "default")
    assert len(host.painter.goes) == 1


def test_it_fails_where_no_engine_knows_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = asked(shop(), 1)

    def version(spec: object) -> str:
        raise EngineUnavailable("No model is known for this. Choose another preset.")

    work.run_generations(new_owner(), replace(STAND_INS, engine_version=version))

    (row,) = again([row])
    assert (row.status, row.error_code) == ("failed", "model_unavailable")
    assert row.error_message == "No model is known for this. Choose another preset."


def test_it_prepares_and_finishes_others_while_it_paints(hosts: Hosts) -> None:
    rows = asked(shop(), 24)
    host = hosts(most=8, steps=2, seconds=0.1)
    overlapped: list[bool] = []

    def store(*arguments: Any) -> Any:
        overlapped.append(host.painter.painting.locked())
        return STAND_INS.store(*arguments)

    host.stages = replace(host.stages, store=store)
    host.make()

    assert statuses(rows) == ["succeeded"] * 24
    assert [len(go) for go in host.painter.goes] == [8, 8, 8]
    assert any(overlapped)


def test_it_notes_steps_as_they_are_done_and_tells_whoever_listens(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from productviz.outbox.endpoints import create

    monkeypatch.setattr(painting_work, "TICK_SECONDS", 0.1)
    here = shop()
    (row,) = asked(here, 1)
    (quiet,) = asked(shop(), 1)
    create(workspace=here.workspace, url="https://example.com/h", event_types=["generation.*"])

    hosts(steps=8, seconds=0.1).make()

    told = Event.objects.filter(type="generation.progress").order_by("sequence")
    assert {event.object_id for event in told} == {row.pk}
    shown = [event.data["object"]["progress"] for event in told]
    assert shown == sorted(shown)
    assert shown[0] >= 25
    assert 30 < shown[-1] <= 70
    assert len(shown) >= 3
    versions = [event.data["object"]["version"] for event in told]
    assert versions == sorted(set(versions))
    row, quiet = again([row, quiet])
    assert (row.steps, quiet.steps) == (8, 8)
    assert row.steps_done > 0
    assert statuses([row, quiet]) == ["succeeded"] * 2


def _while_it_paints(host: Host, do: Callable[[], object]) -> None:
    """Run the slice, and do something as soon as the first step of a go is noted in the row."""

    def later() -> None:
        try:
            until = time.monotonic() + 10
            while not Generation.objects.filter(steps__gt=0).exists():
                assert time.monotonic() < until
                time.sleep(0.01)
            do()
        finally:
            connection.close()

    thread = threading.Thread(target=later)
    thread.start()
    host.paint()
    thread.join()


def reserved(rows: Sequence[Generation]) -> None:
    day = reserve(rows[0].product.store, len(rows))
    Generation.objects.filter(pk__in=[row.pk for row in rows]).update(reserved_on=day)


def usage(here: Shop) -> tuple[int, int]:
    day = UsageDay.objects.get(store=here.store)
    return (day.reserved, day.spent)


def test_it_stops_between_two_steps_what_is_canceled_and_its_neighbours_go_on(
    hosts: Hosts,
) -> None:
    here = shop()
    rows = asked(here, 3)
    reserved(rows)
    host = hosts(steps=30, seconds=0.1)
    host.prepare()
    shown: list[str] = []

    def cancel() -> None:
        row = review.cancel(rows[1])
        shown.append(row.status)
        assert row.cancel_requested

    _while_it_paints(host, cancel)

    assert shown == ["processing"], "its painter ends it, between two steps"
    assert statuses(rows) == ["succeeded", "canceled", "succeeded"]
    assert [ends(row) for row in rows] == [1, 1, 1]
    assert again(rows)[1].error_code == "canceled_by_user"
    assert usage(here) == (0, 3), "what is canceled after inference has begun counts"
    assert Candidate.objects.filter(generation=rows[1]).count() == 0


def test_it_stops_what_is_canceled_long_before_it_would_have_been_done(hosts: Hosts) -> None:
    (row,) = asked(shop(), 1)
    host = hosts(steps=600, seconds=0.1)
    host.prepare()
    began = time.monotonic()

    _while_it_paints(host, lambda: review.cancel(row))

    assert time.monotonic() - began < 20
    assert statuses([row]) == ["canceled"]


def test_it_cancels_at_once_and_for_nothing_what_waits_for_a_painter(hosts: Hosts) -> None:
    here = shop()
    (row,) = asked(here, 1)
    reserved([row])
    hosts().prepare()

    assert review.cancel(again([row])[0]).status == "canceled"

    assert usage(here) == (0, 0)
    assert hosts().paint() == 0


def test_it_ends_what_a_painter_that_is_gone_should_have_stopped(hosts: Hosts) -> None:
    (row,) = asked(shop(), 1)
    hosts().prepare()
    take_alike("gone", limit=1, serves=SERVES)
    assert review.cancel(row).status == "processing"
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert work.poll() == 1
    assert work.poll() == 0

    assert statuses([row]) == ["canceled"]
    assert ends(row) == 1


def test_it_begins_anew_among_the_default_workers_when_it_is_retried(hosts: Hosts) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    host.prepare()
    review.cancel(again([row])[0])

    row = review.retry(again([row])[0])

    assert (row.queue, row.stage, row.steps) == ("default", Stage.PREPROCESS, 0)
    host.make()
    assert statuses([row]) == ["succeeded"]


def test_it_paints_a_row_that_has_cost_a_worker_alone(hosts: Hosts) -> None:
    rows = asked(shop(), 6)
    host = hosts()
    host.prepare()
    Generation.objects.filter(pk=rows[2].pk).update(attempt=1)
    Generation.objects.filter(pk=rows[4].pk).update(is_suspect=True)

    while host.paint():
        pass

    assert statuses(rows) == ["succeeded"] * 6
    numbers = {number for go in host.painter.goes for number in go}
    assert len(numbers) == 6
    assert sum(len(go) == 1 for go in host.painter.goes) >= 2


def test_it_lets_one_deadly_row_take_none_of_its_neighbours_down(hosts: Hosts) -> None:
    here = shop()
    rows = asked(here, 8)
    deadly = rows[3].product_id

    class Killed(BaseException):
        """Stands for SIGKILL: nothing handles it."""

    host = hosts()
    host.prepare()

    def prepare(row: Generation) -> Prepared:
        if row.product_id == deadly:
            raise Killed
        return STAND_INS.prepare(row)

    host.stages = replace(host.stages, prepare=prepare)
    for _ in range(12):
        _paint_to_the_end_of_a_worker(host)
        Generation.objects.filter(status="processing").update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )

    expected = ["succeeded"] * 3 + ["failed"] + ["succeeded"] * 4
    assert statuses(rows) == expected
    assert again(rows)[3].attempt == MAX_ATTEMPTS + 1
    assert [ends(row) for row in rows] == [1] * 8


def _paint_to_the_end_of_a_worker(host: Host) -> None:
    """A thread that ends with Killed leaves its row held, as a dead worker would."""
    hook, threading.excepthook = threading.excepthook, lambda arguments: None
    try:
        host.paint()
    finally:
        threading.excepthook = hook


def test_it_hands_back_uncounted_what_it_has_not_begun_when_it_is_stopped(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = asked(shop(), 8)
    host = hosts(most=2, steps=10, seconds=0.05)
    host.prepare()
    stopping = threading.Event()
    monkeypatch.setattr(painting_work, "is_stopping", stopping.is_set)

    _while_it_paints(host, stopping.set)

    fresh = again(rows)
    assert sum(row.status == "succeeded" for row in fresh) == 2, "what was begun is finished"
    left = [row for row in fresh if row.status != "succeeded"]
    assert {(row.status, row.lease_owner, row.attempt) for row in left} == {("processing", "", 0)}
    assert len(host.painter.goes) == 1


def test_it_goes_on_where_the_store_failed_without_a_painter(hosts: Hosts) -> None:
    from productviz.lib.files import StorageFailed

    (row,) = asked(shop(), 1)
    host = hosts()

    def store(*arguments: Any) -> Any:
        raise StorageFailed

    made, host.stages = host.stages, replace(host.stages, store=store)
    host.make()
    (row,) = again([row])
    assert (row.stage, row.queue, row.retries) == ("store", "default", 1)
    Generation.objects.update(not_before=None)

    work.run_generations(new_owner(), made)

    assert statuses([row]) == ["succeeded"]
    assert len(host.painter.goes) == 1


def test_it_claims_fewer_ahead_the_slower_the_painter_is() -> None:
    from generation.painting_watch import RowWatch

    def painted(at: float, seconds: float, load: float = 0.0) -> RowWatch:
        hand = RowWatch(Generation())
        hand.begun_at, hand.stepped_at, hand.painted_at = at - load, at, at + seconds
        return hand

    pace = painting_work._Pace()
    assert pace.ahead == 8
    pace.note([painted(10.0, 0.8) for _ in range(8)])
    assert pace.ahead == 8
    pace.note([painted(10.0, 3.0), painted(13.0, 3.0)])
    assert pace.ahead == 1
    pace.note([painted(10.0, 1.0)])
    assert pace.ahead == 2
    pace.note([painted(10.0, 0.25, load=60.0)])
    assert pace.ahead == 8, "how long a model took to load says nothing of the next pictures"
    pace.note([painted(10.0 + n, 0.25) for n in range(0, 40, 10)])
    assert pace.ahead == 8, "nor how long there was nothing to paint"
    pace.note([painted(10.0, 4.0) for _ in range(4)])
    assert pace.ahead == 2, "side by side, as a serving system does"
