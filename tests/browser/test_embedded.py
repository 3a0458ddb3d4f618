"""The dashboard in the frame of a shop's Admin, in a browser that blocks third-party cookies.

The Admin is the sandbox's, on another site (127.0.0.1) than the dashboard (localhost).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserType,
    ConsoleMessage,
    FrameLocator,
    Page,
    expect,
)
from pytest_django.live_server_helper import LiveServer

from generation import work as generation_work
from generation.models import CutoutEdit
from integrations import work as integrations_work
from integrations.models import Publication, SyncRun
from integrations.platforms.shopify.app import App
from integrations.sandbox.shopify import AppRegistration, SandboxShopify
from productviz.lib.lease import new_owner
from tests.browser.conftest import PATIENCE, launched
from tests.pictures import photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREENS = os.environ.get("PRODUCTVIZ_SCREENS", "")
PRODUCTS: list[dict[str, object]] = [
    {"name": "Stone Mug", "sku": "MUG", "price": "24.00", "photos": ["mug.jpg"]},
    {"name": "Linen Bag", "sku": "BAG", "price": "18.00", "photos": ["bag.jpg"]},
]


@dataclass
class Admin:
    """A merchant's browser in the Admin, and the app's frame in it."""

    page: Page
    shopify: SandboxShopify
    complaints: list[str]

    @property
    def app(self) -> FrameLocator:
        """The dashboard."""
        return self.page.frame_locator("#app-frame")

    def open(self, path: str = "") -> None:
        """Open the app from the Admin's menu."""
        self.page.goto(f"{self.shopify.admin}/admin/apps/{self.shopify.app.handle}{path}")

    def gallery(self, sku: str) -> list[tuple[object, object, object]]:
        """What a shopper sees of a product: which pictures, in order, with their alt texts."""
        shown = self.shopify.gallery(self.shopify.product(sku).id)
        return [(one["id"], one["alt"], one["variants"]) for one in shown]

    def shot(self, name: str) -> None:
        """Keep a picture of the Admin, where a person asked for it."""
        if SCREENS:
            self.page.screenshot(path=f"{SCREENS}/{name}.png")


@pytest.fixture(scope="module")
def strict_chromium(engine: BrowserType) -> Iterator[Browser]:
    """Chromium as it is when third-party cookies are gone."""
    browser = launched(engine, "--test-third-party-cookie-phaseout")
    yield browser
    browser.close()


@pytest.fixture
def shopify(live_server: LiveServer, tmp_path: Path, settings: Any) -> Iterator[SandboxShopify]:
    """A shop whose Admin frames the live server; the app is not installed yet."""
    for seed, name in enumerate(("mug", "bag")):
        (tmp_path / f"{name}.jpg").write_bytes(photo(1200, seed=seed))
    app = AppRegistration(name="ProductViz", application_url=f"{live_server.url}/")
    app.subscribe("/webhooks/shopify")
    with SandboxShopify(
        PRODUCTS, app=app, photos=tmp_path, installed=False, webhook_delay=0.0
    ) as made:
        settings.SHOPIFY_APP = App(app.client_id, app.client_secret, sandbox_url=made.url)
        settings.OUTBOUND_ALLOW_HOSTS = [made.url.removeprefix("http://")]
        settings.PUBLIC_URL = live_server.url
        yield made


@pytest.fixture
def admin(strict_chromium: Browser, shopify: SandboxShopify) -> Iterator[Admin]:
    """A merchant who has logged in to the Admin."""
    context = strict_chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # The Admin's own pages have no icon.
        if message.type in ("error", "warning") and "favicon" not in message.location["url"]:
            complaints.append(f"{message.location['url']}: {message.text}")

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{shopify.admin}/admin/login")
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill("admin-pass-1")
    page.get_by_role("button", name="Log in").click()
    yield Admin(page, shopify, complaints)
    context.close()


def drain() -> None:
    """Do what waits, as a worker would that has the patience for what the shop prepares."""
    owner = new_owner()
    sources = (*integrations_work.SOURCES, *generation_work.SOURCES)
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        while sum(source(owner) for source in sources):
            pass
        syncs = SyncRun.objects.filter(state__in=SyncRun.ACTIVE)
        publications = Publication.objects.filter(state__in=Publication.WAITING)
        if not syncs.exists() and not publications.exists():
            return
        time.sleep(0.3)
        syncs.update(not_before=None)
        publications.update(not_before=None)


def test_it_installs_publishes_and_undoes_without_a_cookie(admin: Admin) -> None:
    admin.open()
    admin.page.get_by_role("button", name="Install").click()
    expect(admin.app.get_by_role("heading", name="Home")).to_be_visible()
    admin.shot("1-first")
    drain()

    admin.app.get_by_role("link", name="Products", exact=True).click()
    expect(admin.app.get_by_role("link", name="Stone Mug")).to_be_visible()
    expect(admin.page).to_have_url(f"{admin.shopify.admin}/admin/apps/sandbox-app/products/")
    admin.shot("2-products")
    before = admin.gallery("MUG")

    admin.app.get_by_role("link", name="Stone Mug").click()
    admin.shot("3-product")
    admin.app.get_by_role("button", name="Generate").click()
    expect(admin.app.get_by_role("button", name="Cancel")).to_be_visible()
    drain()
    publish = admin.app.get_by_role(
        "button", name=re.compile("Publish to Demo|Approve and publish")
    )
    expect(publish).to_be_visible()
    admin.shot("4-generation")

    publish.click()
    expect(admin.app.get_by_text("On its way to your store.")).to_be_visible()
    drain()
    undo = admin.app.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    admin.shot("5-published")
    assert admin.gallery("MUG") != before

    undo.click()
    expect(admin.app.get_by_text("Undoing: the gallery goes back as it was.")).to_be_visible()
    drain()
    expect(admin.app.get_by_text("the gallery is as it was")).to_be_visible()
    admin.shot("6-undone")
    assert admin.gallery("MUG") == before
    assert cookies_of_the_app(admin) == []
    assert admin.complaints == []


def test_a_file_goes_up_from_the_frame(admin: Admin) -> None:
    admin.shopify.install()
    admin.open("/products/")
    drain()
    admin.page.reload()
    admin.app.get_by_role("link", name="Linen Bag").click()
    admin.app.get_by_role("button", name="Generate").click()
    expect(admin.app.get_by_role("button", name="Cancel")).to_be_visible()
    drain()
    admin.app.get_by_role("link", name="Correct the outline").click()
    canvas = admin.app.locator("pv-outline[data-ready] .outline-paint")
    box = canvas.bounding_box()
    assert box is not None
    admin.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    admin.page.mouse.down()
    admin.page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2)
    admin.page.mouse.up()
    admin.shot("8-outline")

    admin.app.get_by_role("button", name="Save and make again").click()
    expect(admin.app.get_by_role("heading", name="Linen Bag")).to_be_visible()

    assert CutoutEdit.objects.count() == 1
    assert admin.complaints == []


def test_a_reload_and_a_deep_link_find_their_page_again(admin: Admin) -> None:
    admin.shopify.install()
    admin.open("/presets/")
    expect(admin.app.get_by_role("heading", name="Presets")).to_be_visible()
    admin.app.get_by_role("link", name="Activity").click()
    expect(admin.app.get_by_role("heading", name="Activity")).to_be_visible()

    admin.page.reload()
    expect(admin.app.get_by_role("heading", name="Activity")).to_be_visible()
    frame = admin.page.frames[1]
    for _ in range(2):  # the second time from the address that the patch page has led back to
        frame.evaluate(
            "location.replace(location.pathname + '?embedded=1&shop=demo.myshopify.com')"
        )
        expect(admin.app.get_by_role("heading", name="Activity")).to_be_visible()
        frame.wait_for_url(lambda url: "id_token" not in url and "again" not in url)
        frame.evaluate("location.reload()")
        expect(admin.app.get_by_role("heading", name="Activity")).to_be_visible()

    assert admin.complaints == []


def test_a_stale_token_is_asked_for_again_and_an_error_is_shown(admin: Admin) -> None:
    admin.shopify.install()
    admin.open()
    expect(admin.app.get_by_role("heading", name="Home")).to_be_visible()
    frame = admin.page.frames[1]
    # The next token is one that nobody takes; the one after that is fresh again.
    frame.evaluate(
        "() => { const fresh = shopify.idToken; let left = 1;"
        " shopify.idToken = () => left-- > 0 ? Promise.resolve('a.b.c') : fresh(); }"
    )

    admin.app.get_by_role("link", name="Presets").click()
    expect(admin.app.get_by_role("heading", name="Presets")).to_be_visible()
    frame.evaluate(
        "() => { const link = document.createElement('a'); link.href = '/nothing/';"
        " link.textContent = 'Nowhere'; document.getElementById('main').prepend(link);"
        " htmx.process(link); }"
    )
    admin.app.get_by_role("link", name="Nowhere").click()
    expect(admin.app.get_by_role("heading", name="There is nothing here")).to_be_visible()
    admin.shot("7-error")


def cookies_of_the_app(admin: Admin) -> list[str]:
    """What the browser keeps for the dashboard's own site."""
    kept = admin.page.context.cookies()
    return [cookie["name"] for cookie in kept if cookie["domain"] == "localhost"]
