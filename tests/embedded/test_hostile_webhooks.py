"""Webhooks that are signed and hostile all the same: none is an error of ours, none does harm."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from integrations import hints
from integrations.models import InboundEvent, Store
from integrations.platforms.shopify.app import App
from productviz.accounts.models import Workspace
from tests.embedded.conftest import give_token, make_shop
from tests.embedded.shopify import SHOP, signature, webhook

pytestmark = pytest.mark.django_db
BODIES = {
    "the first moment of time": b'{"id": 1, "updated_at": "0001-01-01T00:00:00+23:59"}',
    "the last moment of time": b'{"id": 1, "updated_at": "9999-12-31T23:59:59-23:59"}',
    "4,000 digits": b'{"id": ' + b"9" * 4000 + b"}",
    "too many digits to read": b'{"id": ' + b"9" * 5000 + b"}",
    "infinity": b'{"id": 1e400}',
    "true": b'{"id": true}',
    "a list": b"[1, 2, 3]",
    "null": b"null",
    "nothing": b"",
    "NUL and half a letter": b'{"id": 1, "title": "\\u0000\\ud800"}',
    "depth": b'{"id": 1, "a": ' + b"[" * 100_000,
    "a line break in an id": b'{"data": {"product": {"id": "gid://shopify/Product/1\\n"}}}',
    "other types": b'{"query_variables": {"productId": ["x"]}, "data": []}',
    "no text": b"\xff\xfe",
}


def send(path: str, body: bytes, headers: dict[str, str]) -> int:
    response = Client().post(path, body, content_type="application/json", headers=headers)
    return response.status_code


@pytest.mark.parametrize("topic", ["products/update", "app/uninstalled", "shop/redact", "Product"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_hostile_body_is_taken_or_refused(body: bytes, topic: str, app: App) -> None:
    give_token(make_shop())
    _, headers = webhook(topic, {}, Action="update")
    headers["X-Shopify-Hmac-Sha256"] = signature(body)

    assert send("/webhooks/shopify", body, headers) in (200, 401)

    assert Store.objects.get().status == "connected"
    assert all(len(row.note) < 100 for row in InboundEvent.objects.all())


def test_a_shops_inbox_hears_no_other_shop(app: App) -> None:
    """Every shop's webhooks bear the same secret."""
    give_token(make_shop())
    other = make_shop("other-shop.myshopify.com")
    body, headers = webhook("app/uninstalled", {"myshopify_domain": SHOP})

    assert send(f"/hooks/{other.inbox_token}/", body, headers) == 401

    assert InboundEvent.objects.count() == 0


def test_a_full_inbox_still_hears_that_the_shop_leaves(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one row at most of each kind of news about a store itself."""
    give_token(make_shop())
    monkeypatch.setattr(hints, "MAX_WAITING", 0)
    monkeypatch.setattr(hints, "FLOOD_SECONDS", -1.0)
    send("/webhooks/shopify", *webhook("products/update", {"id": 1}))

    assert send("/webhooks/shopify", *webhook("products/update", {"id": 2})) == 429
    for _ in range(3):
        gone = webhook("app/uninstalled", {"myshopify_domain": SHOP})
        assert send("/webhooks/shopify", *gone) == 200

    assert InboundEvent.objects.count() == 2


def test_a_suspended_workspace_hears_only_that_its_shop_leaves(app: App) -> None:
    """W12."""
    give_token(make_shop())
    Workspace.objects.update(suspended_at=timezone.now())

    assert send("/webhooks/shopify", *webhook("products/update", {"id": 1})) == 200
    assert not InboundEvent.objects.exists()

    gone = webhook("app/uninstalled", {"myshopify_domain": SHOP})
    assert send("/webhooks/shopify", *gone) == 200
    assert InboundEvent.objects.count() == 1


def test_what_names_no_product_leaves_no_body_behind(app: App) -> None:
    give_token(make_shop())

    assert send("/webhooks/shopify", *webhook("themes/publish", {"x": "y" * 100_000})) == 200

    row = InboundEvent.objects.get()
    assert (row.state, row.topic, bytes(row.body), row.headers) == (
        "ignored",
        "themes/publish",
        b"",
        {},
    )
