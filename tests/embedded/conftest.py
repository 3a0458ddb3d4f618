"""An app with keys, a token desk on loopback, and a shop that has installed the app."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from integrations.models import AccessToken, Store
from integrations.platforms.shopify.app import App
from tests.embedded.shopify import CLIENT_ID, OLD_SECRET, SECRET, SHOP, Desk
from tests.factories import make_store


@pytest.fixture
def desk(httpserver: HTTPServer, settings: Any) -> Iterator[Desk]:
    """The token endpoint of every shop; the settings point there."""
    made = Desk(httpserver)
    path = re.compile(r"/[a-z0-9-]+\.myshopify\.com/admin/oauth/access_token")
    httpserver.expect_request(path, method="POST").respond_with_handler(made.answer)
    settings.OUTBOUND_ALLOW_HOSTS = [f"{httpserver.host}:{httpserver.port}"]
    settings.SHOPIFY_APP = App(CLIENT_ID, SECRET, OLD_SECRET, httpserver.url_for(""))
    yield made
    httpserver.clear()


@pytest.fixture
def app(settings: Any) -> App:
    """An app with keys and no sandbox."""
    settings.SHOPIFY_APP = App(CLIENT_ID, SECRET, OLD_SECRET)
    return settings.SHOPIFY_APP  # type: ignore[no-any-return]


def make_shop(shop: str = SHOP, **fields: Any) -> Store:
    """A connected shop, without a token."""
    return make_store(platform="shopify", name="Harbour", base_url=f"https://{shop}", **fields)


def give_token(store: Store, desk: Desk | None = None, **fields: Any) -> AccessToken:
    """A pair that lives half an hour more; the desk knows its refresh token."""
    if desk is not None:
        desk.refresh_tokens.add("shprt_first")
    values: dict[str, Any] = {
        "access": "shpat_first",
        "refresh": "shprt_first",
        "scope": "write_products,write_files",
        "expires_at": timezone.now() + timedelta(minutes=30),
        "refresh_expires_at": timezone.now() + timedelta(days=80),
        "version": 1,
    }
    return AccessToken.objects.create(store=store, **{**values, **fields})
