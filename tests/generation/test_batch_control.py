"""Pause, resume, cancel, retry and undo a batch; its end is noticed once, its progress told."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from generation import batches, budgets, line, review
from generation.batches import errands, watching
from generation.batches.work import is_due
from generation.models import Batch, Generation, PublishMode, UsageDay
from generation.review import NotPossible
from generation.types import Stage
from integrations import publish as storefront
from integrations.models import Product, Publication, Snapshot
from productviz.lib.lease import claim
from productviz.outbox.models import Event
from tests.generation.batch_rows import events_of, make_catalog, prepared, start, work_through

pytestmark = pytest.mark.django_db

Status = Generation.Status


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "CHUNK", 10)
    monkeypatch.setattr(errands, "UNDONE_AT_ONCE", 10)


def end(batch: Batch, count: int, status: str, **fields: Any) -> list[Generation]:
    """Let some of the batch's waiting generations end."""
    rows = list(batch.generations.filter(status="queued").order_by("pk")[:count])
    ended = {"status": status, "finished_at": timezone.now(), "reserved_on": None, **fields}
    Generation.objects.filter(pk__in=[row.pk for row in rows]).update(**ended)
    return rows


def publish(batch: Batch, count: int, state: str = "published", **fields: Any) -> list[Publication]:
    """Publications of some of its generations that have succeeded."""
    made = []
    rows = batch.generations.filter(status="succeeded", publication=None).select_related("product")
    for row in rows.order_by("pk")[:count]:
        publication = Publication.objects.create(
            store=batch.store, product=row.product, family=row.product, state=state, **fields
        )
        if state == "published":
            Snapshot.objects.create(publication=publication, gallery=[])
        Generation.objects.filter(pk=row.pk).update(publication=publication)
        made.append(publication)
    return made


def claimable() -> int:
    """How many generations a worker could take."""
    return line.waiting().count()


def states(batch: Batch) -> dict[str, int]:
    """Its generations by status."""
    found: dict[str, int] = {}
    for status in batch.generations.values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


def test_it_begins_nothing_of_a_paused_batch() -> None:
    batch = prepared(make_catalog(3))

    batches.pause(batch)
    held = claimable()
    batches.resume(batch)

    assert (held, claimable()) == (0, 3)
    assert batch.state == "running"


def test_it_makes_images_of_a_batch_that_is_still_being_prepared() -> None:
    batch = prepared(make_catalog(3))
    Batch.objects.filter(pk=batch.pk).update(state="preparing", prepared_at=None)

    assert claimable() == 3


def test_it_stops_and_goes_on_with_preparing() -> None:
    batch = start(make_catalog(3))

    batches.pause(batch)
    assert work_through() == 0
    batches.resume(batch)
    assert batch.state == "preparing"
    work_through()

    batch.refresh_from_db()
    assert (batch.state, batch.total) == ("running", 3)


def test_it_goes_on_with_what_has_a_place_until_a_person_pauses_it() -> None:
    store = make_catalog(5)
    budgets.set_limit(store.workspace, 2)
    batch = prepared(store)
    assert (batch.state, claimable()) == ("paused", 2)

    batches.pause(batch)
    assert (batch.state, batch.pause_reason, claimable()) == ("paused", "", 0)
    batches.resume(batch)
    work_through()

    batch.refresh_from_db()
    assert (batch.pause_reason, claimable()) == ("budget_exhausted", 2)


@pytest.mark.parametrize("state", ["completed", "canceled"])
@pytest.mark.parametrize("ask", [batches.pause, batches.resume, batches.cancel])
def test_it_says_when_it_is_too_late(ask: Any, state: str) -> None:
    batch = prepared(make_catalog(1))
    Batch.objects.filter(pk=batch.pk).update(state=state)

    with pytest.raises(NotPossible, match="by now"):
        ask(batch)

    assert states(batch) == {"queued": 1}


def test_it_cancels_what_has_not_ended_in_chunks() -> None:
    batch = prepared(make_catalog(35))
    end(batch, 4, "succeeded")
    rendered = batch.generations.filter(status="queued").order_by("-pk")[0]
    Generation.objects.filter(pk=rendered.pk).update(status="processing", stage=Stage.INFERENCE)
    reserved = UsageDay.objects.get().reserved

    batches.cancel(batch)
    first = states(batch)
    assert (batch.state, batch.errand, claimable()) == ("canceled", "cancel", 0)
    work_through()

    batch.refresh_from_db()
    assert first["canceled"] == 10
    assert states(batch) == {"succeeded": 4, "canceled": 31}
    assert (batch.errand, batch.errand_done, batch.errand_total) == ("", 31, 31)
    assert batch.finished_at is not None
    usage = UsageDay.objects.get()
    assert (reserved - usage.reserved, usage.spent) == (31, 1)
    assert events_of(batch) == ["batch.started", "batch.canceled"]
    told = Event.objects.filter(type="generation.canceled")
    assert told.count() == 31
    one = told.get(object_id=rendered.pk)
    rendered.refresh_from_db()
    assert (one.sequence, one.data["previous"]) == (rendered.version, {"status": "processing"})
    assert one.data["object"]["error"]["code"] == "canceled_by_user"
    counts = Event.objects.get(type="batch.canceled").data["object"]["counts"]
    assert (counts["canceled"], counts["succeeded"], counts["queued"]) == (31, 4, 0)


def test_it_cancels_a_batch_that_is_being_prepared() -> None:
    batch = start(make_catalog(30))
    (mine,) = claim(Batch.objects.filter(pk=batch.pk), owner="me", limit=1)
    assert mine.lease_owner == "me"

    batches.cancel(batch)

    assert work_through() == 0
    assert (batch.state, batch.generations.count(), batch.errand) == ("canceled", 0, "")
    assert batches.progress(batch).finished


def test_it_drops_what_a_worker_has_in_hand() -> None:
    batch = prepared(make_catalog(1))
    (row,) = claim(line.waiting(), owner="me", limit=1)

    batches.cancel(batch)

    row.refresh_from_db()
    assert (row.status, row.lease_owner) == ("canceled", "")


def test_it_lets_a_person_try_one_of_a_canceled_batch_again() -> None:
    batch = prepared(make_catalog(2))
    batches.cancel(batch)

    review.retry(batch.generations.order_by("pk")[0])

    assert claimable() == 1


def test_it_tries_everything_that_failed_again_once() -> None:
    batch = prepared(make_catalog(35))
    failed = end(batch, 25, "failed", error_code="source_unreachable", error_message="It was down.")
    end(batch, 10, "succeeded")
    assert watching.watch() == 1
    batch.refresh_from_db()

    batches.retry_failed(batch)
    end(batch, 3, "failed")
    work_through()

    batch.refresh_from_db()
    assert (batch.state, batch.errand, batch.errand_done) == ("running", "", 25)
    assert states(batch) == {"queued": 22, "failed": 3, "succeeded": 10}
    told = Event.objects.filter(type="generation.retried").values_list("object_id", flat=True)
    assert sorted(told) == sorted(row.pk for row in failed)
    row = batch.generations.filter(status="queued").order_by("pk")[0]
    assert (row.stage, row.error_code, row.finished_at) == ("preprocess", "", None)
    assert row.reserved_on == budgets.today()


def test_it_keeps_what_failed_until_there_is_budget_to_try_it_again() -> None:
    store = make_catalog(25)
    batch = prepared(store)
    end(batch, 25, "failed")
    UsageDay.objects.update(reserved=0)
    budgets.set_limit(store.workspace, 14)

    batches.retry_failed(batch)
    for _ in range(5):
        work_through()
        Batch.objects.update(not_before=None)
    assert states(batch) == {"queued": 14, "failed": 11}
    assert watching.watch() == 0

    budgets.set_limit(store.workspace, None)
    work_through()

    batch.refresh_from_db()
    assert (states(batch), batch.errand) == ({"queued": 25}, "")


def test_it_says_when_nothing_has_failed() -> None:
    with pytest.raises(NotPossible, match="Nothing of this batch has failed"):
        batches.retry_failed(prepared(make_catalog(1)))


def test_it_undoes_the_run_newest_first_and_cancels_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = prepared(make_catalog(40), publish=PublishMode.AUTO)
    end(batch, 32, "succeeded")
    out = publish(batch, 25)
    waiting = publish(batch, 2, "pending_approval")
    writing = publish(batch, 1, "in_progress")
    half = publish(batch, 1, "failed")
    for one in (*half, *writing):
        Snapshot.objects.create(publication=one, gallery=[])
    asked: list[Publication] = []
    really = storefront.undo

    def undo(publication: Publication) -> Publication:
        asked.append(publication)
        return really(publication)

    monkeypatch.setattr(storefront, "undo", undo)

    batches.undo(batch)
    assert (batch.state, batch.errand, len(asked)) == ("canceled", "undo", 8)
    work_through()

    batch.refresh_from_db()
    assert [one.pk for one in asked] == [one.pk for one in reversed([*out, *half])]
    assert {one.state for one in _again(out + half)} == {"rolling_back"}
    assert {one.state for one in _again(waiting)} == {"canceled"}
    assert states(batch) == {"succeeded": 32, "canceled": 8}
    assert (batch.errand, batch.errand_done) == ("undo", 28)

    Publication.objects.filter(pk=writing[0].pk).update(state="published")
    Batch.objects.update(not_before=None)
    work_through()

    batch.refresh_from_db()
    assert {one.state for one in _again(writing)} == {"rolling_back"}
    assert (batch.errand, batch.errand_done, batch.errand_total) == ("", 29, 29)
    assert events_of(batch) == ["batch.started", "batch.canceled"]
    assert batches.written(batch).undoing == 27


def _again(rows: list[Publication]) -> list[Publication]:
    return list(Publication.objects.filter(pk__in=[row.pk for row in rows]))


def test_it_undoes_a_completed_batch_and_leaves_it_completed() -> None:
    batch = prepared(make_catalog(3), publish=PublishMode.AUTO)
    end(batch, 3, "succeeded")
    publish(batch, 3)
    watching.watch()
    batch.refresh_from_db()

    batches.undo(batch)

    assert (batch.state, batch.errand, batch.is_held) == ("completed", "", False)
    assert batches.written(batch) == batches.Written(undoing=3)


def test_it_undoes_again_without_harm() -> None:
    batch = prepared(make_catalog(2), publish=PublishMode.AUTO)
    end(batch, 2, "succeeded")
    out = publish(batch, 1)
    writing = publish(batch, 1, "in_progress")

    for _ in range(2):
        batches.undo(batch)
        assert (batch.state, batch.errand, batch.errand_done) == ("canceled", "undo", 1)
    Publication.objects.filter(pk=writing[0].pk).update(state="canceled")
    Batch.objects.update(not_before=None)
    work_through()
    batch.refresh_from_db()
    batches.undo(batch)

    assert (batch.state, batch.errand) == ("canceled", "")
    assert {one.state for one in _again(out)} == {"rolling_back"}


def test_it_completes_a_batch_once_when_all_have_ended() -> None:
    batch = prepared(make_catalog(4, without_photo=1))
    end(batch, 2, "succeeded")
    assert (watching.watch(), is_due()) == (0, False)

    end(batch, 1, "failed")
    due = is_due()
    assert (due, watching.watch(), watching.watch()) == (True, 1, 0)

    batch.refresh_from_db()
    assert (batch.state, batch.finished_at is not None) == ("completed", True)
    told = Event.objects.get(object_id=batch.pk, type="batch.completed")
    assert told.sequence == batch.version
    counts = {name: count for name, count in told.data["object"]["counts"].items() if count}
    assert counts == {"total": 3, "expected": 3, "succeeded": 2, "failed": 1, "skipped": 1}


def test_it_does_not_wait_for_a_person_to_be_complete() -> None:
    batch = prepared(make_catalog(1))
    end(batch, 1, "awaiting_review")

    assert watching.watch() == 1
    assert (
        Event.objects.get(type="batch.completed").data["object"]["counts"]["awaiting_review"] == 1
    )


def test_it_does_not_complete_a_batch_before_it_is_prepared() -> None:
    batch = start(make_catalog(2))

    assert watching.watch() == 0
    assert batch.state == "preparing"


def test_it_completes_a_batch_of_which_nothing_was_left() -> None:
    store = make_catalog(2)
    batch = start(store)
    Product.objects.update(status="deleted")
    work_through()

    assert watching.watch() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.total) == ("completed", 0)


def test_it_tells_of_progress_by_the_percent_and_not_by_the_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = prepared(make_catalog(30))
    watching.watch()

    for _ in range(5):
        end(batch, 1, "succeeded")
        watching.watch()
    assert events_of(batch) == ["batch.started"]

    monkeypatch.setattr(watching, "TOLD_AT_MOST_EVERY", timedelta(0))
    for _ in range(5):
        watching.watch()

    assert events_of(batch) == ["batch.started", "batch.progress"]
    told = Event.objects.get(type="batch.progress")
    assert told.data["object"]["counts"]["succeeded"] == 5
    batch.refresh_from_db()
    assert (batch.told_percent, told.sequence) == (16, batch.version)


def test_it_estimates_the_time_left_from_the_last_minutes() -> None:
    batch = prepared(make_catalog(60))
    now = timezone.now()
    for number, row in enumerate(end(batch, 30, "succeeded")):
        Generation.objects.filter(pk=row.pk).update(finished_at=now - timedelta(hours=9 + number))
    assert batches.progress(batch).eta_seconds is None

    for number, row in enumerate(end(batch, 11, "succeeded")):
        finished = now - timedelta(seconds=10 * number)
        Generation.objects.filter(pk=row.pk).update(finished_at=finished)

    eta = batches.progress(batch).eta_seconds
    assert eta is not None
    assert 190 <= eta <= 192
    batches.pause(batch)
    assert batches.progress(batch).eta_seconds is None


def test_it_counts_a_batch_in_few_queries(django_assert_num_queries: Any) -> None:
    batch = prepared(make_catalog(30))
    end(batch, 3, "succeeded")

    with django_assert_num_queries(2):
        now = batches.progress(batch)
    with django_assert_num_queries(1):
        ((_, card),) = batches.progress_of([batch])

    assert (now.total, now.waiting, now.ended, now.percent) == (30, 27, 3, 10)
    assert (card.total, card.succeeded) == (30, 3)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_is_completed_once_by_many_workers() -> None:
    batch = prepared(make_catalog(3))
    end(batch, 3, "succeeded")
    barrier = threading.Barrier(4)
    completed: list[int] = []

    def run() -> None:
        barrier.wait()
        completed.append(watching.watch())
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(completed) == 1
    assert events_of(batch).count("batch.completed") == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_cancels_beside_workers_that_end_and_people_that_cancel() -> None:
    store = make_catalog(60)
    budgets.set_limit(store.workspace, 60)
    batch = prepared(store)
    barrier = threading.Barrier(3)
    failures: list[Exception] = []

    def run(do: Any) -> None:
        barrier.wait()
        try:
            do()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    def cancel_singly() -> None:
        for row in batch.generations.order_by("-pk")[:30]:
            try:
                review.cancel(row)
            except NotPossible:
                continue

    def cancel_whole() -> None:
        batches.cancel(batch)
        work_through()

    tasks = (cancel_singly, cancel_singly, cancel_whole)
    threads = [threading.Thread(target=run, args=[do]) for do in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert states(batch) == {"canceled": 60}
    assert Event.objects.filter(type="generation.canceled").count() == 60
    assert UsageDay.objects.get(store=store).reserved == 0
