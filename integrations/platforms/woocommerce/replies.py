"""What a WordPress answer means: JSON or a typed error whose message helps the merchant.

Hosts, firewalls and maintenance plug-ins answer in WordPress's place with pages, so the body is
never trusted to be JSON. Nothing here sends a request.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any, cast

from django.utils.html import strip_tags

from integrations.contract import (
    Gone,
    ImageGone,
    NeedsMerchant,
    Permanent,
    PlatformError,
    Retryable,
    RightMissing,
)
from productviz.lib.http import OutboundError, Reply

Raw = Mapping[str, Any]

# These come with 5xx although repeating them cannot help (measured 2026-11-22).
_FINAL_5XX = frozenset({"rest_upload_sideload_error", "rest_trash_not_supported"})
_GONE = frozenset(
    {"woocommerce_rest_product_invalid_id", "woocommerce_rest_product_variation_invalid_id"}
)
_PASSING = re.compile(
    r"Internal Server Error|Bad Gateway|Service Unavailable|Gateway Timeout|Too Many Requests"
    r"|cURL error (?:7|28|52|56)\b"
)
_NUMBER = re.compile(r"#(\d+)")


def read(reply: Reply) -> object:
    """The JSON of a good answer; raises the PlatformError that a bad one stands for."""
    body = _json(reply)
    if reply.ok and body is not None:
        return body
    if reply.ok:
        raise Retryable(
            "The store answered with a web page instead of data. It may be in maintenance mode, or"
            " a security plug-in stands in the way.",
            after=reply.retry_after,
        )
    raise error_of(reply)


def rows(body: object) -> list[Raw]:
    """A list answer; raises Retryable for anything else."""
    if not isinstance(body, list):
        raise Retryable("The store answered a list in an unknown form.")
    return cast("list[Raw]", body)


def single(body: object) -> Raw:
    """An object answer; raises Retryable for anything else."""
    if not isinstance(body, dict):
        raise Retryable("The store answered in an unknown form.")
    return cast("Raw", body)


def error_of(reply: Reply) -> PlatformError:
    """The typed error for an answer that is not 2xx."""
    body = _json(reply)
    code, message = _envelope(body)
    if 300 <= reply.status < 400:
        return NeedsMerchant(
            "The store has moved to another address. Connect it again with its new address.",
            code="store_moved",
        )
    if reply.status in (408, 429) or (reply.status >= 500 and code not in _FINAL_5XX):
        return Retryable(
            f"The store is busy or down (HTTP {reply.status}).",
            code="store_busy",
            after=reply.retry_after,
        )
    if reply.status == 413:
        return Permanent(
            "The store's server refuses files of this size. Raise its upload limit, or publish a"
            " smaller image.",
            code="payload_too_large",
        )
    if code == "":
        return _page(reply.status)
    return _refusal(reply.status, code=code, message=message)


def _page(status: int) -> PlatformError:
    if status == 401:
        return NeedsMerchant(
            "The store's web server asks for a password of its own. Switch that protection off for"
            " /wp-json/, then connect again."
        )
    if status == 404:
        return NeedsMerchant(
            "The store has no REST API at this address. In WordPress, choose a permalink structure"
            " other than Plain (Settings > Permalinks).",
            code="store_api_missing",
        )
    return Retryable(
        f"Something in front of the store refused the request (HTTP {status}). Allow this"
        " installation in the store's firewall or security plug-in."
    )


def _refusal(status: int, *, code: str, message: str) -> PlatformError:
    if code in _GONE:
        return Gone("The product no longer exists in the store.")
    if code == "rest_no_route":
        return NeedsMerchant(
            "WooCommerce's REST API is missing. Check that the WooCommerce plug-in is active.",
            code="store_api_missing",
        )
    if status in (401, 403):
        return _denied(status, code=code, message=message)
    if code.endswith("_invalid_image_id"):
        found = _NUMBER.search(message)
        return ImageGone(
            f"The store no longer has an image of this gallery: {message}",
            external_id=found[1] if found else "",
        )
    if code.endswith("_image_upload_error"):
        return _not_fetched(message)
    return Permanent(f"The store refused: {message} ({code})", code="store_refused")


def _denied(status: int, *, code: str, message: str) -> NeedsMerchant:
    if "permissions" in message:
        return RightMissing(
            "The key of this store lacks a right. In WooCommerce > Settings > Advanced > REST API,"
            f" set it to Read/Write. The store says: {message}"
        )
    if status == 403:
        return RightMissing(
            "The WordPress user behind this connection may not do that. Connect with an"
            f" administrator or shop manager. The store says: {message}"
        )
    return NeedsMerchant(
        "The store does not accept our access: it was revoked, or belongs to a removed user."
        f" Connect the store again. The store says: {message}"
    )


def _not_fetched(message: str) -> PlatformError:
    text = f"The store could not fetch the image from this installation. The store says: {message}"
    if _PASSING.search(message):
        return Retryable(text, code="store_fetch_failed")
    return Permanent(
        f"{text} If this installation is not reachable from the internet, connect the store with"
        " an application password, so that images can be uploaded.",
        code="store_fetch_failed",
    )


def transport_error(error: OutboundError) -> PlatformError:
    """The typed error for a request that got no answer."""
    if error.code == "source_timeout":
        return Retryable("The store took too long to answer.", code="store_timeout")
    if error.retryable:
        return Retryable(f"The store could not be reached. {error}")
    if error.code == "payload_too_large":
        return Permanent("The store's answer is larger than 32 MB.", code="store_refused")
    return NeedsMerchant(f"The store cannot be reached. {error}", code=error.code)


def _json(reply: Reply) -> object | None:
    if "json" not in reply.headers.get("Content-Type", ""):
        return None
    try:
        return reply.json()
    except OutboundError:
        return None


def _envelope(body: object) -> tuple[str, str]:
    if not isinstance(body, dict):
        return "", ""
    text = html.unescape(strip_tags(str(body.get("message", ""))))
    return str(body.get("code", "")), text[:300]
