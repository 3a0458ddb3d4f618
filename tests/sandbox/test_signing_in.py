"""Credentials and consent on a store that speaks plain http, and on one that speaks https."""

from __future__ import annotations

import html
import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pytest_httpserver import HTTPServer
from requests_oauthlib import OAuth1
from woocommerce import API

from integrations.sandbox.woocommerce import SandboxStore
from tests.sandbox.certificates import self_signed
from tests.sandbox.conftest import ROWS, Shop


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_it_verifies_one_legged_oauth_on_http(shop: Shop, method: str) -> None:
    key = shop.store.create_key()
    auth = OAuth1(
        key.consumer_key, key.consumer_secret, signature_type="query", signature_method=method
    )

    answer = shop.call(
        "GET", "wc/v3/products", params={"search": "ä/b +c", "_fields": "id"}, auth=auth
    )

    assert (answer.status_code, answer.json()) == (200, [])


def test_it_understands_the_published_client(shop: Shop) -> None:
    key = shop.store.create_key()
    client = API(shop.store.url, key.consumer_key, key.consumer_secret, timeout=10)

    assert [row["sku"] for row in client.get("products", params={"sku": "MUG"}).json()] == ["MUG"]


def test_it_refuses_a_consumer_key_in_the_clear(shop: Shop) -> None:
    key = shop.store.create_key()

    answer = shop.call("GET", "wc/v3/products", auth=(key.consumer_key, key.consumer_secret))

    assert (answer.status_code, answer.json()["code"]) == (401, "woocommerce_rest_cannot_view")


def test_it_refuses_a_signature_for_another_name_of_the_same_host(shop: Shop) -> None:
    key = shop.store.create_key()
    auth = OAuth1(key.consumer_key, key.consumer_secret, signature_type="query")
    url = shop.store.url.replace("127.0.0.1", "localhost")

    answer = requests.get(f"{url}/wp-json/wc/v3/products", auth=auth, timeout=10)

    assert answer.json()["message"] == "Invalid signature - provided signature does not match."


def test_it_takes_an_application_password_with_blanks(shop: Shop) -> None:
    login, password = shop.auth
    spaced = " ".join(password[i : i + 4] for i in range(0, 24, 4))

    assert shop.call("GET", "wc/v3/products", auth=(login, spaced)).status_code == 200


def test_it_offers_no_application_passwords_on_a_public_http_store() -> None:
    with SandboxStore(ROWS, strict=True) as store:
        auth = ("admin", store.create_app_password().password)
        index = requests.get(f"{store.url}/wp-json/", timeout=10).json()
        answer = requests.get(f"{store.url}/wp-json/wc/v3/products", auth=auth, timeout=10)

    assert (index["authentication"], answer.status_code) == ([], 401)


def test_it_takes_a_consumer_key_over_https(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with SandboxStore(ROWS, certificate=certificate, strict=True) as store:
        key = store.create_key(permissions="read")
        url = f"{store.url}/wp-json/wc/v3/products"
        auth, trusted = (key.consumer_key, key.consumer_secret), str(certificate[0])
        read = requests.get(url, auth=auth, verify=trusted, timeout=10)
        write = requests.post(url, auth=auth, verify=trusted, timeout=10, json={})

    assert (store.url[:8], read.status_code, write.status_code) == ("https://", 200, 401)


def ask(store: SandboxStore, callback: str) -> tuple[requests.Session, str]:
    """Walk to the consent page; return the browser and the address behind Approve."""
    browser = requests.Session()
    asked = {
        "app_name": "ProductViz",
        "scope": "read_write",
        "user_id": "token-1",
        "return_url": "http://127.0.0.1:9/back?x=1",
        "callback_url": callback,
    }
    page = browser.get(f"{store.url}/wc-auth/v1/authorize", params=asked, timeout=10)
    form = {"username": "admin", "password": "admin-pass-1"}
    page = browser.post(page.url, data=form, timeout=10)
    link = re.search(r"wc-auth-approve' href='([^']+)'", page.text)
    assert link is not None
    return browser, html.unescape(link[1])


def test_it_posts_a_working_key_before_it_sends_the_browser_back(
    shop: Shop, httpserver: HTTPServer
) -> None:
    httpserver.expect_oneshot_request("/cb", method="POST").respond_with_data("ok")
    browser, approve = ask(shop.store, httpserver.url_for("/cb"))

    back = browser.get(approve, allow_redirects=False, timeout=10)

    sent = httpserver.log[0][0].get_json()
    auth = OAuth1(sent["consumer_key"], sent["consumer_secret"], signature_type="query")
    assert back.headers["Location"] == "http://127.0.0.1:9/back?x=1&success=1&user_id=token-1"
    assert shop.call("GET", "wc/v3/products", auth=auth).status_code == 200


@pytest.mark.parametrize("status", [201, 204, 500])
def test_it_deletes_the_key_unless_the_callback_answers_200(
    shop: Shop, httpserver: HTTPServer, status: int
) -> None:
    httpserver.expect_request("/cb").respond_with_data("", status)
    browser, approve = ask(shop.store, httpserver.url_for("/cb"))

    page = browser.get(approve, timeout=10)

    assert (page.status_code, shop.store.state.tables.keys) == (401, {})
    assert "unable to send the consumer data" in page.text


def test_it_names_an_untrusted_certificate(shop: Shop, tmp_path: Path) -> None:
    with SandboxStore(certificate=self_signed(tmp_path)) as other:
        browser, approve = ask(shop.store, f"{other.url}/cb")
        page = browser.get(approve, timeout=10)
        image = shop.put({"images": [{"src": f"{other.url}/x.jpg"}]}).json()

    assert "cURL error 60: SSL certificate problem" in page.text
    assert "cURL error 60: SSL certificate problem" in image["message"]


def test_it_hands_an_application_password_to_the_browser_and_lets_it_revoke_itself(
    shop: Shop,
) -> None:
    browser = requests.Session()
    target = f"{shop.store.url}/wp-admin/authorize-application.php"
    asked = {"app_name": "ProductViz", "success_url": "http://127.0.0.1:9/back?state=s"}
    page = browser.get(target, params=asked, timeout=10)
    form = {"log": "admin", "pwd": "admin-pass-1"}
    page = browser.post(page.url, data=form, timeout=10)
    hidden = re.findall(r"name='([^']+)' value='([^']*)'", page.text)
    fields = {name: html.unescape(value) for name, value in hidden if name not in ("reject",)}
    back = browser.post(
        target, data={**fields, "approve": "Yes"}, allow_redirects=False, timeout=10
    )

    sent = parse_qs(urlsplit(back.headers["Location"]).query)
    auth = (sent["user_login"][0], sent["password"][0])
    root = "wp/v2/users/me/application-passwords"
    uuid = shop.call("GET", f"{root}/introspect", auth=auth).json()["uuid"]
    gone = shop.call("DELETE", f"{root}/{uuid}", auth=auth)

    assert (sent["state"], sent["site_url"]) == (["s"], [shop.store.url])
    assert gone.json()["deleted"] is True
    assert shop.call("GET", "wc/v3/products", auth=auth).status_code == 401


def test_it_forgets_nonces_only_after_they_would_be_too_old(shop: Shop) -> None:
    key = shop.store.create_key()
    auth = OAuth1(key.consumer_key, key.consumer_secret, signature_type="query")
    shop.call("GET", "wc/v3/products", auth=auth)
    seen = set(shop.store.state.nonces)

    shop.store.state.now = lambda: time.time() + 600
    shop.call("GET", "wc/v3/products", auth=auth)

    assert seen < set(shop.store.state.nonces)
