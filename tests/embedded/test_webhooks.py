"""The one address of Shopify's webhooks: what is believed, kept, ignored, and done about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from generation import line, work as generation_work
from integrations import hints, inbox, work
from integrations.contract import InboundRequest
from integrations.models import AccessToken, InboundEvent, PrivacyRequest, Store, SyncRun
from integrations.platforms.shopify import events
from integrations.platforms.shopify.app import App
from productviz.lib.lease import new_owner
from tests.embedded.conftest import give_token, make_shop
from tests.embedded.shopify import SHOP, Desk, signature, webhook
from tests.factories import make_generation, make_product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
Send = Callable[..., int]
PRODUCT = {"id": 7, "title": "<b>Mug</b>", "updated_at": "2099-01-01T00:00:00Z"}
UNINSTALL = {"id": 1, "myshopify_domain": SHOP, "domain": "quiet-harbour.example"}


@pytest.fixture
def send(desk: Desk) -> Send:
    """Deliver a webhook; the status that it was answered with."""

    def deliver(topic: str, payload: object, **options: str) -> int:
        body, headers = webhook(topic, payload, **options)
        return post(body, headers)

    return deliver


def post(body: bytes, headers: dict[str, str], path: str = "/webhooks/shopify") -> int:
    client = Client(enforce_csrf_checks=True)
    response = client.post(path, body, content_type="application/json", headers=headers)
    assert "Location" not in response
    return int(response.status_code)


def settle() -> None:
    owner = new_owner()
    while work.events(owner) + work.privacy_requests(owner):
        pass


@pytest.mark.parametrize("path", ["/webhooks/shopify", "/webhooks/shopify/"])
def test_both_spellings_answer_without_a_redirect(path: str, desk: Desk) -> None:
    make_shop()

    assert post(*webhook("products/update", PRODUCT), path) == 200
    assert InboundEvent.objects.count() == 1


def test_it_keeps_what_came_and_only_the_headers_that_verify_it(send: Send) -> None:
    store = make_shop()

    assert send("products/update", PRODUCT, Event_Id="ev-1", Webhook_Id="wh-1") == 200

    row = InboundEvent.objects.get()
    assert (row.store, row.topic, row.state) == (store, "products/update", "received")
    assert (row.delivery_id, row.event_id) == ("wh-1", "ev-1")
    request = InboundRequest(row.headers, bytes(row.body))
    assert events.parse(request, settings.SHOPIFY_APP, SHOP).refs
    assert "cookie" not in row.headers


def test_next_generation_headers_are_kept_for_the_second_look(send: Send) -> None:
    make_shop()
    payload = {"query_variables": {"productId": "gid://shopify/Product/5"}}

    assert send("Product", payload, prefix="shopify", Action="update") == 200

    row = InboundEvent.objects.get()
    request = InboundRequest(row.headers, bytes(row.body))
    assert events.parse(request, settings.SHOPIFY_APP, SHOP).refs


def test_the_same_delivery_counts_once_now_and_a_week_later(send: Send) -> None:
    make_shop()
    assert send("products/update", PRODUCT, Webhook_Id="wh-1") == 200
    InboundEvent.objects.update(state="processed", created_at=timezone.now() - timedelta(days=6))

    assert send("products/update", PRODUCT, Webhook_Id="wh-1") == 200

    assert InboundEvent.objects.count() == 1


def test_one_event_that_comes_twice_under_two_ids_counts_once(send: Send) -> None:
    make_shop()
    send("products/update", PRODUCT, Event_Id="ev-1")
    InboundEvent.objects.update(state="processed")

    assert send("products/update", PRODUCT, Event_Id="ev-1") == 200
    second = InboundEvent.objects.latest("created_at")
    assert send("products/update", {"id": 8}, Event_Id="ev-1") == 200  # another product of it
    third = InboundEvent.objects.latest("created_at")
    inbox.process(second, "")

    second.refresh_from_db()
    assert (second.state, second.note) == ("processed", "The same event came before.")
    assert not inbox._came_before(third)


def test_hints_at_one_product_are_one_while_they_wait(send: Send) -> None:
    make_shop()
    for _ in range(30):
        assert send("products/update", PRODUCT) == 200

    assert InboundEvent.objects.count() == 1


def test_a_flood_is_told_to_wait(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    make_shop()
    monkeypatch.setattr(hints, "MAX_WAITING", 3)
    monkeypatch.setattr(hints, "FLOOD_SECONDS", -1.0)
    answers = [send("products/update", {"id": number}) for number in range(1, 7)]

    assert answers == [200] * 4 + [429] * 2


BODY, HEADERS = webhook("products/update", PRODUCT)
BAD: dict[str, dict[str, str | None]] = {
    "no signature": {"X-Shopify-Hmac-Sha256": None},
    "an empty signature": {"X-Shopify-Hmac-Sha256": ""},
    "garbage": {"X-Shopify-Hmac-Sha256": "=?*"},
    "the secret of somebody else": {"X-Shopify-Hmac-Sha256": signature(BODY, "x" * 40)},
    "the signature of another body": {"X-Shopify-Hmac-Sha256": signature(b"{}")},
    "a hexadecimal signature": {"X-Shopify-Hmac-Sha256": "ab" * 32},
    "several signatures": {"X-Shopify-Hmac-Sha256": f"{signature(BODY)},{signature(BODY)}"},
    "a long signature": {"X-Shopify-Hmac-Sha256": "A" * 100_000},
    "no shop": {"X-Shopify-Shop-Domain": None},
    "a shop that is not known": {"X-Shopify-Shop-Domain": "nobody-here.myshopify.com"},
    "a shop that is none": {"X-Shopify-Shop-Domain": "evil.example/"},
    "a shop's look-alike": {"X-Shopify-Shop-Domain": f"{SHOP}.evil.example"},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD.keys())
def test_what_is_not_shopifys_is_401_and_leaves_nothing(
    changes: dict[str, str | None], desk: Desk
) -> None:
    make_shop()
    headers = {**HEADERS, **changes}

    assert post(BODY, {k: v for k, v in headers.items() if v is not None}) == 401
    assert InboundEvent.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "put", "delete", "head", "options"])
def test_other_methods_are_401(method: str, desk: Desk) -> None:
    response = getattr(Client(), method)("/webhooks/shopify", headers=HEADERS)

    assert response.status_code == 401


def test_a_body_changed_on_the_way_is_401(desk: Desk) -> None:
    make_shop()

    for body in (BODY + b" ", BODY.replace(b": ", b":"), b"", b"\xff" + BODY, BODY * 2):
        assert post(body, HEADERS) == 401


def test_a_body_beyond_the_limit_is_401(desk: Desk) -> None:
    make_shop()
    body = b'{"id": 7, "x": "' + b"a" * inbox.MAX_BODY + b'"}'

    assert post(body, {**HEADERS, "X-Shopify-Hmac-Sha256": signature(body)}) == 401


def test_without_an_app_everything_is_401(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    make_shop()
    monkeypatch.setattr(settings, "SHOPIFY_APP", App())

    assert post(BODY, HEADERS) == 401


def test_topics_that_nobody_asked_for_are_thanked_for(send: Send) -> None:
    make_shop()

    assert send("orders/create", {"id": 1}) == 200

    assert InboundEvent.objects.get().state == "ignored"


def test_a_shop_cannot_speak_for_another(send: Send) -> None:
    """The shop header is not signed: what removes something must name the shop in its body."""
    make_shop()
    other = make_shop("other-shop.myshopify.com")
    give_token(other)

    assert send("app/uninstalled", UNINSTALL, shop="other-shop.myshopify.com") == 401
    assert send("app/uninstalled", {"id": 1}, shop="other-shop.myshopify.com") == 401
    redact = {"shop_id": 1, "shop_domain": SHOP}
    assert send("shop/redact", redact, shop="other-shop.myshopify.com") == 401

    assert AccessToken.objects.filter(store=other).exists()
    assert PrivacyRequest.objects.count() == 0


def test_a_signed_hint_with_another_topic_removes_nothing(send: Send) -> None:
    store = make_shop()
    give_token(store)

    assert send("app/uninstalled", PRODUCT) == 401
    assert send("shop/redact", PRODUCT) == 401


def test_an_uninstall_drops_the_token_and_keeps_the_data(send: Send) -> None:
    store = make_shop()
    give_token(store)
    SyncRun.objects.create(store=store)
    waiting = make_generation(make_product(store))
    assert list(line.waiting()) == [waiting]

    assert send("app/uninstalled", UNINSTALL) == 200
    settle()

    store.refresh_from_db()
    assert store.status == "disconnected"
    assert "uninstalled in Shopify" in store.status_reason
    assert not AccessToken.objects.filter(store=store).exists()
    assert SyncRun.objects.get().state == "queued"
    assert work.sync_runs(new_owner()) == 0
    assert not line.waiting().exists()
    assert generation_work.run_generations(new_owner()) == 0
    waiting.refresh_from_db()
    assert waiting.status == "queued"
    assert InboundEvent.objects.get().note == "uninstalled"


def test_an_uninstall_is_heard_when_the_store_is_disconnected_already(send: Send) -> None:
    store = make_shop(status="disconnected")
    give_token(store, is_dead=True)

    send("app/uninstalled", UNINSTALL)
    settle()

    assert not AccessToken.objects.filter(store=store).exists()


def test_a_late_uninstall_leaves_the_new_installation_alone(send: Send, desk: Desk) -> None:
    """Or one that somebody kept and sends again: its time and its id are not signed."""
    store = make_shop()
    give_token(store, desk)

    send("app/uninstalled", UNINSTALL, Triggered_At="2026-12-24T10:00:00Z")
    settle()

    store.refresh_from_db()
    assert store.status == "connected"
    assert AccessToken.objects.filter(store=store).exists()
    assert InboundEvent.objects.get().note == "Shopify still gives access"


def test_a_shop_that_installs_while_shopify_is_asked_stays(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_token(make_shop())
    monkeypatch.setattr("integrations.tokens.is_given", lambda store: False)

    send("app/uninstalled", UNINSTALL)
    settle()

    assert AccessToken.objects.count() == 1
    assert InboundEvent.objects.get().note == "it was installed again since"


def test_an_uninstall_waits_for_a_shopify_that_is_down(send: Send, desk: Desk) -> None:
    give_token(make_shop(), desk)
    desk.answers = [(500, {})] * 3

    send("app/uninstalled", UNINSTALL)
    settle()

    row = InboundEvent.objects.get()
    assert (row.state, row.retries) == ("received", 1)


def test_changed_scopes_are_looked_at_by_the_next_visit(send: Send) -> None:
    store = make_shop()
    give_token(store)

    send("app/scopes_update", {"id": 1, "previous": [], "current": ["write_products"]})
    settle()

    row = AccessToken.objects.get()
    assert (row.access, row.scope) == ("shpat_first", "")


def test_a_finished_bulk_operation_wakes_the_sync(send: Send) -> None:
    store = make_shop()
    later = timezone.now() + timedelta(minutes=5)
    run = SyncRun.objects.create(store=store, state="running", not_before=later)

    send("bulk_operations/finish", {"admin_graphql_api_id": "gid://shopify/BulkOperation/1"})
    settle()

    run.refresh_from_db()
    assert run.not_before is None


def test_a_storm_of_one_product_costs_one_row_and_little_time(send: Send) -> None:
    make_shop()
    before = timezone.now()
    for _ in range(100):
        send("products/update", PRODUCT)

    assert InboundEvent.objects.count() == 1
    assert (timezone.now() - before).total_seconds() < 20


def test_a_store_that_left_still_takes_hints_without_work(send: Send) -> None:
    store: Store = make_shop(status="disconnected")

    assert send("products/update", PRODUCT) == 200
    assert work.events(new_owner()) == 0
    assert store.inbox.count() == 1
