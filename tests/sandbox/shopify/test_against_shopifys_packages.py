"""Shopify's own Python packages take what the sandbox signs and answers: somebody else's check."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import requests
from shopify import Session, session_token
from shopify_app import ShopifyApp
from shopify_app.types import RequestInput, ResultWithExchangeableIdToken

from integrations.sandbox.shopify.admin import launch_url
from tests.sandbox.shopify.conftest import Client, Inbox, document


@pytest.fixture
def package(client: Client) -> ShopifyApp:
    """Shopify's package with the app's keys, on the machine's own clock."""
    client.shopify.state.now = time.time
    return ShopifyApp(client.shopify.app.client_id, client.shopify.app.client_secret)


@pytest.fixture
def door(client: Client) -> httpx.Client:
    """Bring the package's requests to https://{shop} to the sandbox."""

    def forward(request: httpx.Request) -> httpx.Response:
        url = f"{client.shopify.url}/{request.url.host}{request.url.raw_path.decode()}"
        headers = {k: v for k, v in request.headers.items() if k not in ("host", "content-length")}
        answer = requests.request(
            request.method, url, data=request.read(), headers=headers, timeout=10
        )
        kept = {"Content-Type": answer.headers["Content-Type"]}
        return httpx.Response(answer.status_code, content=answer.content, headers=kept)

    return httpx.Client(transport=httpx.MockTransport(forward))


def launch(client: Client) -> str:
    shop = client.shopify.shop
    return launch_url(
        client.shopify.application, shop, next(iter(shop.users.values())), "", {"tab": "1"}
    )


def home(client: Client, package: ShopifyApp) -> ResultWithExchangeableIdToken:
    """Let the package look at a page load in the admin's frame."""
    request: RequestInput = {"method": "GET", "url": launch(client), "headers": {}, "body": ""}
    return package.verify_app_home_req(request, "/patch")


def test_launch_parameters_and_session_tokens(client: Client, package: ShopifyApp) -> None:
    key, secret = client.shopify.app.client_id, client.shopify.app.client_secret
    Session.setup(api_key=key, secret=secret)

    found = home(client, package)

    assert (found.ok, found.shop) == (True, "demo")
    assert Session.validate_params(dict(parse_qsl(urlsplit(launch(client)).query)))
    token = client.shopify.session_token()
    claims = session_token.decode_from_header(f"Bearer {token}", key, secret)
    assert claims["dest"] == "https://demo.myshopify.com"


def test_token_exchange_refresh_and_graphql(
    client: Client, package: ShopifyApp, door: httpx.Client
) -> None:
    got = package.exchange_using_token_exchange(
        "offline", id_token=home(client, package).id_token, expiring=True, http_client=door
    )
    old = got.access_token
    assert old is not None
    answer = package.admin_graphql_request(
        document("20"), "demo", old.token, "2026-10", http_client=door
    )

    assert (old.access_mode, old.scope) == ("offline", "write_products,write_files")
    assert answer.data is not None
    assert answer.data["shop"]["myshopifyDomain"] == "demo.myshopify.com"
    soon = replace(old, expires="2026-01-01T00:00:00Z")
    renewed = package.refresh_token_exchanged_access_token(soon, http_client=door)
    assert renewed.access_token is not None, renewed.log
    assert renewed.access_token.token != old.token


def test_webhook_signatures(client: Client, package: ShopifyApp, inbox: Inbox) -> None:
    client.shopify.edit_product("BOARD", title="Oak Board")
    client.shopify.faults.add("wrong_secret", after=1)
    client.shopify.edit_product("Oak Board", title="Elm Board")
    client.shopify.deliver_webhooks()

    found = [
        package.verify_webhook_req(
            {
                "method": "POST",
                "url": inbox.url,
                "headers": dict(sent.headers),
                "body": sent.get_data(as_text=True),
            }
        )
        for sent in inbox.requests
    ]

    assert [one.ok for one in found] == [True, False]
    assert [one.log.code for one in found] == ["verified", "invalid_hmac"]
