"""Budgets: reserved at intake, settled at the end, never passed, and told of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from generation import budgets, outcomes, review
from generation.delivery.deliver import deliver
from generation.errors import Permanent
from generation.intake.accept import Refused
from generation.models import Asset, Budget, Candidate, Generation, QualityReport, UsageDay
from generation.types import Stage
from integrations.models import Store
from productviz.outbox.models import Event
from tests.factories import make_generation, make_preset, make_product, make_store, make_user

pytestmark = pytest.mark.django_db


def usage(store: Store) -> tuple[int, int, int, int]:
    """Reserved, spent, re-used and failed of the store's one day."""
    row = UsageDay.objects.get(store=store)
    return row.reserved, row.spent, row.reused, row.failed


def claimed(**fields: object) -> Generation:
    """An accepted generation in a worker's hands."""
    row = make_generation()
    Generation.objects.filter(pk=row.pk).update(lease_owner="me", **fields)
    row.refresh_from_db()
    return row


def finish(row: Generation, *, reused: bool) -> None:
    """Deliver an asset for it."""
    asset = Asset.objects.create(
        workspace=row.workspace,
        product=row.product,
        fingerprint=row.pk.hex * 2,
        manifest={},
        score=97.0,
    )
    deliver(row, asset, owner="me", reused=reused)


def fail(row: Generation) -> None:
    """Let it end in a fault."""
    outcomes.settle_failure(row, "me", Permanent("source_not_found", "The photo is gone."))


def test_it_reserves_a_place_with_the_request() -> None:
    row = make_generation()

    assert row.reserved_on == budgets.today()
    assert usage(row.product.store) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("end", "counted"),
    [
        (lambda row: finish(row, reused=False), (0, 1, 0, 0)),
        (lambda row: finish(row, reused=True), (0, 0, 1, 0)),
        (fail, (0, 0, 0, 1)),
        (lambda row: outcomes.fail_poisoned(row, "me"), (0, 0, 0, 1)),
        (review.cancel, (0, 0, 0, 0)),
    ],
    ids=["made", "re-used", "failed", "poison", "canceled"],
)
def test_it_settles_once_at_the_end(
    end: Callable[[Generation], object], counted: tuple[int, ...]
) -> None:
    row = claimed()

    end(row)
    budgets.settle(Generation.objects.get(pk=row.pk), spent=True)

    assert usage(row.product.store) == counted
    assert Generation.objects.get(pk=row.pk).reserved_on is None


def test_it_counts_what_is_canceled_after_inference_has_begun() -> None:
    row = claimed(status="processing", stage=Stage.INFERENCE)

    review.cancel(row)

    assert usage(row.product.store) == (0, 1, 0, 0)


@pytest.mark.parametrize("give_up", [review.cancel, lambda row: review.reject(row, make_user())])
def test_nobody_gets_free_images_by_giving_up_and_asking_again(
    give_up: Callable[[Generation], object],
) -> None:
    """A17: what a person saw, and turned down or cancelled, was made."""
    row = claimed()
    budgets.set_limit(row.workspace, 3)
    for _ in range(2):
        Generation.objects.filter(pk=row.pk).update(
            status="awaiting_review", stage=Stage.POSTPROCESS
        )
        give_up(row)
        review.retry(row)

    assert usage(row.product.store) == (1, 2, 0, 0)
    Generation.objects.filter(pk=row.pk).update(status="awaiting_review", stage=Stage.POSTPROCESS)
    give_up(row)
    with pytest.raises(Refused, match="none of them is left"):
        review.retry(row)


def test_what_verification_rejects_costs_nothing() -> None:
    row = claimed(status="processing", stage=Stage.POSTPROCESS)
    candidate = Candidate()
    QualityReport(candidate=candidate, checks=[], verdict="reject", score=1.0)

    outcomes.hand_to_reviewer(row, "me", candidate)

    row.refresh_from_db()
    assert row.status == "rejected"
    assert usage(row.product.store) == (0, 0, 0, 1)


def test_it_reserves_anew_for_another_try() -> None:
    row = claimed()
    fail(row)

    again = review.retry(row)

    assert again.reserved_on == budgets.today()
    assert usage(row.product.store) == (1, 0, 0, 1)


def test_it_settles_the_day_that_the_image_was_asked_for() -> None:
    row = claimed()
    yesterday = budgets.today() - timedelta(days=1)
    UsageDay.objects.update(day=yesterday)
    Generation.objects.filter(pk=row.pk).update(reserved_on=yesterday)
    row.refresh_from_db()

    finish(row, reused=False)

    found = UsageDay.objects.get(store=row.product.store)
    assert (found.day, found.reserved, found.spent) == (yesterday, 0, 1)


def test_it_shows_nobody_a_change_when_it_settles() -> None:
    row = make_generation()

    budgets.settle(row, spent=True)

    assert Generation.objects.get(pk=row.pk).version == row.version


@pytest.mark.parametrize("scope", ["store", "workspace", "installation"])
def test_it_refuses_beyond_the_cap_and_leaves_nothing(scope: str, settings: Settings) -> None:
    product = make_product()
    other = make_product(make_store(product.store.workspace))
    if scope == "installation":
        settings.WORKSPACE_DAILY_LIMIT = 2
    else:
        store = product.store if scope == "store" else None
        budgets.set_limit(product.store.workspace, 2, store=store)
    first = make_generation(product if scope == "store" else other)
    make_generation(product)
    review.cancel(first)
    make_generation(product)

    with pytest.raises(Refused) as refused:
        make_generation(product)

    assert refused.value.code == "budget_exhausted"
    assert "may make 2 images a day; none of them is left." in refused.value.message
    assert Generation.objects.filter(status="queued").count() == 2
    assert UsageDay.objects.get(store=product.store).reserved == 2
    assert budgets.left_today(product.store) == 0
    assert (budgets.left_today(other.store) is None) == (scope == "store")


def test_it_takes_the_smaller_of_two_limits(settings: Settings) -> None:
    store = make_store()
    settings.WORKSPACE_DAILY_LIMIT = 5
    budgets.set_limit(store.workspace, 9)

    assert budgets.left_today(store) == 5

    budgets.set_limit(store.workspace, 0)
    assert budgets.left_today(store) == 0


def test_it_limits_nothing_without_a_cap() -> None:
    row = make_generation()

    assert budgets.left_today(row.product.store) is None
    assert budgets.limit_of(row.workspace) is None


def test_it_lifts_a_limit() -> None:
    store = make_store()
    budgets.set_limit(store.workspace, 3, store=store)
    budgets.set_limit(store.workspace, 4, store=store)
    assert Budget.objects.get().daily_images == 4

    budgets.set_limit(store.workspace, None, store=store)

    assert not Budget.objects.exists()


def test_it_grants_what_fits() -> None:
    store = make_store()
    budgets.set_limit(store.workspace, 10)

    with transaction.atomic():
        granted = [budgets.reserve_up_to(store, count)[1] for count in (7, 7, 7)]

    assert granted == [7, 3, 0]
    assert UsageDay.objects.get(store=store).reserved == 10


def test_it_tells_of_each_threshold_once_a_day() -> None:
    store = make_store()
    budgets.set_limit(store.workspace, 10)
    budgets.set_limit(store.workspace, 20, store=store)

    for _ in range(10):
        budgets.reserve(store)
    UsageDay.objects.update(reserved=0)
    for _ in range(9):
        budgets.reserve(store)

    told = Event.objects.filter(type="usage.threshold_reached").order_by("id")
    shown = [one.data["object"] for one in told]
    assert [(one["scope"], one["threshold_percent"], one["used"]) for one in shown] == [
        ("workspace", 80, 8),
        ("workspace", 100, 10),
    ]
    assert [one.sequence for one in told] == [80, 100]
    assert {one["id"] for one in shown} == {store.workspace.public_id}


def test_it_tells_of_both_thresholds_when_a_batch_passes_them_at_once() -> None:
    store = make_store()
    budgets.set_limit(store.workspace, 100, store=store)

    budgets.reserve_up_to(store, 500)

    told = Event.objects.filter(type="usage.threshold_reached", store=store.pk)
    assert sorted(one.data["object"]["threshold_percent"] for one in told) == [80, 100]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_never_lets_two_processes_pass_the_cap() -> None:
    store = make_store()
    other = make_store(store.workspace)
    budgets.set_limit(store.workspace, 30)
    budgets.set_limit(store.workspace, 12, store=store)
    granted: list[tuple[Store, int]] = []
    barrier = threading.Barrier(6)

    def ask(mine: Store) -> None:
        barrier.wait()
        for _ in range(10):
            with transaction.atomic():
                granted.append((mine, budgets.reserve_up_to(mine, 2)[1]))
        connection.close()

    threads = [threading.Thread(target=ask, args=[one]) for one in (store, other) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(count for _, count in granted) == 30
    assert sum(count for mine, count in granted if mine == store) <= 12
    assert sum(UsageDay.objects.values_list("reserved", flat=True)) == 30


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_reserves_once_for_retries_at_once() -> None:
    """A17."""
    row = make_generation()
    review.cancel(row)
    barrier, done = threading.Barrier(8), []

    def retry() -> None:
        barrier.wait()
        with suppress(review.NotPossible):
            done.append(review.retry(row))
        connection.close()

    threads = [threading.Thread(target=retry) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == 1
    assert usage(row.product.store) == (1, 0, 0, 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_counts_intake_and_endings_of_many_workers_exactly() -> None:
    store = make_store()
    preset = make_preset(store.workspace)
    budgets.set_limit(store.workspace, 1000)
    products = [make_product(store) for _ in range(4)]
    barrier = threading.Barrier(4)
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            barrier.wait()
            for turn in range(8):
                row = make_generation(products[number], preset=preset)
                review.cancel(row) if turn % 2 else budgets.settle(row, spent=True)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert usage(store) == (0, 16, 0, 0)
