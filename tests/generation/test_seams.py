"""Where batches, budgets, deadlines, reviews and stores meet: nothing is stuck, lost or free."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from generation import batches, budgets, line, review, schedules
from generation.batches import work as batch_work
from generation.models import Batch, Generation, Lane, PublishMode, UsageDay
from generation.selection import Selector
from generation.types import Stage
from integrations import pushing
from integrations.models import Publication, SourceImage
from integrations.models.stores import WriteMode
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product, make_store, make_user
from tests.generation.batch_rows import make_catalog, prepared, work_through

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

Drain = Callable[[], int]
Status = Generation.Status


def ended(batch: Batch, status: str = Status.FAILED) -> None:
    """Every image of the batch has ended so, and the batch is complete."""
    batch.generations.update(
        status=status, finished_at=timezone.now(), error_code="x", reserved_on=None
    )
    batch_work.watch("me")
    batch.refresh_from_db()


def test_it_lets_a_person_try_one_of_an_ended_batch_that_had_a_limit_again() -> None:
    batch = prepared(make_catalog(2), concurrency=1)
    ended(batch)
    assert batch.state == Batch.State.COMPLETED

    row = review.retry(batch.generations.earliest("id"))

    assert [one.pk for one in line.take("me", limit=5)] == [row.pk]


def test_a_store_that_wants_nothing_written_gets_its_images_all_the_same(
    photos: Serve, drain: Drain
) -> None:
    store = make_store(platform="custom", write_mode=WriteMode.NONE)
    row = make_generation(
        make_product(store, image_url=photos("mug.jpg")), publish=PublishMode.AUTO
    )

    drain()

    row.refresh_from_db()
    assert (row.status, row.error_code, row.publication) == ("succeeded", "", None)


def test_a_deadline_ends_nothing_that_is_made() -> None:
    from generation import deadlines, outcomes

    row = make_generation()
    late = timezone.now() - timedelta(seconds=1)
    Generation.objects.update(status=Status.PROCESSING, stage=Stage.STORE, deadline=late)
    row.refresh_from_db()

    assert not outcomes.is_too_late(row)
    assert deadlines.expire_overdue() == 0


def test_a_retry_has_no_deadline_that_is_over() -> None:
    row = make_generation()
    Generation.objects.update(status=Status.FAILED, deadline=timezone.now() - timedelta(days=1))

    assert review.retry(row).deadline is None


def test_what_a_person_approves_is_not_given_up_for_those_who_made_it(
    photos: Serve, drain: Drain
) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    row = make_generation(product)
    drain()
    Generation.objects.update(status=Status.AWAITING_REVIEW, attempt=3, asset=None)

    review.approve(row, make_user(product.store.workspace))
    drain()

    row.refresh_from_db()
    assert (row.status, row.error_code) == ("succeeded", "")


def test_what_failed_takes_turns_again_one_by_one() -> None:
    batch = prepared(make_catalog(5))
    ended(batch)
    ours = make_generation(lane=Lane.BULK)

    batches.retry_failed(batch)
    work_through()

    turns = list(batch.generations.order_by("turn").values_list("turn", flat=True))
    assert turns == list(range(turns[0], turns[0] + 5))
    assert ours.turn <= turns[0]


def test_a_lane_does_not_wait_for_a_batch_that_is_kept_to_a_few() -> None:
    slow = prepared(make_catalog(3), concurrency=1)
    quick = prepared(make_catalog(3))
    slow.generations.update(turn=1)
    quick.generations.update(turn=500)

    assert make_generation(lane=Lane.BULK).turn == 500


def test_going_on_after_the_budget_moves_nobody_back() -> None:
    batch = prepared(make_catalog(3))
    before = list(batch.generations.order_by("id").values_list("turn", flat=True))
    Batch.objects.update(state=Batch.State.PAUSED, pause_reason=Batch.Pause.BUDGET)
    batch.refresh_from_db()

    batches.resume(batch)

    assert list(batch.generations.order_by("id").values_list("turn", flat=True)) == before


def test_a_batch_of_a_store_that_goes_is_worked_on_no_more() -> None:
    store = make_catalog(3)
    batch = batches.start(
        store=store, version=make_preset(store.workspace).latest, publish=PublishMode.NONE,
        selector=Selector(), requested_by=None,
    )  # fmt: skip
    store.deleted_at = timezone.now()
    store.save(update_fields=["deleted_at"])

    assert work_through() == 0
    batch.refresh_from_db()
    assert batch.total == 0


def test_a_deleted_store_gives_no_day_back(settings: Any) -> None:
    settings.WORKSPACE_DAILY_LIMIT = 5
    store = make_store()
    budgets.reserve(store, 5)
    workspace = store.workspace
    store.delete()

    assert budgets.left_today(make_store(workspace)) == 0
    assert UsageDay.objects.get().store is None


def test_an_offer_that_ran_out_can_be_made_again(photos: Serve, drain: Drain) -> None:
    from generation.delivery import storefront

    product = make_product(image_url=photos("mug.jpg"))
    row = make_generation(product, publish=PublishMode.APPROVAL)
    drain()
    Publication.objects.update(state=Publication.State.EXPIRED)
    row.refresh_from_db()

    again = storefront.publish(row, make_user(product.store.workspace))

    assert again.state == Publication.State.QUEUED
    assert Publication.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_push_beside_a_new_image_keeps_the_image() -> None:
    store = make_store(platform="custom")
    product = make_product(store)
    pushed = pushing.Pushed(product.external_id, {"title": "New name"})

    def push() -> None:
        pushing.push(store, [pushed])
        connection.close()

    with transaction.atomic():
        type(product).objects.select_for_update().get(pk=product.pk)
        other = threading.Thread(target=push)
        other.start()
        other.join(0.5)
        assert other.is_alive(), "the push waits for who adds the image"
        SourceImage.objects.create(
            product=product, external_id="new", url="https://store.example/new.jpg", position=1
        )
    other.join(10)

    assert SourceImage.objects.filter(external_id="new").count() == 1


def test_a_season_ends_under_a_lock_that_deliveries_pass(photos: Serve) -> None:
    batch = prepared(make_catalog(1))
    Batch.objects.update(undo_at=timezone.now() - timedelta(minutes=1))

    assert schedules.undo_due() == 1
    batch.refresh_from_db()
    assert batch.state == Batch.State.CANCELED
