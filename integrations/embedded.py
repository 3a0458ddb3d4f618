"""The dashboard inside Shopify's Admin: no cookie vouches for a request, a session token does.

A page load brings the token in its address, every later request in its Authorization header.
Nothing else is authority, and above all not the ``shop`` in an address. Answers may be shown in
the frame of this one shop's Admin only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from integrations.contract import PlatformError
from integrations.installation import arrive, member_of_shop
from integrations.platforms.shopify.app import App
from integrations.platforms.shopify.install import StaleSessionToken, Visitor, shop_domain, visitor
from productviz.accounts.access import bind
from productviz.accounts.models import Membership
from productviz.accounts.notices import RowStorage

PATCH_PATH = "/shopify/session-token/"
RETRY_HEADER = "X-Shopify-Retry-Invalid-Session-Request"
# Marks a page load that comes from the patch page, so that a wrong clock ends in a message.
AGAIN = "again"
# Machines ask here, each in its own way; accounts and the operator's pages are for who signs in.
_ELSEWHERE = (
    "/api/",
    "/files/",
    "/static/",
    "/health/",
    "/hooks/",
    "/webhooks/",
    "/connect/",
    "/accounts/",
    "/admin/",
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a page needs to know to live in the Admin of ``shop``."""

    shop: str
    client_id: str
    app_bridge: str


class EmbeddedMiddleware:
    """Lets requests with a session token act as a member; leaves all others as they are."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.embedded = None  # type: ignore[attr-defined]
        app: App = settings.SHOPIFY_APP
        token = _token(request) if app.is_set_up else ""
        if not token:
            lost = app.is_set_up and _is_page_load(request) and _is_launch(request)
            return ask_again(request) if lost else self.get_response(request)
        try:
            who = visitor(token, app)
        except StaleSessionToken:
            return ask_again(request)
        return in_the_frame(self._answer(request, who, app), who.shop, app)

    def _answer(self, request: HttpRequest, who: Visitor, app: App) -> HttpResponse:
        request.embedded = Embedded(who.shop, app.client_id, app.app_bridge)  # type: ignore[attr-defined]
        try:
            membership = arrive(who) if _is_page_load(request) else member_of_shop(who)
        except StaleSessionToken:
            return ask_again(request)
        except PlatformError as error:
            return render(request, "embedded/waiting.html", {"reason": error}, status=503)
        if membership is None or not membership.user.is_active:
            return refused(request)
        _without_cookies(request)
        request.shop_member = membership  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """After Django's own middleware has looked for a session in vain: say who it is."""
        membership: Membership | None = getattr(request, "shop_member", None)
        if membership is not None:
            bind(request, membership)
            request._messages = RowStorage(request, membership.user)  # type: ignore[attr-defined]


def _token(request: HttpRequest) -> str:
    """The session token of a request, empty for the rest of the world's requests."""
    if request.path.startswith(_ELSEWHERE):
        return ""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind == "Bearer":
        return text
    return request.GET.get("id_token", "") if _is_page_load(request) else ""


def _is_page_load(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD") and "Authorization" not in request.headers


def _is_launch(request: HttpRequest) -> bool:
    """Whether an Admin opens a page and has forgotten the token."""
    own = not request.path.startswith((PATCH_PATH, *_ELSEWHERE))
    return own and request.GET.get("embedded") == "1" and "shop" in request.GET


def _without_cookies(request: HttpRequest) -> None:
    """A cookie that comes along all the same counts for nothing; CSRF needs one to ride on."""
    request.COOKIES.clear()
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]


def ask_again(request: HttpRequest) -> HttpResponse:
    """App Bridge fetches a fresh token: by a header it knows, or by way of the patch page."""
    shop = shop_domain(request.GET.get("shop"))
    if _is_page_load(request) and shop and AGAIN not in request.GET:
        return HttpResponseRedirect(patch_address(request, shop))
    # It shows nothing of the shop, so the address may say in whose frame it is seen.
    return in_the_frame(refused(request), shop, settings.SHOPIFY_APP) if shop else refused(request)


def refused(request: HttpRequest) -> HttpResponse:
    """401, with the header on which App Bridge gets a fresh token and asks again."""
    response = render(request, "embedded/refused.html", status=401)
    response[RETRY_HEADER] = "1"
    return response


def patch_address(request: HttpRequest, shop: str) -> str:
    """The patch page for a page of ours; it comes back to this very page with a token."""
    kept = {name: value for name, value in request.GET.items() if name not in ("id_token", "shop")}
    query = urlencode({"shop": shop, **kept})
    back = f"{request.path}?{query}&{AGAIN}=1"
    return f"{PATCH_PATH}?{query}&shopify-reload={quote(back, safe='')}"


def in_the_frame(response: HttpResponse, shop: str, app: App) -> HttpResponse:
    """Let the Admin of this shop show the answer, and let it load Shopify's scripts; no cookies."""
    response.cookies.clear()
    # The address may hold a token: no cache and no other page's log is to have it.
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "no-referrer"
    response.xframe_options_exempt = True
    del response["X-Frame-Options"]
    hosts = list(app.script_hosts)
    more: dict[str, list[str]] = getattr(response, "_csp_update", None) or {}
    response._csp_update = {  # type: ignore[attr-defined]
        **more,
        "script-src": hosts,
        "img-src": sorted({*more.get("img-src", ()), *hosts}),
    }
    response._csp_replace = {"frame-ancestors": list(app.frames(shop))}  # type: ignore[attr-defined]
    return response
