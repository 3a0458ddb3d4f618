"""Answers of a shop that are hostile or broken: nothing is stuck for good."""

from __future__ import annotations

import json

import pytest

from integrations import mirror
from integrations.models import Product
from integrations.platforms.shopify import mapping
from integrations.platforms.shopify.bucket import Bucket, wait_after_throttle
from tests.embedded.conftest import make_shop

COST = (
    '{"requestedQueryCost": %s, "throttleStatus":'
    ' {"maximumAvailable": %s, "currentlyAvailable": %s, "restoreRate": %s}}'
)
NUMBERS = ("NaN", "Infinity", "-Infinity", "-1", "1" + "0" * 400, '"x"', "null", "[]")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("place", range(4))
def test_a_cost_that_is_no_number_stops_nothing(number: str, place: int) -> None:
    parts = ["10", "2000", "1500", "100"]
    parts[place] = number
    cost = json.loads(COST % tuple(parts))
    bucket = Bucket()

    bucket.learn("product", cost)

    for wait in (bucket.take("product"), bucket.take("product")):
        assert 0 <= wait <= 10
    assert wait_after_throttle(cost) >= 0.2


@pytest.mark.django_db
def test_letters_that_no_database_takes_are_left_out() -> None:
    row = json.loads(
        r"""{"id": "gid://shopify/Product/1", "title": "Mu\u0000g \ud800red", "status": "ACTIVE",
        "descriptionHtml": "<p>Clay\u0000\udfff</p>", "updatedAt": "0001-01-01T00:00:00+23:59",
        "options": [{"name": "Si\u0000ze", "values": ["L\ud800"]}]}"""
    )
    image = json.loads(
        r"""{"id": "gid://shopify/MediaImage/2", "alt": "A\u0000 mug\ud800",
        "image": {"url": "https://cdn.example/mug.jpg"}}"""
    )
    variant = json.loads(
        r"""{"id": "gid://shopify/ProductVariant/3", "sku": "M\u0000-1\ud800",
        "selectedOptions": [{"name": "Size", "value": "L\u0000"}],
        "media": {"nodes": [{"id": "gid://shopify/MediaImage/2"}]}}"""
    )

    mirror.upsert(make_shop(), mapping.family(row, [image], [variant]))

    top = Product.objects.get(external_id="gid://shopify/Product/1")
    assert (top.title, top.description, top.options) == ("Mug red", "Clay", {"Size": "L"})
    assert top.images.get().alt == "A mug"
    assert Product.objects.get(type="variant").sku == "M-1"
