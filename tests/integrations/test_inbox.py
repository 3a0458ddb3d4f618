"""Store webhooks: real ones from the store, and forged ones from anybody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations import catalog, hints, inbox
from integrations.models import InboundEvent, Product, Publication, Store, SyncRun
from productviz.accounts.models import Workspace
from tests.integrations.conftest import Bench, drain, hurry

JSON = "application/json"


def signed(store: Store, body: bytes, topic: str = "product.updated") -> dict[str, str]:
    digest = hmac.digest(str(store.inbox_secret).encode(), body, hashlib.sha256)
    return {
        "content-type": JSON,
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-signature": base64.b64encode(digest).decode(),
    }


def knock(store: Store, body: bytes, topic: str = "product.updated") -> int:
    return inbox.receive(store.inbox_token, signed(store, body, topic), body)


def rename(bench: Bench, sku: str, name: str) -> None:
    product = bench.shop.product(sku)
    product.name = name
    bench.shop.application.hooks.updated(product, product.status)


def test_it_reads_the_product_again_and_tells_of_changed_inputs(bench: Bench) -> None:
    rename(bench, "VASE", "Tall &amp; slim vase")
    assert bench.shop.deliver_webhooks() == 1
    drain()
    assert bench.product("VASE").title == "Tall & slim vase"
    assert bench.signals == [bench.product("VASE").pk]
    assert InboundEvent.objects.get().note == "inputs changed"


def test_it_stays_quiet_about_orders_and_prices(bench: Bench) -> None:
    vase = bench.shop.product("VASE")
    vase.fields["stock_quantity"] = 3
    bench.shop.application.hooks.updated(vase, vase.status)
    bench.shop.deliver_webhooks()
    drain()
    assert bench.signals == []
    assert InboundEvent.objects.get().note == "nothing that images depend on"


def test_it_reads_the_variation_that_a_webhook_names(bench: Bench) -> None:
    row = bench.shop.product("HOOD-R")
    row.image_ids = list(bench.shop.product("MUG").image_ids[:1])
    bench.shop.application.hooks.updated(row, row.status)
    bench.shop.deliver_webhooks()
    drain()
    red = bench.product("HOOD-R")
    assert bench.signals == [red.pk]
    assert red.parent == bench.product("HOOD")
    assert red.images.get().external_id == str(row.image_ids[0])


@pytest.mark.parametrize("end", ["suspended", "deleted"])
def test_it_takes_nothing_for_who_is_suspended_or_gone(bench: Bench, end: str) -> None:
    """W12."""
    body = json.dumps({"id": bench.shop.product("VASE").id}).encode()
    if end == "deleted":
        Store.objects.filter(pk=bench.store.pk).update(deleted_at=timezone.now())
    else:
        Workspace.objects.update(suspended_at=timezone.now())

    assert knock(bench.store, body) == 410

    assert not InboundEvent.objects.exists()


def test_it_marks_a_trashed_product_and_takes_it_back(bench: Bench) -> None:
    vase = bench.shop.product("VASE")
    from integrations.sandbox.woocommerce import products

    products.trash(bench.shop.state, vase)
    bench.shop.application.hooks.trashed(vase)
    bench.shop.deliver_webhooks()
    drain()
    assert bench.product("VASE").status == Product.Status.DELETED
    bench.shop.restore(vase.id)
    bench.shop.deliver_webhooks()
    drain()
    assert bench.product("VASE").status == Product.Status.ACTIVE


def test_it_does_not_believe_a_signed_deletion_of_a_product_that_is_there(bench: Bench) -> None:
    body = json.dumps({"id": bench.shop.product("VASE").id}).encode()
    assert knock(bench.store, body, "product.deleted") == 200
    drain()
    assert bench.product("VASE").status == Product.Status.ACTIVE


def test_it_ignores_a_body_without_an_id(bench: Bench) -> None:
    body = json.dumps({"code": "woocommerce_rest_product_invalid_id", "data": {}}).encode()
    assert knock(bench.store, body) == 200
    assert InboundEvent.objects.get().state == InboundEvent.State.IGNORED
    assert drain() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda headers: headers.pop("x-wc-webhook-signature"),
        lambda headers: headers.update({"x-wc-webhook-signature": ""}),
        lambda headers: headers.update({"x-wc-webhook-signature": "é, v1,garbage"}),
        lambda headers: headers.update({"x-wc-webhook-signature": "AAAA"}),
    ],
)
def test_it_refuses_a_forged_webhook(bench: Bench, change: Any) -> None:
    body = b'{"id": 1}'
    headers = signed(bench.store, body)
    change(headers)
    assert inbox.receive(bench.store.inbox_token, headers, body) == 401
    assert not InboundEvent.objects.exists()


def test_it_refuses_a_changed_body_and_the_secret_of_another_store(bench: Bench) -> None:
    headers = signed(bench.store, b'{"id": 1}')
    assert inbox.receive(bench.store.inbox_token, headers, b'{"id":1}') == 401
    other = Store(inbox_secret="of another store")
    headers = signed(other, b'{"id": 1}')
    assert inbox.receive(bench.store.inbox_token, headers, b'{"id": 1}') == 401


def test_it_answers_the_unsigned_ping_and_keeps_nothing(bench: Bench, client: Client) -> None:
    for path in (f"/hooks/{bench.store.inbox_token}/", f"/hooks/{bench.store.inbox_token}"):
        answer = client.post(
            path, data=b"webhook_id=6", content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 200
    assert not InboundEvent.objects.exists()


def test_it_does_not_know_other_tokens(bench: Bench, client: Client) -> None:
    assert client.post(f"/hooks/{'0' * 64}/", data=b"{}", content_type=JSON).status_code == 404
    assert client.get(f"/hooks/{bench.store.inbox_token}/").status_code == 405


def test_it_takes_bodies_up_to_two_megabytes(bench: Bench, client: Client) -> None:
    url = f"/hooks/{bench.store.inbox_token}/"
    number = bench.shop.product("VASE").id
    fits = json.dumps({"id": number, "description": "x" * (inbox.MAX_BODY - 200)}).encode()
    assert (
        client.post(
            url, data=fits, content_type=JSON, headers=signed(bench.store, fits)
        ).status_code
        == 200
    )
    large = json.dumps({"id": number, "description": "x" * inbox.MAX_BODY}).encode()
    assert (
        client.post(
            url, data=large, content_type=JSON, headers=signed(bench.store, large)
        ).status_code
        == 413
    )


def test_hints_at_one_product_that_still_wait_are_one_hint(bench: Bench) -> None:
    number = bench.shop.product("VASE").id
    for price in range(50):
        assert knock(bench.store, json.dumps({"id": number, "price": price}).encode()) == 200
    assert InboundEvent.objects.count() == 1
    drain()
    assert knock(bench.store, json.dumps({"id": number}).encode()) == 200
    assert InboundEvent.objects.filter(state="received").count() == 1


def test_it_slows_a_storm_down(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "MAX_WAITING", 2)
    monkeypatch.setattr(hints, "FLOOD_SECONDS", -1.0)
    answers = [knock(bench.store, json.dumps({"id": n}).encode()) for n in range(1, 5)]
    assert answers == [200, 200, 200, 429]


def test_it_waits_while_the_product_is_being_published(bench: Bench) -> None:
    publication = bench.request("VASE", "fine vase")
    Publication.objects.filter(pk=publication.pk).update(
        state=Publication.State.IN_PROGRESS, lease_owner="another worker"
    )
    knock(bench.store, json.dumps({"id": bench.shop.product("VASE").id}).encode())
    inbox_owner_rounds = drain()
    event = InboundEvent.objects.get()
    assert inbox_owner_rounds >= 1
    assert event.state == InboundEvent.State.RECEIVED
    assert event.not_before is not None


def test_a_store_that_is_down_leaves_the_hint_for_later(bench: Bench) -> None:
    rename(bench, "VASE", "Tall vase")
    bench.shop.deliver_webhooks()
    bench.shop.faults.add("503", path="/wp-json/wc/v3/products/", count=1)
    drain()
    assert InboundEvent.objects.get().state == InboundEvent.State.RECEIVED
    hurry()
    drain()
    assert bench.product("VASE").title == "Tall vase"


def test_disabled_webhooks_are_woken_again(bench: Bench) -> None:
    bench.shop.disable_webhooks()
    rename(bench, "VASE", "Tall vase")
    assert bench.shop.deliver_webhooks() == 0
    assert inbox.keep_webhooks_alive(bench.store)
    hooks = bench.shop.state.tables.webhooks.values()
    assert [hook.status for hook in hooks] == ["active"] * 4
    rename(bench, "VASE", "Tall vase")
    bench.shop.deliver_webhooks()
    drain()
    assert bench.product("VASE").title == "Tall vase"


def test_what_a_lost_webhook_would_have_told_is_found_by_the_sweep(bench: Bench) -> None:
    bench.shop.faults.add("drop_webhook", count=None)
    product = bench.shop.product("VASE")
    bench.shop.state.touch(product)
    rename(bench, "VASE", "Tall vase")
    assert bench.shop.deliver_webhooks() == 0
    catalog.request_sync(bench.store, kind=SyncRun.Kind.CHANGES)
    drain()
    assert bench.signals == [bench.product("VASE").pk]


def test_a_disconnected_store_is_told_to_stop(bench: Bench) -> None:
    Store.objects.update(status="disconnected")
    assert knock(bench.store, b'{"id": 1}') == 410
