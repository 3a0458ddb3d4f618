"""Shopify's webhooks: who signed, which topic, which product; everything else is refused."""

from __future__ import annotations

import json

import pytest

from integrations.contract import EventKind, InboundRequest, ProductRef, SignatureInvalid
from integrations.platforms.shopify import events
from integrations.platforms.shopify.app import App
from tests.embedded.shopify import CLIENT_ID, OLD_SECRET, SECRET, SHOP, signature, webhook

APP = App(CLIENT_ID, SECRET, OLD_SECRET)


def inbound(body: bytes, headers: dict[str, str]) -> InboundRequest:
    return InboundRequest({name.lower(): value for name, value in headers.items()}, body)


def signed(topic: str, payload: object, **options: str) -> InboundRequest:
    return inbound(*webhook(topic, payload, **options))


@pytest.mark.parametrize("topic", events.KINDS)
def test_it_knows_every_topic(topic: str) -> None:
    payload = {"id": 7, "myshopify_domain": SHOP, "shop_domain": SHOP}

    event = events.parse(signed(topic, payload), APP, SHOP)

    assert event.kind == events.KINDS[topic]
    assert event.topic == topic
    assert bool(event.refs) == topic.startswith("products/")


def test_it_takes_the_product_from_the_body() -> None:
    payload = {"id": 788032119674292922, "admin_graphql_api_id": "gid://shopify/Product/1"}

    event = events.parse(signed("products/update", payload), APP, SHOP)

    assert event.refs == (ProductRef("gid://shopify/Product/788032119674292922"),)


def test_it_reads_next_generation_headers_and_payloads() -> None:
    payload = {
        "topic": "Product",
        "action": "update",
        "fields_changed": {"updated": ["product.title"]},
        "query_variables": {"productId": "gid://shopify/Product/55"},
        "data": None,
    }
    body, headers = webhook("Product", payload, prefix="shopify", Action="update")

    found = events.read(inbound(body, headers), APP)

    assert found.shop == SHOP
    assert found.webhook_id
    assert found.event.kind == EventKind.PRODUCT_CHANGED
    assert found.event.refs == (ProductRef("gid://shopify/Product/55"),)


def test_it_reads_ids() -> None:
    request = signed("app/scopes_update", {"id": 1}, Event_Id="98880550-7158")

    found = events.read(request, APP)

    assert found.event_id == "98880550-7158"


def test_the_secret_before_the_last_rotation_still_counts() -> None:
    assert events.parse(signed("products/update", {"id": 7}, secret=OLD_SECRET), APP, SHOP).refs
    with pytest.raises(SignatureInvalid):
        events.parse(
            signed("products/update", {"id": 7}, secret=OLD_SECRET), App(CLIENT_ID, SECRET), SHOP
        )


BODY = json.dumps({"id": 7}).encode()
GOOD = signature(BODY)


@pytest.mark.parametrize(
    "hmac",
    [
        "",
        " ",
        GOOD[:-2],
        GOOD.lower(),
        signature(BODY, "another secret"),
        signature(b'{"id":7}'),
        "ünïcode",
        "A" * 1_000_000,
        "v1," + GOOD,
        f"{GOOD}, {GOOD}",
    ],
)
def test_a_wrong_signature_is_refused(hmac: str) -> None:
    _, headers = webhook("products/update", {"id": 7})
    headers["X-Shopify-Hmac-Sha256"] = hmac

    with pytest.raises(SignatureInvalid):
        events.read(inbound(BODY, headers), APP)


def test_a_body_that_is_not_text_is_refused() -> None:
    body = b"\xff\xfe{}"
    _, headers = webhook("products/update", {})
    headers["X-Shopify-Hmac-Sha256"] = signature(body)

    with pytest.raises(SignatureInvalid):
        events.read(inbound(body, headers), APP)


def test_a_missing_signature_is_refused() -> None:
    body, headers = webhook("products/update", {"id": 7})
    del headers["X-Shopify-Hmac-Sha256"]

    with pytest.raises(SignatureInvalid):
        events.read(inbound(body, headers), APP)


@pytest.mark.parametrize(
    "shop",
    [
        "",
        "evil.com",
        "quiet-harbour.myshopify.com.evil.com",
        "quiet-harbour.myshopify.com/",
        "https://quiet-harbour.myshopify.com",
        "evil.example/quiet-harbour.myshopify.com",
        "a@quiet-harbour.myshopify.com",
        "quiet-harbour.myshopify.com:443",
        "quiet-harbour",
        "quiet_harbour.myshopify.com",
        "quiet-harbour.myshopify.com\n",
    ],
)
def test_a_shop_that_is_none_is_refused(shop: str) -> None:
    with pytest.raises(SignatureInvalid):
        events.read(signed("products/update", {"id": 7}, shop=shop), APP)


def test_without_keys_nothing_is_believed() -> None:
    request = signed("products/update", {"id": 7}, secret="")

    with pytest.raises(SignatureInvalid):
        events.read(request, App())


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "text",
        {},
        {"id": "7"},
        {"id": True},
        {"id": -1},
        {"id": 1.5},
        {"id": {"id": 1}},
        {"query_variables": {"productId": "gid://shopify/Order/1"}},
        {"query_variables": {"productId": "gid://shopify/Product/1/../../x"}},
        {"query_variables": []},
        {"data": []},
    ],
)
def test_a_hint_at_no_product_is_ignored(payload: object) -> None:
    event = events.parse(signed("products/update", payload), APP, SHOP)

    assert (event.kind, event.refs) == (EventKind.IGNORED, ())


def test_a_topic_that_nobody_asked_for_is_ignored() -> None:
    assert events.parse(signed("orders/create", {"id": 7}), APP, SHOP).kind == EventKind.IGNORED


@pytest.mark.parametrize("given", ["x" * 129, "a b", "a/../b", "ü"])
def test_strange_ids_count_as_not_sent(given: str) -> None:
    found = events.read(signed("products/update", {"id": 7}, Webhook_Id=given), APP)

    assert found.webhook_id == ""
