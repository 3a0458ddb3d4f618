"""What a batch will make, take and cost, before it is started."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.conf import settings as django_settings

from generation import batches, budgets
from generation.batches import estimating
from generation.models import Asset, Batch, Generation
from generation.selection import Selector
from integrations.models import Store
from tests.factories import make_preset
from tests.generation.batch_rows import make_catalog

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

WORKERS = django_settings.ENV.workers


def estimate(store: Store, **spec: Any) -> batches.Estimate:
    """The estimate of the whole store, with a new preset."""
    version = make_preset(store.workspace, **spec).latest
    return batches.estimate(store=store, version=version, selector=Selector())


def make_results(store: Store, count: int, *, seconds: float, **fields: Any) -> None:
    """Finished images of the store's first products, each of so many seconds of work."""
    version = fields.pop("version", None) or make_preset(store.workspace).latest
    for product in store.products.order_by("pk")[:count]:
        made = {"fingerprint": uuid.uuid4().hex, "manifest": {}, "score": 97.0}
        asset = Asset.objects.create(workspace=store.workspace, product=product, **made)
        Generation.objects.create(
            workspace=store.workspace,
            store=store,
            product=product,
            preset_version=version,
            status="succeeded",
            asset=asset,
            stage_times={"preprocess": seconds - 1, "inference": 1.0},
            **fields,
        )


def test_it_counts_and_writes_nothing() -> None:
    store = make_catalog(30, without_photo=4)

    found = estimate(store)

    assert (found.products, found.skipped, found.free) == (26, 4, 0)
    assert len(found.samples) == 20
    assert not Batch.objects.exists()
    assert not Generation.objects.exists()


def test_it_takes_the_usual_time_where_nothing_was_measured() -> None:
    store = make_catalog(100)
    make_results(store, 4, seconds=50.0)

    found = estimate(store)

    assert found.seconds == round(100 * estimating.USUAL_SECONDS / WORKERS)
    assert (found.is_measured, found.workers) == (False, WORKERS)


def test_it_measures_the_pace_of_the_kind_and_not_of_what_was_reused() -> None:
    store = make_catalog(40)
    make_results(store, 10, seconds=6.0)
    make_results(store, 10, seconds=500.0, reused=True)
    ghost = make_preset(store.workspace, kind="ghost_mannequin").latest
    make_results(store, 10, seconds=500.0, version=ghost)

    found = estimate(store)

    assert (found.is_measured, found.seconds) == (True, 40 * 6 // WORKERS)


def test_it_tells_what_exists_already() -> None:
    store = make_catalog(12)
    version = make_preset(store.workspace).latest
    make_results(store, 7, seconds=2.0, version=version)

    found = batches.estimate(store=store, version=version, selector=Selector())

    assert (found.products, found.free) == (12, 7)


@pytest.mark.parametrize(
    ("limit", "left", "today", "later"),
    [(None, None, 12, 0), (100, 99, 12, 0), (8, 7, 7, 5), (0, 0, 0, 12)],
)
def test_it_tells_what_fits_into_the_day(
    limit: int | None, left: int | None, today: int, later: int
) -> None:
    store = make_catalog(12)
    budgets.reserve(store)
    budgets.set_limit(store.workspace, limit)

    found = estimate(store)

    assert (found.budget_left, found.today, found.later) == (left, today, later)


def test_it_asks_as_many_queries_of_a_large_store_as_of_a_small_one(
    django_assert_max_num_queries: Any,
) -> None:
    store = make_catalog(400)
    version = make_preset(store.workspace).latest

    with django_assert_max_num_queries(10):
        batches.estimate(store=store, version=version, selector=Selector())
