"""Shopify's review of an app, point by point, as far as a test can stand for a reviewer.

The points are those of the App Store requirements of 2026-11. What the frame, the tokens, the
webhooks and privacy do in detail is tested beside this file.
"""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from django.test import Client

from integrations import connect, work
from integrations.models import AccessToken, PrivacyRequest, Store
from integrations.platforms.shopify.app import APP_BRIDGE, SCOPES, App
from productviz.env import ROOT
from productviz.lib.lease import new_owner
from tests.embedded.conftest import give_token, make_shop
from tests.embedded.shopify import SHOP, Desk, session_token, webhook
from tests.factories import make_user, make_workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")


def code() -> list[tuple[str, str]]:
    """What the repository holds, as text."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.toml", "*.html", "*.js", "*.md", "*.graphql"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [(name, (ROOT / name).read_text()) for name in listed if (ROOT / name).is_file()]


def visit(client: Client, **claims: Any) -> Any:
    query = {"shop": SHOP, "embedded": "1", "id_token": session_token(**claims)}
    return client.get("/shopify/", query, follow=True)


def test_only_the_graphql_admin_api_is_used() -> None:
    rest = re.compile(r"/admin/api/[^\"'\s]*\.json|shopify\.(Product|Image|Webhook|GraphQL)\b")
    used = {
        (name, found.group())
        for name, text in code()
        if name.startswith(("integrations/platforms", "generation", "productviz"))
        for found in rest.finditer(text)
        if not found.group().endswith("graphql.json")
    }

    assert used == set()


def test_app_bridge_is_shopifys_own_and_newest() -> None:
    assert App("id", "secret").app_bridge == APP_BRIDGE
    assert APP_BRIDGE == "https://cdn.shopify.com/shopifycloud/app-bridge.js"


def test_installing_starts_at_shopify_and_asks_for_no_domain(desk: Desk) -> None:
    workspace = make_workspace()
    client = Client()
    client.force_login(make_user(workspace))

    page = client.get("/stores/connect/").content.decode()

    assert "Install ProductViz in your Shopify admin" in page
    assert "myshopify" not in page
    assert not re.search(r'value="shopify"', page)
    with pytest.raises(connect.CannotConnect):
        connect.begin(workspace, make_user(workspace), "shopify", f"https://{SHOP}", "wc-auth")


def test_it_authenticates_at_once_and_lands_in_the_app(desk: Desk) -> None:
    response = visit(Client())

    assert response.status_code == 200
    assert "<h1>Home</h1>" in response.content.decode()
    assert desk.asked[0]["expiring"] == 1
    assert desk.asked[0]["requested_token_type"].endswith("offline-access-token")


def test_it_authenticates_again_after_a_reinstall(desk: Desk) -> None:
    visit(Client())
    desk.refresh_tokens.clear()
    body, headers = webhook("app/uninstalled", {"myshopify_domain": SHOP})
    Client().post("/webhooks/shopify", body, content_type="application/json", headers=headers)
    work.events(new_owner())
    assert not AccessToken.objects.exists()

    response = visit(Client())

    assert response.status_code == 200
    assert AccessToken.objects.get().access == "shpat_2"
    assert Store.objects.get().status == "connected"


def test_it_works_in_a_private_window(desk: Desk) -> None:
    """No answer sets a cookie, and none is needed for the next request."""
    client = Client()
    visit(client)

    for path in ("/", "/products/", "/presets/", "/members/", "/no-such-page/"):
        fresh = Client(enforce_csrf_checks=True)
        response = fresh.get(path, headers={"Authorization": f"Bearer {session_token()}"})
        assert response.cookies == {}
        assert response.status_code in (200, 404)
    assert client.cookies == {}


@pytest.mark.parametrize("topic", COMPLIANCE)
@pytest.mark.parametrize("is_known", [True, False])
def test_compliance_webhooks_are_answered(topic: str, is_known: bool, desk: Desk) -> None:
    if is_known:
        make_shop()
    body, headers = webhook(topic, {"shop_id": 1, "shop_domain": SHOP, "customer": {"id": 1}})

    def answer(headers: dict[str, str]) -> int:
        path, kind = "/webhooks/shopify", "application/json"
        return Client().post(path, body, content_type=kind, headers=headers).status_code

    assert answer(headers) == 200
    for hmac in ("", "wrong", None):
        bad = {k: v for k, v in {**headers, "X-Shopify-Hmac-Sha256": hmac}.items() if v is not None}
        assert answer(bad) == 401
    assert PrivacyRequest.objects.count() == 1


def test_it_asks_for_the_least() -> None:
    assert SCOPES == ("write_products", "write_files")


def test_no_secret_is_committed() -> None:
    real = re.compile(r"shp(?:ss|at|rt|ca|pa)_[0-9a-f]{32}")

    assert [name for name, text in code() if real.search(text)] == []


def test_no_page_is_framed_by_anybody(desk: Desk) -> None:
    give_token(make_shop())
    for name, text in code():
        if name.startswith(("integrations/", "productviz/", "templates/")):
            assert "frame-ancestors *" not in text, name

    page = visit(Client())

    assert "*" not in page["Content-Security-Policy"]


def test_money_is_not_asked_for() -> None:
    """There is no paid plan: an app that charges must do it through Shopify."""
    asked = re.compile("appSubscriptionCreate|appPurchaseOneTime|RecurringApplicationCharge")

    assert [
        name
        for name, text in code()
        if name.startswith("integrations/platforms") and asked.search(text)
    ] == []
