"""Lists in a body that nobody means so long: refused before their entries are looked up."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation.models import Generation
from tests.api.rows import Shop, count, make_shop

pytestmark = pytest.mark.django_db

MANY = 300


def refused(shop: Shop, path: str, body: dict[str, Any]) -> tuple[str, str, bool]:
    """Where and how a body is refused, and whether it cost fewer queries than it has entries."""
    with CaptureQueriesContext(connection) as asked:
        status, problem = shop.caller.post(path, body, key="long")
    assert status == 422, problem
    (error,) = problem["errors"]
    return error["pointer"], error["code"], len(asked) < MANY // 4


def test_a_generation_refuses_them() -> None:
    shop = make_shop()
    long: dict[str, Any] = {
        "source_images": [shop.image.public_id] * MANY,
        "notify": [f"whe_{'0' * 26}"] * MANY,
        "events_filter": ["generation.*"] * MANY,
    }

    for name, entries in long.items():
        said = refused(shop, "/generations", shop.body(**{name: entries}))
        assert said == (f"/{name}", "too_long", True)
    assert count() == 0


def test_a_generation_keeps_each_wanted_event_once() -> None:
    shop = make_shop()

    status, _ = shop.ask(events_filter=["generation.*", "generation.completed", "generation.*"])

    assert status == 202
    audience = Generation.objects.get().audience
    assert audience["types"] == ["generation.*", "generation.completed"]


def test_a_publication_refuses_them() -> None:
    shop = make_shop()
    item = {"asset": f"ast_{'0' * 26}", "action": "add"}
    body = {"product": shop.product.public_id, "items": [item] * MANY}

    assert refused(shop, "/publications", body) == ("/items", "too_long", True)


def test_a_key_and_an_endpoint_refuse_them() -> None:
    shop = make_shop()
    stores = [shop.store.public_id] * MANY
    endpoint = {"url": "https://hooks.example/", "event_types": ["*"], "stores": stores}
    key = {"name": "Shop", "scopes": ["products:read"], "stores": stores}

    assert refused(shop, "/webhook-endpoints", endpoint) == ("/stores", "too_long", True)
    assert refused(shop, "/api-keys", key) == ("/stores", "too_long", True)
