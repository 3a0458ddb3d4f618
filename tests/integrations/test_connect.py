"""Connecting: the store's consent pages over real HTTP, pasted access, and everything forged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

from integrations import connect
from integrations.models import PendingConnection, Store, SyncRun
from integrations.models.stores import StoreStatus
from integrations.sandbox.woocommerce import SandboxStore
from productviz.accounts.models import Membership, Role, User
from tests.integrations.conftest import Bench, People, connect_shop, drain

Allow = Callable[[str], None]


def said(page: Any) -> str:
    """The last message to the person."""
    return str(list(page.wsgi_request._messages)[-1])


def begin(people: People, url: str, route: str = "wc-auth", session_key: str = "") -> str:
    return connect.begin(
        people.workspace, people.user, "woocommerce", url, route, session_key=session_key
    )


def approve_key(target: str) -> requests.Response:
    """Log in to the store and press Approve; the redirect back to us, not followed."""
    browser = requests.Session()
    page = browser.get(target)
    page = browser.post(page.url, data={"username": "admin", "password": "admin-pass-1"})
    link = re.search(r"href=['\"]([^'\"]*access_granted[^'\"]*)", page.text)
    assert link, page.text
    return browser.get(link[1].replace("&amp;", "&"), allow_redirects=False)


def token_of(target: str) -> str:
    return parse_qs(urlsplit(target).query)["user_id"][0]


def test_consent_in_the_store_brings_a_key_and_a_connected_store(
    people: People, shop: SandboxStore, site: str
) -> None:
    target = begin(people, shop.url)
    back = approve_key(target)
    assert back.status_code == 302, back.text
    store = connect.finished(token_of(target), user=people.user, session_key="")
    assert (store.base_url, store.name) == (shop.url, "Harbour & Pine")
    assert store.status == StoreStatus.CONNECTED
    assert store.credentials["consumer_key"].startswith("ck_")
    assert store.capabilities["write_images"]
    assert not store.capabilities["upload_bytes"]
    assert store.sync_runs.get().state == SyncRun.State.QUEUED
    assert not shop.state.tables.webhooks
    drain()
    assert len(shop.state.tables.webhooks) == 4


def test_the_browser_returns_to_a_page_that_says_so(
    people: People, shop: SandboxStore, site: str, client: Client
) -> None:
    client.force_login(people.user)
    answer = client.post(
        "/connect/begin/", {"platform": "woocommerce", "base_url": shop.url, "route": "wc-auth"}
    )
    back = approve_key(answer["Location"])
    page = client.get(back.headers["Location"].removeprefix(site))
    assert page.status_code == 302
    assert said(page) == "Harbour & Pine is connected. The first sync has begun."
    stranger = Client()
    stranger.force_login(people.user)
    other = stranger.get(back.headers["Location"].removeprefix(site))
    assert "elsewhere" in said(other)


def test_connecting_needs_an_editor_and_a_post(people: People, client: Client) -> None:
    assert client.post("/connect/begin/").status_code == 302
    viewer = User.objects.create_user("viewer@example.com", "correct horse battery")
    Membership.objects.create(workspace=people.workspace, user=viewer, role=Role.VIEWER)
    client.force_login(viewer)
    assert client.post("/connect/begin/").status_code == 403
    client.force_login(people.user)
    assert client.get("/connect/begin/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/connect/begin/").status_code == 403


def key_body(shop: SandboxStore, token: str, **changes: Any) -> bytes:
    key = shop.create_key()
    issued = {
        "key_id": key.id,
        "user_id": token,
        "consumer_key": key.consumer_key,
        "consumer_secret": key.consumer_secret,
        "key_permissions": "read_write",
    }
    return json.dumps({**issued, **changes}).encode()


@pytest.mark.parametrize("spelling", ["callback", "callback/"])
def test_the_callback_answers_exactly_200_in_both_spellings(
    people: People, shop: SandboxStore, client: Client, spelling: str
) -> None:
    token = token_of(begin(people, shop.url))
    answer = client.post(
        f"/connect/woocommerce/{spelling}",
        data=key_body(shop, token),
        content_type="application/json;charset=UTF-8",
    )
    assert answer.status_code == 200
    assert Store.objects.count() == 1


def test_a_token_works_once_and_for_thirty_minutes(people: People, shop: SandboxStore) -> None:
    token = token_of(begin(people, shop.url))
    assert connect.receive_key(key_body(shop, token)) == 200
    assert connect.receive_key(key_body(shop, token)) == 404
    late = token_of(begin(people, shop.url))
    PendingConnection.objects.filter(token=late).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert connect.receive_key(key_body(shop, late)) == 404
    assert connect.receive_key(key_body(shop, "f" * 64)) == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"user_id": 7}', b"\xff", b"[" * 100_000])
def test_a_callback_of_nonsense_is_refused(transactional_db: None, body: bytes) -> None:
    assert connect.receive_key(body) == 400


def test_a_forged_key_connects_nothing_and_the_reason_is_shown(
    people: People, shop: SandboxStore
) -> None:
    token = token_of(begin(people, shop.url))
    forged = key_body(shop, token, consumer_key="ck_" + "0" * 40)
    assert connect.receive_key(forged) == 200
    assert not Store.objects.exists()
    with pytest.raises(connect.CannotConnect, match="does not accept"):
        connect.finished(token, user=people.user, session_key="")


def test_another_user_or_session_cannot_finish_a_connection(
    people: People, shop: SandboxStore
) -> None:
    token = token_of(begin(people, shop.url, session_key="mine"))
    connect.receive_key(key_body(shop, token))
    other = User.objects.create_user("other@example.com", "correct horse battery")
    for user, session in ((other, "mine"), (people.user, "another")):
        with pytest.raises(connect.CannotConnect, match="elsewhere"):
            connect.finished(token, user=user, session_key=session)
    store = connect.finished(token, user=people.user, session_key="mine")
    assert store == Store.objects.get()


def test_a_declined_consent_connects_nothing(
    people: People, shop: SandboxStore, client: Client
) -> None:
    token = token_of(begin(people, shop.url))
    client.force_login(people.user)
    page = client.get(f"/connect/woocommerce/return?success=0&user_id={token}")
    assert "declined" in said(page)
    assert not Store.objects.exists()


def test_the_password_page_hands_over_a_password_once(
    people: People, shop: SandboxStore, client: Client
) -> None:
    client.force_login(people.user)
    session = str(client.session.session_key)
    target = begin(people, shop.url, "application-password", session)
    asked = parse_qs(urlsplit(target).query)
    assert urlsplit(target).path == "/wp-admin/authorize-application.php"
    state = parse_qs(urlsplit(asked["success_url"][0]).query)["state"][0]
    password = shop.create_app_password().password
    query = {"state": state, "user_login": "admin", "password": password, "site_url": shop.url}

    page = client.get("/connect/woocommerce/password", query)

    assert (page.status_code, page["Referrer-Policy"]) == (302, "no-referrer")
    assert password not in page["Location"]
    assert Store.objects.get().capabilities["upload_bytes"]
    again = client.get("/connect/woocommerce/password", query)
    assert "Start again" in said(again)


def test_a_password_for_another_session_is_not_used_up(people: People, shop: SandboxStore) -> None:
    target = begin(people, shop.url, "application-password", "mine")
    success = parse_qs(urlsplit(target).query)["success_url"][0]
    state = parse_qs(urlsplit(success).query)["state"][0]
    password = shop.create_app_password().password
    what = {"username": "admin", "password": password}
    with pytest.raises(connect.CannotConnect):
        connect.receive_password(state, user=people.user, session_key="another", **what)
    store = connect.receive_password(state, user=people.user, session_key="mine", **what)
    assert store == Store.objects.get()


def test_a_second_access_joins_the_first(people: People, shop: SandboxStore) -> None:
    first = connect_shop(people, shop, "keys")
    assert not first.capabilities["upload_bytes"]
    second = connect_shop(people, shop, "application-password")
    assert first == second
    assert set(second.credentials) == {
        "consumer_key", "consumer_secret", "username", "application_password",
    }  # fmt: skip
    assert second.capabilities["upload_bytes"]
    assert SyncRun.objects.count() == 1


def test_two_workspaces_may_connect_one_store_and_share_nothing(
    people: People, shop: SandboxStore
) -> None:
    other = People(type(people.workspace).objects.create(name="Other"), people.user)
    first = connect_shop(people, shop, "keys")
    second = connect_shop(other, shop, "keys")
    assert first != second
    assert first.inbox_token != second.inbox_token
    assert first.inbox_secret != second.inbox_secret


def test_access_that_may_only_read_names_the_missing_right(
    people: People, shop: SandboxStore
) -> None:
    key = shop.create_key(permissions="read")
    store = connect.connect_with_keys(
        people.workspace, people.user, "woocommerce", shop.url, key.consumer_key,
        key.consumer_secret,
    )  # fmt: skip
    assert store.status == StoreStatus.DEGRADED
    assert "Read/Write" in store.status_reason
    drain()
    assert store.products.count() == 5
    assert not shop.state.tables.webhooks


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "http://10.0.0.5",
        "http://[::1]/",
        "http://2130706433/",
        "http://localhost",
        "file:///etc/passwd",
        "http://shop.example:22",
        "http://user:pass@shop.example",
        "",
    ],
)
def test_an_address_inside_our_network_is_refused(people: People, url: str) -> None:
    with pytest.raises(connect.CannotConnect):
        begin(people, url)
    assert not PendingConnection.objects.exists()


def test_a_private_store_address_says_what_the_operator_can_do(
    people: People, shop: SandboxStore, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW_HOSTS = []
    with pytest.raises(connect.CannotConnect, match="operator"):
        begin(people, shop.url)


def index(httpserver: HTTPServer, **changes: Any) -> None:
    body = {"name": "S", "home": httpserver.url_for("").rstrip("/"), "namespaces": ["wc/v3"]}
    httpserver.expect_request("/wp-json/").respond_with_json({**body, **changes})


def test_plain_permalinks_are_named_as_the_cause(
    people: People, httpserver: HTTPServer, allow: Allow
) -> None:
    allow(httpserver.url_for("").rstrip("/"))
    page = Response("<html>Home</html>", 200, content_type="text/html")
    httpserver.expect_request("/wp-json/").respond_with_response(page)
    with pytest.raises(connect.CannotConnect, match="Permalinks"):
        begin(people, httpserver.url_for(""))


def test_a_site_without_woocommerce_is_named_as_the_cause(
    people: People, httpserver: HTTPServer, allow: Allow
) -> None:
    allow(httpserver.url_for("").rstrip("/"))
    index(httpserver, namespaces=["wp/v2"])
    with pytest.raises(connect.CannotConnect, match="no WooCommerce"):
        begin(people, httpserver.url_for(""))


def test_redirects_are_followed_to_the_stores_real_home(
    people: People, shop: SandboxStore, httpserver: HTTPServer, allow: Allow
) -> None:
    allow(httpserver.url_for("").rstrip("/"))
    there = Response("", 301, headers={"Location": f"{shop.url}/wp-json/"})
    httpserver.expect_request("/wp-json/").respond_with_response(there)
    target = begin(people, httpserver.url_for(""))
    assert target.startswith(f"{shop.url}/wc-auth/")


def test_a_home_inside_our_network_is_not_followed(
    people: People, httpserver: HTTPServer, allow: Allow
) -> None:
    allow(httpserver.url_for("").rstrip("/"))
    index(httpserver, home="http://10.0.0.5")
    with pytest.raises(connect.CannotConnect, match="private network"):
        begin(people, httpserver.url_for(""))


def test_a_consent_page_on_another_host_is_not_opened(
    people: People, httpserver: HTTPServer, allow: Allow
) -> None:
    allow(httpserver.url_for("").rstrip("/"))
    page = {"endpoints": {"authorization": "https://evil.example/authorize"}}
    index(httpserver, authentication={"application-passwords": page})
    with pytest.raises(connect.CannotConnect, match="another host"):
        begin(people, httpserver.url_for(""), "application-password")


def test_disconnecting_removes_webhooks_password_and_keys(bench: Bench) -> None:
    connect.disconnect(bench.store)
    assert not bench.shop.state.tables.webhooks
    assert not bench.shop.state.tables.app_passwords
    assert bench.store.credentials == {}
    assert bench.store.status == StoreStatus.DISCONNECTED


def test_disconnecting_a_key_pair_tells_what_is_left_to_do(key_bench: Bench) -> None:
    connect.disconnect(key_bench.store)
    assert "Revoke the key in WooCommerce" in key_bench.store.status_reason
    assert not key_bench.shop.state.tables.webhooks


def test_a_store_that_is_down_can_still_be_disconnected(bench: Bench) -> None:
    bench.shop.faults.add("503", count=None)
    connect.disconnect(bench.store)
    assert bench.store.credentials == {}


def test_reconnecting_replaces_access_that_no_longer_works(people: People, bench: Bench) -> None:
    bench.shop.state.tables.app_passwords.clear()
    store = connect_shop(people, bench.shop, "keys")
    assert set(store.credentials) == {"consumer_key", "consumer_secret"}
    assert store.status == StoreStatus.CONNECTED


def test_the_admin_never_shows_a_credential(people: People, bench: Bench, client: Client) -> None:
    root = User.objects.create_superuser("root@example.com", "correct horse battery")
    client.force_login(root)
    page = client.get(f"/admin/integrations/store/{bench.store.pk}/change/")
    assert page.status_code == 200
    text = page.content.decode()
    for secret in (*bench.store.credentials.values(), bench.store.inbox_secret):
        assert secret == "admin" or secret not in text
    assert bench.store.inbox_token not in text
    for model in ("product", "syncrun", "inboundevent", "publication", "publishedimage"):
        assert client.get(f"/admin/integrations/{model}/").status_code == 200
