"""What the tests of Shopify share: tokens from a list, no real waiting, and a connected shop."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from integrations.contract import NeedsMerchant
from integrations.platforms.shopify import waiting
from integrations.platforms.shopify.app import App
from tests.integrations.conftest import allow, photos, signals
from tests.shopify.bench import Clock, ShopBench, install, settle
from tests.shopify.shop import app_of, open_shop

__all__ = ["allow", "photos", "signals"]

SHOP = "mug-house.myshopify.com"


@dataclass
class Tokens:
    """Tokens in order: a refused one gives way to the next."""

    waiting: list[str] = field(default_factory=lambda: ["shpat_one"])
    refused: list[str] = field(default_factory=list)

    def current(self) -> str:
        if not self.waiting:
            raise NeedsMerchant("Open the app to connect the shop again.")
        return self.waiting[0]

    def after_refusal(self, refused: str) -> str:
        self.refused.append(refused)
        del self.waiting[0]
        return self.current()


def app_at(url: str) -> App:
    """An app whose shops are all reached below ``url``."""
    return App(client_id="client", client_secret="secret", sandbox_url=url)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that would have been, in seconds."""
    asked: list[float] = []
    monkeypatch.setattr(waiting, "pause", asked.append)
    return asked


@pytest.fixture
def bench(
    transactional_db: None,
    live_server: Any,
    settings: Any,
    photos: Path,
    allow: Callable[[str], None],
    signals: list[uuid.UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ShopBench]:
    """A synced shop that sends us its webhooks; waiting for it makes its clock go on."""
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    clock = Clock()
    monkeypatch.setattr(waiting, "pause", clock.turn)
    with open_shop(photos, clock=clock) as shopify:
        allow(shopify.url)
        settings.SHOPIFY_APP = app_of(shopify)
        shopify.app.subscribe(f"{live_server.url}/webhooks/shopify")
        store = install(shopify)
        settle()
        store.refresh_from_db()
        signals.clear()
        yield ShopBench(store, signals, shopify, clock)
