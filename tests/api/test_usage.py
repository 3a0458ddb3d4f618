"""/usage over real requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.api.usage import UsageShown
from generation.models import Budget, Generation, UsageDay
from generation.review import cancel
from tests.api.caller import Caller
from tests.api.rows import Shop, make_shop
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product, make_store

Drain = Callable[[], int]
NOTHING = {
    "generations": 0, "images": 0, "reused": 0, "failed": 0, "bytes_stored": 0, "publications": 0,
}  # fmt: skip


def asked(shop: Shop, query: str = "") -> Any:
    """The usage."""
    status, found = shop.caller.get(f"/usage{query}")
    assert status == 200, found
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_it_counts_what_cost_something_and_what_did_not(photos: Serve, drain: Drain) -> None:
    shop = make_shop(photos("mug.jpg"))
    broken = make_product(shop.store, image_url=photos("bad.jpg", b"no picture"))
    for product in (shop.product, shop.product, broken):
        make_generation(product, preset=shop.preset)
        drain()
    # Of products that nobody has made a picture of: an equal request would be answered at once.
    cancel(make_generation(make_product(shop.store), preset=shop.preset))
    yesterday = make_generation(make_product(shop.store), preset=make_preset(shop.caller.workspace))
    Generation.objects.filter(pk=yesterday.pk).update(created_at=timezone.now() - timedelta(days=1))
    asset = Generation.objects.exclude(asset=None)[0].asset
    assert asset is not None
    stored = asset.main.bytes

    usage = asked(shop)

    assert set(usage) == set(UsageShown().fields)
    today = timezone.now().date()
    assert usage["to"] == today.isoformat()
    assert usage["totals"] == {
        "generations": 5, "images": 1, "reused": 1, "failed": 1, "bytes_stored": stored,
        "publications": 0,
    }  # fmt: skip
    assert [(one["key"], one["generations"]) for one in usage["data"]] == [
        ((today - timedelta(days=1)).isoformat(), 1),
        (today.isoformat(), 4),
    ]
    by_status = {one["key"]: one["generations"] for one in asked(shop, "?group_by=status")["data"]}
    assert by_status == {"succeeded": 2, "failed": 1, "canceled": 1, "queued": 1}
    by_store = asked(shop, "?group_by=store")["data"]
    assert [(one["key"], one["images"]) for one in by_store] == [(shop.store.public_id, 1)]
    by_preset = {one["key"]: one["generations"] for one in asked(shop, "?group_by=preset")["data"]}
    assert by_preset[shop.preset.public_id] == 4
    only = asked(shop, f"?from={today.isoformat()}&to={today.isoformat()}")
    assert only["totals"]["generations"] == 4


@pytest.mark.django_db
def test_it_tells_what_is_left_today() -> None:
    shop = make_shop()
    workspace = shop.caller.workspace
    other = make_store(workspace)
    Budget.objects.create(workspace=workspace, daily_images=100)
    Budget.objects.create(workspace=workspace, store=shop.store, daily_images=10)
    day = timezone.now().date()
    UsageDay.objects.create(
        workspace=shop.store.workspace, store=shop.store, day=day, reserved=2, spent=3
    )
    UsageDay.objects.create(workspace=other.workspace, store=other, day=day, spent=20)
    make_generation(shop.product, preset=shop.preset)

    usage = asked(shop)

    assert usage["limits"] == {
        "in_flight": 500, "images_today": 100, "stores": {shop.store.public_id: 10},
    }  # fmt: skip
    assert usage["remaining"]["in_flight"] == 499
    assert usage["remaining"]["stores"][shop.store.public_id] <= 5
    assert usage["remaining"]["images_today"] <= 75


@pytest.mark.django_db
def test_it_counts_nothing_of_others() -> None:
    shop, stranger = make_shop(), make_shop()
    make_generation(stranger.product, preset=stranger.preset)
    narrow = Caller(stranger.caller.workspace, stores=[str(make_store().pk)])

    assert asked(shop)["totals"] == NOTHING
    assert narrow.get("/usage")[1]["totals"] == NOTHING
    assert asked(stranger)["totals"]["generations"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=yesterday", "/from"),
        ("from=2026-11-29T00:00:00Z", "/from"),
        ("to=0001-01-01", "/to"),
        ("to=9999-12-31", "/to"),
        ("from=2026-02-30", "/from"),
        ("from=2026-11-02&to=2026-11-01", "/from"),
        ("from=2020-01-01&to=2026-01-01", "/from"),
        ("group_by=user", "/group_by"),
        ("limit=5", "/limit"),
    ],
)
def test_it_takes_spans_that_make_sense(query: str, pointer: str) -> None:
    status, problem = make_shop().caller.get(f"/usage?{query}")

    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.django_db
def test_it_asks_for_its_scope() -> None:
    status, problem = Caller(scopes=["generations:read"]).get("/usage")

    assert (status, problem["required_scopes"]) == (403, ["usage:read"])
