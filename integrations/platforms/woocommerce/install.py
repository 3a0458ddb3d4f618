"""How a WooCommerce store is connected: probing it, the two consent pages, what comes back.

Only addresses and parsing; who may connect what is the connect use case's decision.
"""

from __future__ import annotations

import json
import uuid
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from integrations.consent import IssuedKey, Site
from integrations.contract import NeedsMerchant, Permanent, PlatformError
from integrations.platforms.woocommerce.client import Client, Credentials, normal_url
from integrations.platforms.woocommerce.replies import transport_error
from productviz.lib.http import OutboundError, Reply, request

APP_NAME = "ProductViz"
# One application in every store's list; WordPress wants a UUID.
APP_ID = str(uuid.uuid5(uuid.NAMESPACE_URL, "https://productviz.invalid/application"))
_MAX_INDEX_BYTES = 8 * 1024 * 1024
_REDIRECTS = 3


def discover(base_url: str) -> Site:
    """Find the store behind an address, its redirects followed. Raises PlatformError."""
    reply = _index(_with_scheme(base_url))
    reached = reply.url.partition("/wp-json")[0]
    index = _parsed(reply)
    home = _canonical(str(index.get("home") or ""), reached)
    if home != normal_url(reached):
        index = _parsed(_index(home))
    endpoints = (index.get("authentication") or {}) if index else {}
    page = ""
    if isinstance(endpoints, dict):
        passwords = endpoints.get("application-passwords") or {}
        page = str((passwords.get("endpoints") or {}).get("authorization") or "")
    return Site(url=home, name=str(index.get("name") or home), password_page=page)


def _with_scheme(base_url: str) -> str:
    text = base_url.strip()
    return normal_url(text if "://" in text else f"https://{text}")


def _index(base_url: str) -> Reply:
    try:
        reply = request(
            "GET", f"{base_url}/wp-json/", redirects=_REDIRECTS, max_bytes=_MAX_INDEX_BYTES
        )
    except OutboundError as error:
        raise transport_error(error) from error
    if reply.status >= 500 or reply.status == 429:
        raise Permanent(f"The store answered with an error (HTTP {reply.status}). Try again later.")
    return reply


def _parsed(reply: Reply) -> dict[str, Any]:
    try:
        index = reply.json() if "json" in reply.headers.get("Content-Type", "") else None
    except OutboundError:
        index = None
    if not isinstance(index, dict) or "namespaces" not in index:
        raise Permanent(
            "There is no WordPress REST API at this address. If this is a WordPress site, choose a"
            " permalink structure other than Plain (Settings > Permalinks), and check that no"
            " plug-in switches the API off.",
            code="store_api_missing",
        )
    if "wc/v3" not in index["namespaces"]:
        raise Permanent(
            "This WordPress site has no WooCommerce (3.5 or newer). Activate the plug-in, or check"
            " the address.",
            code="store_api_missing",
        )
    return index


def _canonical(home: str, reached: str) -> str:
    """The home URL, which OAuth signs, in the scheme that was really reached."""
    if not home:
        return normal_url(reached)
    there = normal_url(home)
    # A proxy that ends TLS leaves WordPress believing in http; never step down for that.
    if reached.startswith("https:") and there.startswith("http:"):
        return f"https{there.removeprefix('http')}"
    return there


def key_page(site: Site, *, token: str, return_url: str, callback_url: str) -> str:
    """The store's own consent page that issues a key pair and posts it to ``callback_url``."""
    query = {
        "app_name": APP_NAME,
        "scope": "read_write",
        "user_id": token,
        "return_url": return_url,
        "callback_url": callback_url,
    }
    return f"{site.url}/wc-auth/v1/authorize?{urlencode(query)}"


def password_page(site: Site, *, success_url: str, reject_url: str) -> str:
    """WordPress's consent page that hands an application password to ``success_url``."""
    if not site.password_page:
        raise NeedsMerchant(
            "Application passwords are switched off in this store: it is not on https, or a"
            " security plug-in forbids them. Connect with a WooCommerce key instead."
        )
    if urlsplit(site.password_page).netloc != urlsplit(site.url).netloc:
        raise NeedsMerchant("The store sends its consent page to another host. Check its address.")
    query = {
        "app_name": APP_NAME,
        "app_id": APP_ID,
        "success_url": success_url,
        "reject_url": reject_url,
    }
    return f"{site.password_page}?{urlencode(query)}"


def issued_key(body: bytes) -> IssuedKey | None:
    """Read what wc-auth posts; None for anything else."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    names = ("user_id", "consumer_key", "consumer_secret")
    if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in names):
        return None
    return IssuedKey(*(data[name] for name in names))


def revoke(credentials: dict[str, str], base_url: str) -> bool:
    """Give the application password back; key pairs cannot be revoked through the API."""
    client = Client(base_url, Credentials.of(credentials))
    if not client.has_password:
        return False
    own = "wp/v2/users/me/application-passwords"
    try:
        body, _ = client.wordpress("GET", f"{own}/introspect")
        client.wordpress("DELETE", f"{own}/{cast(dict[str, Any], body)['uuid']}")
    except PlatformError:
        return False
    return True
