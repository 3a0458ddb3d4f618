"""The merchant's journey through the real pages: sign in, connect, start a batch, undo."""

from __future__ import annotations

import re

from integrations.models import Publication, Store
from productviz.demo.browser import Browser, Stuck

STORE_USER, STORE_PASSWORD = "admin", "admin-pass-1"  # noqa: S105 -- the sandbox shows them


def sign_in(browser: Browser, *, base: str, email: str, password: str) -> None:
    """Sign in to the dashboard."""
    browser.open(f"{base}/")
    browser.submit("/accounts/login/", {"login": email, "password": password})


def connect_woocommerce(browser: Browser, *, base: str, store_url: str) -> Store:
    """Connect the store by wc-auth: our form, the store's log-in and consent, and back."""
    browser.open(f"{base}/stores/connect/")
    browser.submit(
        "/stores/connect/",
        {"platform": "woocommerce", "base_url": store_url, "route": "wc-auth"},
    )
    if "/login/" in browser.url:
        browser.submit("/login/", {"username": STORE_USER, "password": STORE_PASSWORD})
    approve = re.search(r'href=[\'"]([^\'"]*access_granted[^\'"]*)[\'"]', browser.html)
    if approve is None:
        raise Stuck(f"{browser.url} shows no button to approve")
    browser.open(approve[1].replace("&amp;", "&"))
    return Store.objects.get(base_url=store_url)


def undo(browser: Browser, *, base: str, publication: Publication) -> None:
    """Press "Undo" on a publication's page."""
    browser.open(f"{base}/publications/{publication.public_id}/")
    browser.submit(f"/publications/{publication.public_id}/undo/")
