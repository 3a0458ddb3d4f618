"""What the tests of Shopify's adapter share: tokens from a list, and no real waiting."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from integrations.contract import NeedsMerchant
from integrations.platforms.shopify import waiting
from integrations.platforms.shopify.app import App

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
