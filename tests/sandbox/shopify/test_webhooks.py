"""Webhooks: who gets what, signatures, retries, the ways in which they go wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from integrations.sandbox.shopify.registration import TOPICS, AppSubscription
from integrations.sandbox.shopify.webhooks import MAX_RETRIES
from tests.sandbox.shopify.conftest import Client, Inbox
from tests.sandbox.shopify.test_files import update


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def is_signed(inbox: Inbox, secret: str) -> bool:
    last = inbox.requests[-1]
    return last.headers["X-Shopify-Hmac-Sha256"] == signature(secret, last.get_data())


def body(inbox: Inbox) -> dict[str, Any]:
    return dict(json.loads(inbox.requests[-1].get_data()))


def test_an_edit_is_told_with_shopifys_headers(client: Client, inbox: Inbox) -> None:
    client.shopify.edit_product("BOARD", title="Oak Board")

    assert client.shopify.deliver_webhooks() == 1

    sent = inbox.requests[0].headers
    assert sent["X-Shopify-Topic"] == "products/update"
    assert sent["X-Shopify-Shop-Domain"] == "demo.myshopify.com"
    assert sent["X-Shopify-API-Version"] == "2026-10"
    assert sent["X-Shopify-Triggered-At"] == "2026-11-30T00:53:20Z"
    assert sent["X-Shopify-Webhook-Id"] != sent["X-Shopify-Event-Id"]
    assert is_signed(inbox, client.shopify.app.client_secret)
    told = body(inbox)
    assert (told["title"], told["admin_graphql_api_id"]) == ("Oak Board", client.product("BOARD"))
    assert (told["status"], told["media"]) == ("active", [])


def test_a_write_of_the_app_itself_is_told_as_well(client: Client, inbox: Inbox) -> None:
    update(client, id=client.file(), referencesToAdd=[client.product()])

    client.shopify.deliver_webhooks()

    assert inbox.topics() == ["products/update"]
    assert len(body(inbox)["media"]) == 4


def test_the_payload_is_the_one_of_the_moment(client: Client, inbox: Inbox) -> None:
    client.shopify.edit_product("BOARD", title="First")
    client.shopify.edit_product("First", title="Second")

    client.shopify.deliver_webhooks()

    titles = [json.loads(one.get_data())["title"] for one in inbox.requests]
    assert titles == ["First", "Second"]


def test_products_made_and_deleted_are_told(client: Client, inbox: Inbox) -> None:
    number = client.shopify.create_product({"name": "Lamp"}).id
    client.shopify.delete_product("Lamp")

    client.shopify.deliver_webhooks()

    assert inbox.topics() == ["products/create", "products/delete"]
    assert body(inbox) == {"id": number}


def test_uninstalling_and_compliance_topics(client: Client, inbox: Inbox) -> None:
    client.shopify.uninstall()
    for topic in ("customers/data_request", "customers/redact", "shop/redact"):
        client.shopify.comply(topic)

    client.shopify.deliver_webhooks()

    assert inbox.topics() == [
        "app/uninstalled", "customers/data_request", "customers/redact", "shop/redact",
    ]  # fmt: skip
    shop = client.shopify.shop
    assert body(inbox) == {"shop_id": shop.id, "shop_domain": shop.domain}
    with pytest.raises(ValueError, match="products/update"):
        client.shopify.comply("products/update")


def test_new_scopes_are_told(client: Client, inbox: Inbox) -> None:
    client.shopify.app.scopes = ("write_products",)
    client.shopify.install()

    client.shopify.deliver_webhooks()

    assert inbox.topics() == ["app/scopes_update"]
    assert body(inbox)["current"] == ["write_products"]


def test_a_failure_is_tried_again_eight_times_in_four_hours(client: Client, inbox: Inbox) -> None:
    inbox.status = 500
    client.shopify.edit_product("BOARD", title="Oak Board")
    hooks, begun = client.shopify.application.hooks, client.clock()
    hooks.run(only_due=True)
    while client.shopify.state.tables.deliveries:
        client.clock.turn(30)
        hooks.run(only_due=True)

    assert len(inbox.requests) == 1 + MAX_RETRIES
    assert 3 * 3600 < client.clock() - begun < 4 * 3600
    assert len({one.headers["X-Shopify-Webhook-Id"] for one in inbox.requests}) == 1
    assert len({one.get_data() for one in inbox.requests}) == 1


def test_a_success_ends_the_retries(client: Client, inbox: Inbox) -> None:
    inbox.status = 503
    client.shopify.edit_product("BOARD", title="Oak Board")
    client.shopify.deliver_webhooks()
    inbox.status = 204

    assert (client.shopify.deliver_webhooks(), client.shopify.deliver_webhooks()) == (1, 0)


def test_a_redirect_is_a_failure(client: Client, inbox: Inbox) -> None:
    inbox.status = 302
    client.shopify.edit_product("BOARD", title="Oak Board")

    client.shopify.deliver_webhooks()

    assert len(inbox.requests) == 1
    assert [one["status"] for one in client.shopify.delivered] == [302]
    assert len(client.shopify.state.tables.deliveries) == 1


def subscribe(client: Client, inbox: Inbox, **fields: object) -> dict[str, Any]:
    sub = {"uri": inbox.url + "?by=api", **fields}
    payload = client.run("19", topic="PRODUCTS_UPDATE", sub=sub)["webhookSubscriptionCreate"]
    return dict(payload)


def test_subscriptions_of_one_event_share_its_id(client: Client, inbox: Inbox) -> None:
    assert subscribe(client, inbox)["userErrors"] == []
    client.shopify.edit_product("BOARD", title="Oak Board")

    client.shopify.deliver_webhooks()

    first, second = (one.headers for one in inbox.requests)
    assert first["X-Shopify-Event-Id"] == second["X-Shopify-Event-Id"]
    assert first["X-Shopify-Webhook-Id"] != second["X-Shopify-Webhook-Id"]


def test_an_api_subscription_is_deleted_after_its_failures(client: Client, inbox: Inbox) -> None:
    client.shopify.app.subscriptions = []
    subscribe(client, inbox)
    inbox.status = 500
    client.shopify.edit_product("BOARD", title="Oak Board")
    for _ in range(1 + MAX_RETRIES):
        client.shopify.deliver_webhooks()

    assert client.shopify.shop.subscriptions == {}


@pytest.mark.parametrize(
    "fields", [{"uri": "nonsense"}, {"name": "no spaces"}, {"format": "XML"}], ids=str
)
def test_a_wrong_subscription_is_refused(
    client: Client, inbox: Inbox, fields: dict[str, object]
) -> None:
    payload = subscribe(client, inbox, **fields)

    assert payload["webhookSubscription"] is None
    assert len(payload["userErrors"]) == 1


def test_included_fields_and_filters_of_the_apps_own_subscriptions(
    client: Client, inbox: Inbox
) -> None:
    client.shopify.app.subscriptions = [
        AppSubscription(
            ("products/update",), inbox.url, "status:active", ("id", "title"), "active-products"
        )
    ]
    client.shopify.edit_product("BOARD", vendor="Other")
    # Equal to the one before, as nothing that is included changed: taken for a duplicate.
    client.shopify.edit_product("BOARD", vendor="Third")
    client.shopify.edit_product("TOTE", status="DRAFT")

    client.shopify.deliver_webhooks()

    assert len(inbox.requests) == 1
    assert set(body(inbox)) == {"id", "title"}
    assert inbox.requests[0].headers["X-Shopify-Name"] == "active-products"


def test_a_duplicate_has_the_same_id(client: Client, inbox: Inbox) -> None:
    client.shopify.faults.add("duplicate_webhook")
    client.shopify.edit_product("BOARD", title="Oak Board")

    assert client.shopify.deliver_webhooks() == 2

    assert len({one.headers["X-Shopify-Webhook-Id"] for one in inbox.requests}) == 1


def test_deliveries_can_come_out_of_order(client: Client, inbox: Inbox) -> None:
    client.shopify.faults.add("out_of_order")
    client.shopify.create_product({"name": "Lamp"})
    client.shopify.delete_product("Lamp")

    client.shopify.deliver_webhooks()

    assert inbox.topics() == ["products/delete", "products/create"]


def test_signatures_and_headers_can_be_wrong(client: Client, inbox: Inbox) -> None:
    old = client.shopify.app.client_secret
    client.shopify.application.rotate_secret("new-secret")
    for kind, secret in (("old_secret", old), ("wrong_secret", "not-the-secret")):
        client.shopify.faults.add(kind)
        client.shopify.edit_product("BOARD", title="Bare Board")
        client.shopify.deliver_webhooks()
        assert is_signed(inbox, secret)
    client.shopify.faults.add("spoof_topic")
    client.shopify.faults.add("spoof_shop")
    client.shopify.edit_product("BOARD", title="Bare Board")
    client.shopify.deliver_webhooks()

    assert is_signed(inbox, "new-secret")
    assert inbox.topics()[-1] == "app/uninstalled"
    assert inbox.requests[-1].headers["X-Shopify-Shop-Domain"] == "evil.example/"


def test_a_delivery_can_be_lost(client: Client, inbox: Inbox) -> None:
    client.shopify.faults.add("drop_webhook", path="products/update")
    client.shopify.edit_product("BOARD", title="Oak Board")

    assert client.shopify.deliver_webhooks() == 0
    assert inbox.requests == []


def test_every_topic_can_be_subscribed_by_the_app() -> None:
    assert len(TOPICS) == len(set(TOPICS)) == 9
