"""The sandbox shop's admin in a real browser: the app's frame, App Bridge's stand-in, galleries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

from integrations.sandbox.catalogs import BUILT_IN, read_catalog
from integrations.sandbox.shopify import AppRegistration, SandboxShopify
from integrations.sandbox.shopify.signing import InvalidTokenError, read_session_token, sign_params
from tests.browser.conftest import PATIENCE

pytestmark = pytest.mark.browser

RETRY = "X-Shopify-Retry-Invalid-Session-Request"
PAGE = """<!DOCTYPE html><html><head><meta name="shopify-api-key" content="{client}">
<script src="{bridge}/app-bridge.js"></script></head><body><h1>The app</h1>
<p id="place">{path}</p><button id="ask">Ask</button><output id="said"></output>
<script>document.getElementById("ask").onclick = async () => {{
  const answer = await fetch("/ask");
  document.getElementById("said").textContent = await answer.text();
  shopify.toast.show("Asked");
  history.pushState({{}}, "", "/app/products/7?tab=images");
}};</script></body></html>"""


@dataclass(slots=True)
class Embedded:
    """An app that knows its visitors by session tokens only."""

    shopify: SandboxShopify
    stale: int = 0
    launches: list[dict[str, str]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def claims(self, token: str) -> dict[str, object]:
        """Verify a token as an app does."""
        app, state = self.shopify.app, self.shopify.state
        return read_session_token(
            token,
            shop=self.shopify.shop.domain,
            client_id=app.client_id,
            keys=(app.client_secret,),
            now=state.now(),
        )

    def home(self, request: Request) -> Response:
        """Answer a page load; without a valid token the bounce page."""
        params = dict(parse_qsl(request.query_string.decode()))
        self.launches.append(params)
        app = self.shopify.app
        try:
            self.claims(params.get("id_token", ""))
        except InvalidTokenError:
            bounce = f'<script src="{self.shopify.url}/app-bridge.js"></script>'
            return Response(bounce, mimetype="text/html")
        body = PAGE.format(client=app.client_id, bridge=self.shopify.url, path=request.path)
        return Response(body, mimetype="text/html")

    def ask(self, request: Request) -> Response:
        """Answer an XHR; the first `stale` times the token is said to be too old."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        claims = self.claims(token) if kind == "Bearer" else {}
        if self.stale > 0 or not claims:
            self.stale -= 1
            self.asked.append(401)
            return Response("", 401, headers={RETRY: "1"})
        self.asked.append(200)
        return Response(json.dumps({"sub": claims["sub"]}))


@pytest.fixture
def httpserver() -> Iterator[HTTPServer]:
    """The app's server. A browser opens connections ahead, so one thread is not enough."""
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def embedded(httpserver: HTTPServer) -> Iterator[Embedded]:
    """A shop with the built-in catalog, and an app for it."""
    catalog = read_catalog(BUILT_IN)
    app = AppRegistration(application_url=httpserver.url_for("/app"), handle="pictures")
    photos = BUILT_IN.parent / "photos"
    with SandboxShopify(catalog.products, app=app, name=catalog.store, photos=photos) as shopify:
        one = Embedded(shopify)
        httpserver.expect_request("/ask").respond_with_handler(one.ask)
        for path in ("/app", "/app/products/7"):
            httpserver.expect_request(path).respond_with_handler(one.home)
        yield one


@pytest.fixture
def admin(chromium: Browser, embedded: Embedded) -> Iterator[Page]:
    """A browser that is logged in to the shop's admin."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{embedded.shopify.admin}/admin")
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill("admin-pass-1")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/products")
    yield page
    context.close()


def test_the_admin_frames_the_app_with_signed_parameters(admin: Page, embedded: Embedded) -> None:
    admin.goto(f"{embedded.shopify.admin}/admin/apps/pictures")

    expect(admin.frame_locator("#app-frame").get_by_role("heading")).to_have_text("The app")
    params = embedded.launches[-1]
    assert params["shop"] == "demo.myshopify.com"
    assert params["embedded"] == "1"
    assert params["hmac"] == sign_params(params, embedded.shopify.app.client_secret)


def test_fetch_carries_a_fresh_token_and_is_tried_again_once(
    admin: Page, embedded: Embedded
) -> None:
    embedded.stale = 1
    admin.goto(f"{embedded.shopify.admin}/admin/apps/pictures")
    frame = admin.frame_locator("#app-frame")

    frame.get_by_role("button", name="Ask").click()

    user = next(iter(embedded.shopify.shop.users))
    expect(frame.locator("#said")).to_have_text(json.dumps({"sub": str(user)}))
    assert embedded.asked == [401, 200]
    expect(admin.get_by_role("status")).to_have_text("Asked")
    admin.wait_for_url("**/admin/apps/pictures/products/7?tab=images")


def test_an_address_below_the_app_opens_the_apps_page(admin: Page, embedded: Embedded) -> None:
    admin.goto(f"{embedded.shopify.admin}/admin/apps/pictures/products/7")

    place = admin.frame_locator("#app-frame").locator("#place")
    expect(place).to_have_text("/app/products/7")


def test_the_bounce_page_gets_a_token_and_comes_back(admin: Page, embedded: Embedded) -> None:
    admin.goto(f"{embedded.shopify.admin}/admin/apps/pictures")
    frame = admin.frame_locator("#app-frame")
    expect(frame.get_by_role("heading")).to_be_visible()

    bounce = "/app?shopify-reload=%2Fapp%2Fproducts%2F7%3Ftab%3D1"
    frame.locator("body").evaluate("(body, to) => { location.href = to }", bounce)

    expect(frame.locator("#place")).to_have_text("/app/products/7")
    assert embedded.launches[-1]["tab"] == "1"


def test_another_page_gets_no_token(
    admin: Page, embedded: Embedded, httpserver: HTTPServer
) -> None:
    """Only the app's own frame is answered: not the same app in a window of its own."""
    admin.goto(f"{embedded.shopify.admin}/admin/apps/pictures")
    source = admin.locator("#app-frame").get_attribute("src") or ""
    admin.goto(source)

    said = admin.evaluate("shopify.idToken().catch((error) => error.message)")

    assert said == "This page is not inside the Shopify admin."


def test_uninstalling_and_installing_again(admin: Page, embedded: Embedded) -> None:
    admin.goto(f"{embedded.shopify.admin}/admin/apps/pictures")
    admin.get_by_role("button", name="Uninstall").click()
    admin.wait_for_url("**/admin/settings")
    assert not embedded.shopify.shop.installed

    admin.goto(f"{embedded.shopify.admin}/admin/apps/pictures")
    admin.get_by_role("button", name="Install").click()

    expect(admin.frame_locator("#app-frame").get_by_role("heading")).to_have_text("The app")
    assert embedded.shopify.shop.installed


def test_the_product_list_shows_galleries_in_order(admin: Page, embedded: Embedded) -> None:
    mug = embedded.shopify.product("AR-MUG-CHK")

    shown = admin.locator(f"#product-{mug.id} li")

    gallery = embedded.shopify.gallery(mug.id)
    assert [one.get_attribute("data-media") for one in shown.all()] == [g["id"] for g in gallery]
    expect(shown.first.locator(".chip")).to_have_text("Chalk")
    shown.first.scroll_into_view_if_needed()
    width = shown.first.locator("img").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
    assert width > 0
    admin.get_by_role("link", name="Stoneware Mug").click()
    assert urlsplit(admin.url).path == "/demo.myshopify.com/products/stoneware-mug"
    expect(admin.get_by_role("heading")).to_have_text("Stoneware Mug")
