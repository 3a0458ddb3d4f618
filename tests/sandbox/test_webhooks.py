"""Webhooks: signatures, coalescing, failures."""

from __future__ import annotations

import base64
import hashlib
import hmac

from tests.sandbox.conftest import Inbox, Shop


def test_it_signs_the_raw_body(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("product.updated", inbox.url, 's3cr&t<"é>')
    shop.put({"name": "Ä mug"})

    shop.store.deliver_webhooks()

    request = inbox.deliveries()[0]
    digest = hmac.new('s3cr&t<"é>'.encode(), request.get_data(), hashlib.sha256).digest()
    assert request.headers["X-WC-Webhook-Signature"] == base64.b64encode(digest).decode()


def test_it_pings_unsigned_before_it_answers(shop: Shop, inbox: Inbox) -> None:
    number = shop.subscribe("product.updated", inbox.url)

    assert inbox.requests[0].form["webhook_id"] == str(number)
    assert "X-WC-Webhook-Signature" not in inbox.requests[0].headers


def test_it_joins_changes_until_the_queue_runs_and_sends_the_last_state(
    shop: Shop, inbox: Inbox
) -> None:
    shop.subscribe("product.updated", inbox.url)
    for name in ("One", "Two", "Three"):
        shop.put({"name": name})

    sent = shop.store.deliver_webhooks()

    assert (sent, inbox.deliveries()[0].get_json()["name"]) == (1, "Three")


def test_it_tells_only_the_id_of_a_trashed_product(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("product.deleted", inbox.url)
    number = shop.store.product("MUG").id
    shop.call("DELETE", f"wc/v3/products/{number}")

    shop.store.deliver_webhooks()

    assert inbox.deliveries()[0].get_json() == {"id": number}


def test_it_announces_a_product_restored_in_the_admin(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("product.restored", inbox.url)
    number = shop.store.product("MUG").id
    shop.call("DELETE", f"wc/v3/products/{number}")
    shop.store.restore(number)

    shop.store.deliver_webhooks()

    assert inbox.deliveries()[0].get_json()["status"] == "publish"


def test_it_disables_a_hook_at_the_seventh_failure_and_at_the_next_one_after_that(
    shop: Shop, inbox: Inbox
) -> None:
    number = shop.subscribe("product.updated", inbox.url)
    inbox.status = 500
    states = []
    for _ in range(7):
        shop.put({"name": "x"})
        shop.store.deliver_webhooks()
        states.append(_status(shop, number))
    shop.call("PUT", f"wc/v3/webhooks/{number}", json={"status": "active"})
    shop.put({"name": "x"})
    shop.store.deliver_webhooks()

    assert states == ["active"] * 6 + ["disabled"]
    assert _status(shop, number) == "disabled"


def test_it_forgets_failures_after_one_success(shop: Shop, inbox: Inbox) -> None:
    number = shop.subscribe("product.updated", inbox.url)
    for status in (500, 302):
        inbox.status = status
        shop.put({"name": "x"})
        shop.store.deliver_webhooks()

    assert shop.store.state.tables.webhooks[number].failure_count == 0


def test_it_never_repeats_a_failed_delivery(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("product.updated", inbox.url)
    inbox.status = 500
    shop.put({"name": "x"})

    assert [shop.store.deliver_webhooks(), shop.store.deliver_webhooks()] == [1, 0]


def test_it_keeps_secrets_to_itself(shop: Shop, inbox: Inbox) -> None:
    number = shop.subscribe("product.updated", inbox.url, "hush")

    assert "hush" not in shop.call("GET", f"wc/v3/webhooks/{number}?context=edit").text


def _status(shop: Shop, number: int) -> str:
    return str(shop.call("GET", f"wc/v3/webhooks/{number}").json()["status"])
