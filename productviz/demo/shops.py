"""The stores of the demo: how a merchant comes from each to the dashboard, and what it shows.

WooCommerce is connected from the dashboard. Shopify is connected from its own Admin, which shows
the dashboard in a frame and vouches for the person by a session token.
"""

from __future__ import annotations

import html
import json
import re
import urllib.request
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from integrations.models import Store
from productviz.demo import merchant
from productviz.demo.browser import Browser, Stuck

STORE_USER, STORE_PASSWORD = "admin", "admin-pass-1"
SHOP = "demo.myshopify.com"
APP_HANDLE = "productviz"  # as deploy/shopify/shopify.app.toml says
_FRAME = re.compile(r"<iframe[^>]* src='([^']+)'")


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in to the dashboard."""

    email: str
    password: str


class Shop(Protocol):
    """One store, and the browser in which its merchant uses the dashboard."""

    @property
    def platform(self) -> str:
        """The kind of storefront."""

    @property
    def browser(self) -> Browser:
        """Where the merchant is signed in."""

    def connect(self) -> tuple[Store, tuple[str, str]]:
        """Connect it as a merchant would; the store, what was done, and how."""

    def galleries(self) -> dict[str, Any]:
        """Every product's gallery as the shop itself has it: ids, addresses, alt texts, order."""


class WooCommerceShop:
    """A shop that the dashboard's "connect a store" finds by its address."""

    platform = "woocommerce"

    def __init__(self, url: str, *, base: str, account: Account) -> None:
        self.url = url
        self.browser = Browser()
        self._base = base
        self._account = account

    def connect(self) -> tuple[Store, tuple[str, str]]:
        """Sign in to the dashboard, then connect by the store's own consent page."""
        email, password = self._account.email, self._account.password
        merchant.sign_in(self.browser, base=self._base, email=email, password=password)
        self.browser.open(f"{self._base}/stores/connect/")
        self.browser.submit(
            "/stores/connect/",
            {"platform": "woocommerce", "base_url": self.url, "route": "wc-auth"},
        )
        self.browser.follow("continue")
        if "/login/" in self.browser.url:
            who = {"username": STORE_USER, "password": STORE_PASSWORD}
            self.browser.submit("/login/", who)
        self.browser.follow("wc-auth-approve")
        store = Store.objects.get(base_url=self.url)
        return store, (f"Connected {store.name}", "through WooCommerce's own consent page.")

    def galleries(self) -> dict[str, Any]:
        """See ``Shop``."""
        galleries: dict[str, Any] = _state(self.url)["galleries"]
        return galleries


class EmbeddedBrowser(Browser):
    """A browser in a shop's Admin: what App Bridge adds to requests of the framed app, it adds."""

    def __init__(self, app: str, *, base: str) -> None:
        super().__init__()
        self._app = app
        self._base = base

    def open_app(self) -> str:
        """Open the app's page in the Admin and load what its frame shows."""
        frame = _FRAME.search(self.open(self._app))
        if frame is None:
            raise Stuck(f"{self.url} shows no app in a frame.")
        return self.open(html.unescape(frame[1]))

    def headers_for(self, url: str) -> dict[str, str]:
        """A fresh session token for the app's own addresses; the launch brings its own."""
        if not url.startswith(f"{self._base}/") or "id_token=" in urlsplit(url).query:
            return {}
        answer = self.session.get(f"{self._app}/session-token", timeout=10).json()
        return {"Authorization": f"Bearer {answer['session_token']}"}


class ShopifyShop:
    """A shop whose merchant installs the app in the Admin and uses it there."""

    platform = "shopify"

    def __init__(self, url: str, *, base: str) -> None:
        self.url = url
        self.admin = f"{url}/{SHOP}/admin"
        self.app = f"{self.admin}/apps/{APP_HANDLE}"
        self.browser = EmbeddedBrowser(self.app, base=base)

    def connect(self) -> tuple[Store, tuple[str, str]]:
        """Log in to the Admin, install the app, open it; the first visit does the rest."""
        self.browser.open(f"{self.admin}/login")
        self.browser.submit("/login", {"login": STORE_USER, "password": STORE_PASSWORD})
        self.browser.open(self.app)
        self.browser.submit("/install")
        self.browser.open_app()
        store = Store.objects.get(base_url=f"https://{SHOP}")
        return store, (f"Connected {store.name}", "by installing the app in its Shopify admin.")

    def galleries(self) -> dict[str, Any]:
        """See ``Shop``; the stamp behind an address follows any touch of the file."""
        rows = _state(self.url)["shops"][SHOP]["galleries"]
        return {
            product: [{**one, "url": one["url"].partition("?")[0]} for one in row["media"]]
            for product, row in rows.items()
        }


def _state(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/__sandbox/state", timeout=30) as answer:  # noqa: S310
        state: dict[str, Any] = json.load(answer)
    return state
