"""Stores by the API: connected, looked after, deleted with all that hangs on them."""

from __future__ import annotations

from typing import Any

import pytest

from integrations import inbox_secrets, sync_ends, work
from integrations.contract import Permanent
from integrations.errors import Retryable
from integrations.models import InboundEvent, PrivacyRequest, Product, Store, SyncRun
from integrations.sandbox.woocommerce import SandboxStore
from productviz.accounts.models import PLATFORMS_MAIL, AuditEntry, User
from productviz.lib import files
from productviz.lib.lease import new_owner
from productviz.outbox.models import Event
from tests.api.caller import Caller
from tests.api.shops import (
    Shop,
    allow as allow,
    connect_woo,
    drain,
    picture,
    send,
    site as site,
    told,
    woo as woo,
)
from tests.factories import make_product, make_store, make_user

pytestmark = pytest.mark.django_db


def test_it_makes_a_custom_store_without_asking_anybody() -> None:
    shop = Shop(base_url="https://Shop.example/de/", metadata={"tier": "gold"})

    assert shop.caller.last["Location"] == f"/api/v1{shop.path}"
    assert {name: shop.store[name] for name in ("object", "kind", "status", "write_mode")} == {
        "object": "store",
        "kind": "custom",
        "status": "connected",
        "write_mode": "pull",
    }
    assert shop.store["base_url"] == "https://Shop.example/de"
    assert shop.store["sync"]["mode"] == "push"
    assert shop.store["metadata"] == {"tier": "gold"}
    store = Store.objects.get()
    assert "secret" not in shop.store["inbound_webhook"]
    assert str(store.inbox_secret) not in shop.caller.last.content.decode()
    assert told(store.pk) == ["store.connected"]
    assert drain() == 0, "nothing of it is read"
    assert AuditEntry.objects.get(action="store.connected").object_id == store.public_id


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/", "url_forbidden_address"),
        ("http://169.254.169.254/latest/meta-data/", "url_forbidden_address"),
        ("ftp://shop.example/", "url_scheme_not_allowed"),
        ("https://shop.example:22/", "url_port_not_allowed"),
        ("http://127.0.0.1\\@shop.example/", "url_invalid"),
        ("https://user:pass@shop.example/", "url_invalid"),
        ("nonsense", "url_scheme_not_allowed"),
    ],
)
@pytest.mark.parametrize("kind", ["custom", "woocommerce"])
def test_it_refuses_an_address_that_is_none(kind: str, url: str, code: str) -> None:
    caller = Caller()
    body: dict[str, Any] = {"kind": kind, "base_url": url}
    if kind == "woocommerce":
        body["credentials"] = {"consumer_key": "ck_1", "consumer_secret": "cs_1"}

    status, problem = caller.post("/stores", body)

    assert (status, problem["code"]) == (422, code)
    assert problem["errors"][0]["pointer"] == "/base_url"
    assert not Store.objects.exists()


@pytest.mark.parametrize(("kind", "word"), [("shopify", "Shopify admin"), ("magento", "Magento")])
def test_it_names_the_way_where_it_is_another(kind: str, word: str) -> None:
    caller = Caller()
    status, problem = caller.post("/stores", {"kind": kind, "base_url": "https://shop.example"})

    assert (status, problem["errors"][0]["pointer"]) == (422, "/kind")
    assert word in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    "field", ["workspace", "status", "capabilities", "id", "version", "inbox_secret", "deleted_at"]
)
def test_it_takes_nothing_that_is_its_own(field: str) -> None:
    shop = Shop()
    body = {"kind": "custom", "base_url": "https://b.example", field: "x"}

    assert shop.caller.post("/stores", body)[1]["code"] == "unknown_field"
    assert shop.caller.ask("PATCH", shop.path, {field: "x"})[1]["code"] == "unknown_field"
    assert Store.objects.count() == 1


def test_it_never_changes_an_address() -> None:
    shop = Shop()
    status, problem = shop.caller.ask("PATCH", shop.path, {"base_url": "http://10.0.0.5/"})

    assert (status, problem["errors"][0]["pointer"]) == (422, "/base_url")
    assert Store.objects.get().base_url == "https://shop.example"


def test_a_second_custom_store_of_the_address_is_refused() -> None:
    shop = Shop()
    body = {"kind": "custom", "base_url": "https://shop.example/"}

    assert shop.caller.post("/stores", body)[1]["code"] == "state_conflict"
    assert Caller().post("/stores", body)[0] == 201, "another workspace may have it"


def test_the_same_request_makes_one_store() -> None:
    caller = Caller()
    body = {"kind": "custom", "base_url": "https://shop.example"}
    first = caller.post("/stores", body, key="one")
    second = caller.post("/stores", body, key="one")

    assert first == second
    assert caller.last["Idempotency-Replayed"] == "true"
    assert Store.objects.count() == 1


def test_it_changes_what_may_change() -> None:
    shop = Shop()
    before = shop.store["version"]
    status, store = shop.caller.ask(
        "PATCH", shop.path, {"name": "Other", "write_mode": "none", "metadata": {"a": "b"}}
    )

    assert (status, store["name"], store["write_mode"]) == (200, "Other", "none")
    assert store["version"] == before + 1
    again = shop.caller.ask("PATCH", shop.path, {"name": "X"}, {"If-Match": f'"v{before}"'})
    assert again[1]["code"] == "version_conflict"
    assert shop.caller.get(shop.path, **{"If-None-Match": f'"v{before + 1}"'})[0] == 304
    status, problem = shop.caller.ask("PATCH", shop.path, {"write_mode": "connector"})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/write_mode")


def test_it_shows_no_store_of_another_workspace_or_of_another_key() -> None:
    shop, stranger = Shop(), Caller()
    narrowed = Caller(shop.caller.workspace, stores=[str(make_store(shop.caller.workspace).pk)])

    for caller in (stranger, narrowed):
        assert caller.get(shop.path)[0] == 404
        for method, path in (("DELETE", ""), ("POST", "/sync"), ("POST", "/rotate-secret")):
            assert caller.ask(method, shop.path + path)[0] == 404
        assert shop.store["id"] not in str(caller.get("/stores")[1])
    assert narrowed.post("/stores", {"kind": "custom", "base_url": "https://c.example"})[0] == 403


def test_it_lists_and_narrows() -> None:
    shop = Shop()
    make_store(shop.caller.workspace, status="disconnected")

    assert [one["kind"] for one in shop.caller.get("/stores")[1]["data"]] == [
        "woocommerce",
        "custom",
    ]
    found = shop.caller.get("/stores?status=disconnected")[1]["data"]
    assert [one["status"] for one in found] == ["disconnected"]
    assert shop.caller.get("/stores?inbox_token=x")[1]["errors"][0]["code"] == "unknown_field"


def test_its_list_costs_no_more_for_more_sweeps(django_assert_max_num_queries: Any) -> None:
    caller = Caller()
    for _ in range(5):
        store = make_store(caller.workspace)
        for _ in range(4):
            SyncRun.objects.create(store=store, state="done", seen=7)

    with django_assert_max_num_queries(12):
        stores = caller.get("/stores")[1]["data"]
    assert [one["sync"]["products_seen"] for one in stores] == [7] * 5


def test_a_custom_store_has_nothing_to_read() -> None:
    shop = Shop()
    status, problem = shop.caller.post(f"{shop.path}/sync")

    assert (status, problem["code"]) == (409, "state_conflict")
    assert problem["current_status"] == "connected"
    assert work.poll() == 0
    assert shop.caller.post(f"{shop.path}/test")[1]["ok"] is True


def test_its_secret_is_told_once_and_the_old_one_works_for_a_day() -> None:
    shop = Shop()
    old = Store.objects.get().inbox_secret
    status, shown = shop.caller.post(f"{shop.path}/rotate-secret")
    store = Store.objects.get()

    assert status == 200
    assert shown["secret"] == store.inbox_secret != old
    assert shown["secret"].startswith("whsec_")
    assert store.old_inbox_secret == old
    assert shop.caller.get(shop.path)[1]["inbound_webhook"]["secret_last4"] == shown["secret"][-4:]
    assert shown["secret"] not in shop.caller.last.content.decode()


def test_a_repeated_rotation_is_one() -> None:
    shop = Shop()
    old = Store.objects.get().inbox_secret

    first, again = (shop.caller.post(f"{shop.path}/rotate-secret", key="a") for _ in range(2))

    assert first == again
    store = Store.objects.get()
    assert (store.inbox_secret, store.old_inbox_secret) == (first[1]["secret"], old)
    assert AuditEntry.objects.filter(action="store.secret_rotated").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_repeated_rotation_tells_a_store_that_did_not_answer(
    woo: SandboxStore, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller()
    path = f"/stores/{connect_woo(caller, woo)['id']}/rotate-secret"
    old = Store.objects.get().inbox_secret
    with monkeypatch.context() as patch:
        patch.setattr(inbox_secrets, "subscribe_again", _is_down)
        failed = caller.post(path, key="a")

    status, shown = caller.post(path, key="a")

    assert (failed[0], failed[1]["code"], status) == (502, "store_unreachable", 200)
    store = Store.objects.get()
    assert (store.inbox_secret, store.old_inbox_secret) == (shown["secret"], old)
    assert {hook.secret for hook in woo.state.tables.webhooks.values()} == {shown["secret"]}


def _is_down(store: Store) -> None:
    raise Retryable("It does not answer.", code="store_unreachable")


def test_the_inbox_shows_no_body() -> None:
    shop = Shop()
    InboundEvent.objects.create(
        store=Store.objects.get(), topic="product.updated", dedupe_key="a", body=b"customer"
    )
    status, found = shop.caller.get(f"{shop.path}/events-inbox")

    assert (status, found["data"][0]["topic"]) == (200, "product.updated")
    assert "customer" not in shop.caller.last.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_woocommerce_store_is_tried_before_it_is_kept(woo: SandboxStore, site: str) -> None:
    caller = Caller()
    wrong = {"username": "admin", "application_password": "aaaa bbbb cccc dddd eeee ffff"}
    body = {"kind": "woocommerce", "base_url": woo.url, "credentials": wrong}

    status, problem = caller.post("/stores", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/credentials")
    assert not Store.objects.exists()

    store = connect_woo(caller, woo)
    assert (store["status"], store["capabilities"]["write_images"]) == ("connected", True)
    assert "application_password" not in str(store)
    assert told(Store.objects.get().pk) == ["store.connected"]
    assert Product.objects.count() == 2
    trial = caller.post(f"/stores/{store['id']}/test")[1]
    assert (trial["ok"], trial["missing"], trial["error"]) == (True, [], None)
    status, run = caller.post(f"/stores/{store['id']}/sync", {"kind": "full"})
    assert (status, run["object"], run["status"]) == (202, "sync", "queued")


@pytest.mark.django_db(transaction=True)
def test_connecting_again_is_no_second_store(woo: SandboxStore, site: str) -> None:
    caller = Caller()
    store = connect_woo(caller, woo)
    key = woo.create_key()
    credentials = {"consumer_key": key.consumer_key, "consumer_secret": key.consumer_secret}
    body = {"kind": "woocommerce", "base_url": woo.url, "credentials": credentials}

    status, again = caller.post("/stores", body, key="k")
    woo.faults.add("503", path="/wp-json/", count=None)
    assert (status, again["id"]) == (200, store["id"])
    assert set(Store.objects.get().credentials) == {
        "username",
        "application_password",
        "consumer_key",
        "consumer_secret",
    }
    repeated = caller.post("/stores", body, key="k")
    assert repeated == (200, again), "a repetition asks the store nothing"


@pytest.mark.django_db(transaction=True)
def test_a_store_that_is_down_is_said_to_be(woo: SandboxStore, site: str) -> None:
    caller = Caller()
    store = connect_woo(caller, woo)
    woo.faults.add("503", path="/wp-json/", count=None)

    trial = caller.post(f"/stores/{store['id']}/test")[1]
    assert (trial["ok"], trial["error"]["code"]) == (False, "store_busy")


@pytest.mark.django_db(transaction=True)
def test_it_signs_with_the_new_secret_after_a_rotation(woo: SandboxStore, site: str) -> None:
    caller = Caller()
    store = connect_woo(caller, woo)
    status, shown = caller.post(f"/stores/{store['id']}/rotate-secret")
    assert status == 200

    secrets = {hook.secret for hook in woo.state.tables.webhooks.values()}
    assert secrets == {shown["secret"]}


def test_deleting_removes_everything_and_says_so() -> None:
    shop = Shop()
    other = make_product(make_store(shop.caller.workspace))
    product = shop.photographed()
    key = product.images.get().sha256
    original = f"{shop.caller.workspace.pk.hex}/{key[:2]}/{key}.bin"
    assert files.exists("originals", original)
    store = Store.objects.get(platform="custom")

    assert shop.caller.ask("DELETE", shop.path)[0] == 202
    assert shop.caller.get(shop.path)[0] == 404
    assert shop.caller.get(f"/products/{product.public_id}")[0] == 404
    drain()

    assert list(Store.objects.all()) == [other.store]
    assert list(Product.objects.all()) == [other]
    assert not files.exists("originals", original)
    assert told(store.pk) == ["store.deleted"]
    last = Event.objects.get(type="store.deleted")
    assert last.data["object"]["status"] == "deleted"
    assert last.sequence > shop.store["version"]
    assert not Event.objects.filter(store=store.pk).exclude(pk=last.pk).exists()
    assert shop.caller.ask("DELETE", shop.path)[0] == 404
    assert PrivacyRequest.objects.get().state == "done"


def test_deleting_takes_nobody_elses_staff() -> None:
    """Nobody has proven that a custom store's address is theirs."""
    shop = Shop(base_url="https://victim.myshopify.com")
    victim = make_user()
    victim.email = f"staff-1.victim@shopify{PLATFORMS_MAIL}"
    victim.save()
    shop.caller.ask("DELETE", shop.path)
    drain()

    assert not Store.objects.exists()
    assert User.objects.filter(pk=victim.pk).exists()


def test_a_store_that_is_being_deleted_waits_for_a_writer() -> None:
    shop = Shop()
    product = shop.photographed()
    publication = product.publications.create(
        store=product.store,
        family=product,
        state="in_progress",
        lease_owner=new_owner(),
        lease_until="2999-01-01T00:00:00Z",
    )
    shop.caller.ask("DELETE", shop.path)
    drain()
    assert Store.objects.exists()

    type(publication).objects.update(lease_owner="", lease_until=None)
    PrivacyRequest.objects.update(not_before=None)
    drain()
    assert not Store.objects.exists()


def test_a_photograph_that_nobody_looked_at_yet_goes_with_its_store() -> None:
    shop = Shop()
    send(shop.caller, shop.product(), picture("a"))
    shop.caller.ask("DELETE", shop.path)
    drain()

    assert not Product.objects.exists()
    assert [event.type for event in Event.objects.all()] == ["store.deleted"]


def test_a_store_has_another_etag_after_each_sync_that_failed() -> None:
    caller = Caller()
    store = make_store(caller.workspace)
    tags = []
    for _ in range(2):
        run = SyncRun.objects.create(store=store, kind="full", lease_owner="me")
        sync_ends.fail(run, "me", Permanent("No."))
        assert caller.get(f"/stores/{store.public_id}")[1]["sync"]["last_status"] == "failed"
        tags.append(caller.last["ETag"])

    assert tags[0] != tags[1]
    assert told(store.pk) == ["store.degraded"]
