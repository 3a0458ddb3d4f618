"""The admin without a browser: logging in, session tokens, launch parameters, buttons."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from integrations.sandbox.shopify.signing import read_session_token, sign_params
from tests.sandbox.shopify.conftest import Client

APP = "/admin/apps/sandbox-app"


@pytest.fixture
def browser(client: Client) -> requests.Session:
    """A session that is logged in."""
    session = requests.Session()
    form = {"login": "admin", "password": "admin-pass-1"}
    session.post(f"{client.shopify.admin}/admin/login", data=form, timeout=10)
    return session


def source(client: Client, browser: requests.Session, path: str = APP) -> str:
    page = browser.get(client.shopify.admin + path, timeout=10).text
    found = re.search(r"src='([^']+)' data-app-origin", page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_nobody_gets_in_without_a_password(client: Client) -> None:
    base = client.shopify.admin
    form = {"login": "admin", "password": "wrong"}

    assert requests.post(f"{base}/admin/login", data=form, timeout=10).status_code == 401
    away = requests.get(f"{base}/admin/products", timeout=10, allow_redirects=False)
    assert away.headers["Location"].startswith(f"{base}/admin/login")
    token = requests.get(f"{base}{APP}/session-token", timeout=10)
    assert (token.status_code, token.json()) == (401, {"error": "Log in to the admin first."})


def test_logging_in_leads_back_but_never_elsewhere(client: Client) -> None:
    form = {"login": "admin", "password": "admin-pass-1"}
    url = f"{client.shopify.admin}/admin/login"

    for back, place in (
        (f"/demo.myshopify.com{APP}", f"/demo.myshopify.com{APP}"),
        ("https://evil.example/", "/demo.myshopify.com/admin/products"),
    ):
        sent = {**form, "back": back}
        answer = requests.post(url, data=sent, timeout=10, allow_redirects=False)
        assert urlsplit(answer.headers["Location"]).path == place
        assert "evil" not in answer.headers["Location"]


def test_whoever_is_logged_in_gets_fresh_session_tokens(
    client: Client, browser: requests.Session
) -> None:
    answer = browser.get(f"{client.shopify.admin}{APP}/session-token", timeout=10).json()

    claims = read_session_token(
        answer["session_token"],
        shop="demo.myshopify.com",
        client_id=client.shopify.app.client_id,
        keys=(client.shopify.app.client_secret,),
        now=client.clock(),
    )
    assert str(claims["sub"]).isdigit()
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 60
    assert client.exchange(subject_token=answer["session_token"]).status_code == 200


def test_the_frame_holds_the_launch_parameters(client: Client, browser: requests.Session) -> None:
    parts = urlsplit(source(client, browser))

    params = dict(parse_qsl(parts.query))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://127.0.0.1:9/app"
    assert set(params) == {
        "shop", "host", "id_token", "hmac", "timestamp", "embedded", "locale", "session",
    }  # fmt: skip
    assert params["hmac"] == sign_params(params, client.shopify.app.client_secret)


def test_buttons_need_the_sessions_own_token(client: Client, browser: requests.Session) -> None:
    url = f"{client.shopify.admin}{APP}/uninstall"

    assert browser.post(url, data={"token": "guessed"}, timeout=10).status_code == 403
    assert client.shopify.shop.installed
    page = browser.get(f"{client.shopify.admin}/admin/settings", timeout=10).text
    token = re.search(r"name='token' value='(\w+)'", page)
    assert token is not None
    browser.post(url, data={"token": token[1]}, timeout=10)
    assert not client.shopify.shop.installed
    assert "Install Sandbox app?" in browser.get(client.shopify.admin + APP, timeout=10).text


def test_the_product_list_and_the_shop_show_what_is_there(
    client: Client, browser: requests.Session
) -> None:
    client.run("11", files=[{"id": client.gallery()[0], "alt": "A <chalk> mug"}])

    page = browser.get(f"{client.shopify.admin}/admin/products", timeout=10).text
    shop = requests.get(f"{client.shopify.admin}/products/stone-mug", timeout=10).text

    assert re.findall(r"data-media='([^']+)'", page)[:3] == client.gallery()
    assert "A &lt;chalk&gt; mug" in page
    assert "A &lt;chalk&gt; mug" in shop
    client.shopify.edit_product("Stone Mug", status="DRAFT")
    gone = requests.get(f"{client.shopify.admin}/products/stone-mug", timeout=10)
    assert gone.status_code == 404


def test_pictures_can_be_asked_for_smaller(client: Client) -> None:
    url = client.shopify.gallery(client.product())[0]["url"]

    small = requests.get(f"{url}&width=100", timeout=10)

    assert small.headers["Content-Type"] == "image/jpeg"
    assert len(small.content) < len(requests.get(str(url), timeout=10).content)
