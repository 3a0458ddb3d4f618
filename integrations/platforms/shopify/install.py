"""Who opened the app in a shop's Admin, and the access tokens that this shop gives for it.

Shopify's own packages do the work: ``shopify_app`` verifies and exchanges, ``shopify`` checks what
the other leaves open (dossier of 2026-11-22, defects e to h). Both load slowly, so they are
imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from integrations.contract import NeedsMerchant, Permanent, Retryable
from integrations.platforms.shopify.app import APP_BRIDGE, App

if TYPE_CHECKING:
    import httpx
    from shopify_app import ShopifyApp
    from shopify_app.types import TokenExchangeAccessToken, TokenExchangeResult

DOMAIN = ".myshopify.com"
# What Shopify gives (2026-04 on), for an answer that does not say (shopify-app-js #3400).
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)
_SHORTEST = timedelta(minutes=2)
CONNECT_AGAIN = "Open ProductViz in your Shopify admin to connect it again."
_DEAD = ("invalid_grant", "refresh_token_expired")


class StaleSessionToken(Exception):
    """The session token is forged, expired or used up; App Bridge fetches another one."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A staff member in a shop's Admin, as a verified session token names them.

    ``shop`` is ``name.myshopify.com``; ``user_id`` is the digits that Shopify counts staff by.
    """

    shop: str
    user_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token with the refresh token that follows it; times are aware, in UTC."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime
    scope: str


def shop_domain(text: object) -> str:
    """``text`` if it is exactly a shop's domain, in lower case; empty for anything else."""
    from shopify.utils import shop_url

    given = str(text or "").lower()
    return given if shop_url.sanitize_shop_domain(given) == given else ""


def patch_page(app: App, url: str) -> str:
    """The small page on which App Bridge gets a session token and loads the asked-for page again.

    ``url`` is the request's, with the ``shop`` in it checked already.
    """
    from shopify_app import ShopifyApp

    package = ShopifyApp(app.client_id, app.client_secret)
    found = package.app_home_patch_id_token(
        {"method": "GET", "url": url, "headers": {}, "body": ""}
    )
    if not found.ok:
        raise ValueError(found.log.code)
    return found.response.body.replace(APP_BRIDGE, app.app_bridge)


def visitor(token: str, app: App) -> Visitor:
    """Whom a session token names. Raises StaleSessionToken for every token that is not in order.

    The shop is the token's ``dest``, never an address' ``shop`` parameter.
    """
    for secret in filter(None, (app.client_secret, app.old_client_secret)):
        claims = _claims(token, app.client_id, secret)
        if claims is not None:
            return _strict(token, claims)
    raise StaleSessionToken


def _claims(token: str, client_id: str, secret: str) -> dict[str, Any] | None:
    from shopify import session_token

    try:
        claims = session_token.decode_from_header(f"Bearer {token}", client_id, secret)
    except Exception:  # the package raises whatever its parsing steps raise
        return None
    return claims if isinstance(claims, dict) else None


def _strict(token: str, claims: dict[str, Any]) -> Visitor:
    """Tokens of checkout and customer account extensions bear the same signature: not these."""
    dest, user_id = str(claims.get("dest", "")), str(claims.get("sub", ""))
    shop = shop_domain(dest.removeprefix("https://"))
    good = (
        shop
        and dest == f"https://{shop}"
        and claims.get("iss") == f"{dest}/admin"
        and isinstance(claims.get("aud"), str)
        and {"exp", "nbf"} <= claims.keys()
        and user_id.isascii()
        and user_id.isdigit()
        and len(user_id) <= 20
    )
    if not good:
        raise StaleSessionToken
    return Visitor(shop=shop, user_id=user_id, token=token)


def exchange(who: Visitor, app: App) -> Issued:
    """Trade a session token for an expiring offline token; the shop's former one dies with it.

    Raises StaleSessionToken, Retryable, or Permanent where Shopify refuses the app's own keys.
    """
    from shopify_app.types import IdTokenDetails

    claims = {"dest": f"https://{who.shop}"}
    details = IdTokenDetails(exchangeable=True, token=who.token, claims=claims)

    def ask(package: ShopifyApp, http: httpx.Client) -> TokenExchangeResult:
        return package.exchange_using_token_exchange(
            "offline", id_token=details, expiring=True, http_client=http
        )

    return _ask(app, ask)


def refresh(shop: str, refresh_token: str, app: App) -> Issued:
    """The next pair of tokens. Raises NeedsMerchant, Retryable, or Permanent.

    The old refresh token answers again until the new access token is first used (Shopify,
    2026-08-28), so a process that dies before it has saved the answer loses nothing.
    """
    from shopify_app.types import TokenExchangeAccessToken

    if not refresh_token:
        raise NeedsMerchant(CONNECT_AGAIN)
    # Without an expiry: the package would not refresh a token that a shop refused too early.
    token = TokenExchangeAccessToken(
        shop=shop.removesuffix(DOMAIN),
        token="",
        expires=None,
        scope="",
        access_mode="offline",
        refresh_token=refresh_token,
        refresh_token_expires=None,
        user=None,
    )

    def ask(package: ShopifyApp, http: httpx.Client) -> TokenExchangeResult:
        return package.refresh_token_exchanged_access_token(token, http_client=http)

    return _ask(app, ask)


def _ask(app: App, ask: Callable[[ShopifyApp, httpx.Client], TokenExchangeResult]) -> Issued:
    from shopify_app import ShopifyApp

    from integrations.platforms.shopify.transport import client

    package = ShopifyApp(app.client_id, app.client_secret, app.old_client_secret or None)
    try:
        with client(app) as http:
            result = ask(package, http)
    except Exception as error:  # the package raises whatever a strange answer makes it raise
        raise Retryable("Shopify's answer could not be read. Try again later.") from error
    if result.ok and result.access_token is not None and result.access_token.token:
        return _issued(result.access_token)
    raise _refusal(result.log.code)


def _issued(token: TokenExchangeAccessToken) -> Issued:
    return Issued(
        access=token.token,
        refresh=token.refresh_token or "",
        expires_at=_moment(token.expires, life=ACCESS_LIFE),
        refresh_expires_at=_moment(token.refresh_token_expires, life=REFRESH_LIFE),
        scope=token.scope,
    )


def _moment(text: str | None, *, life: timedelta) -> datetime:
    """When a token ends; an answer that names no time, or one already over, means the usual."""
    now = datetime.now(UTC)
    try:
        named = datetime.fromisoformat(text or "")
    except ValueError:
        return now + life
    return named if named > now + _SHORTEST else now + life


def _refusal(code: str) -> Exception:
    if code in ("invalid_subject_token", "invalid_id_token", "expired_id_token"):
        return StaleSessionToken()
    if code in _DEAD:
        return NeedsMerchant(CONNECT_AGAIN)
    if code in ("invalid_client", "configuration_error"):
        return Permanent(
            "Shopify does not know this installation's app. The operator must check"
            " PRODUCTVIZ_SHOPIFY_CLIENT_ID and PRODUCTVIZ_SHOPIFY_CLIENT_SECRET.",
            code="app_refused",
        )
    return Retryable("Shopify did not give access just now. Try again later.")
