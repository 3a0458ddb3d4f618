"""What an answer of Shopify's Admin API means: data, or a typed error that helps the merchant.

Looked at in this order: HTTP status, top-level errors, missing data; what a mutation says of its
own is in ``refusals``. Part of the data beside an error is an error. Nothing here sends a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.contract import NeedsMerchant, Permanent, PlatformError, Retryable, RightMissing
from integrations.platforms.shopify.bucket import wait_after_throttle
from productviz.lib.http import OutboundError, Reply

Raw = Mapping[str, Any]

# A locked shop is unlocked by people at Shopify.
_AFTER_LOCK = 3600.0
# 430: Shopify took the request for an attack.
_AFTER_SUSPICION = 60.0
_PASSING = frozenset({"", "INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
_ODD = "Shopify answered with something that is not data. That passes as a rule; it is tried again."


class Throttled(Retryable):
    """The shop's points are used up; ``after`` is when there are enough again."""

    def __init__(self, after: float) -> None:
        super().__init__(
            "The shop has had too many requests at once.", code="store_busy", after=after
        )


def read(reply: Reply) -> Raw:
    """The whole answer of a request that went well; raises PlatformError, Throttled included."""
    body = _json(reply)
    if not reply.ok:
        raise _status_error(reply, body)
    if body is None:
        raise Retryable(_ODD, after=reply.retry_after)
    error = _top_error(body)
    if error is not None:
        raise error
    if not isinstance(body.get("data"), Mapping):
        raise Retryable(_ODD)
    return body


def cost_of(reply: Reply) -> Raw:
    """What the answer says of its cost; empty where it says nothing."""
    body = _json(reply) or {}
    extensions = body.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
    return cost if isinstance(cost, Mapping) else {}


def transport_error(error: OutboundError) -> PlatformError:
    """The typed error for a request that got no answer."""
    if error.code == "source_timeout":
        return Retryable("Shopify took too long to answer.", code="store_timeout")
    if error.code == "payload_too_large":
        return Permanent("Shopify's answer is larger than allowed.", code="store_refused")
    return Retryable(f"Shopify could not be reached. {error}", code="store_unreachable")


def _json(reply: Reply) -> Raw | None:
    try:
        body = reply.json()
    except OutboundError:
        return None
    return body if isinstance(body, Mapping) else None


def _status_error(reply: Reply, body: Raw | None) -> PlatformError:
    status, after = reply.status, reply.retry_after
    if status == 401:
        return NeedsMerchant(
            "Shopify does not accept our access any more. Open the app in the Shopify admin to"
            " connect the shop again."
        )
    if status == 402:
        return _frozen()
    if status == 404 or 300 <= status < 400:
        return NeedsMerchant(
            "There is no shop at this address any more. Open the app in the admin of the shop that"
            " it is to work for.",
            code="store_moved",
        )
    if status == 423:
        return Retryable(
            "Shopify has locked the shop. Ask Shopify's support to unlock it.",
            code="store_locked",
            after=_AFTER_LOCK,
        )
    if status == 430:
        after = after or _AFTER_SUSPICION
    if status in (408, 429, 430) or status >= 500:
        return Retryable(
            f"Shopify is busy or down (HTTP {status}).", code="store_busy", after=after
        )
    if body is None:
        return Retryable(_ODD, after=after)
    if status == 403:
        return _right_missing(_text(body.get("errors")))
    return Permanent(
        f"Shopify refused the request (HTTP {status}): {_text(body.get('errors'))}",
        code="store_refused",
    )


def _top_error(body: Raw) -> PlatformError | None:
    errors = body.get("errors")
    if not errors:
        return None
    rows = [one for one in errors if isinstance(one, Mapping)] if isinstance(errors, list) else []
    codes = [_code(row) for row in rows] or [""]
    if "THROTTLED" in codes:
        extensions = body.get("extensions")
        cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
        return Throttled(wait_after_throttle(cost if isinstance(cost, Mapping) else {}))
    text = _text(errors)
    if "ACCESS_DENIED" in codes:
        return _right_missing(text)
    if "SHOP_INACTIVE" in codes:
        return _frozen()
    if "MAX_COST_EXCEEDED" in codes:
        return Permanent(
            f"Shopify finds a request of ours too large: {text}", code="query_too_costly"
        )
    if _PASSING.issuperset(codes):
        return Retryable(f"Something went wrong at Shopify: {text}", code="store_busy")
    return Permanent(f"Shopify refused the request: {text}", code="store_refused")


def _code(row: Raw) -> str:
    extensions = row.get("extensions")
    return str(extensions.get("code") or "") if isinstance(extensions, Mapping) else ""


def _frozen() -> NeedsMerchant:
    return NeedsMerchant(
        "The shop is frozen, as a rule because of an unpaid Shopify bill. When it is open again,"
        " open the app in the Shopify admin.",
        code="store_frozen",
    )


def _right_missing(text: str) -> RightMissing:
    return RightMissing(
        "The app lacks a right in this shop. Open it in the Shopify admin and grant what it asks"
        f" for. Shopify says: {text}"
    )


def _text(errors: object) -> str:
    """Shopify's own words; errors come as a list, a mapping or one sentence."""
    if isinstance(errors, list):
        said = [str(one.get("message")) for one in errors if isinstance(one, Mapping)]
        return "; ".join(dict.fromkeys(said))[:300]
    return str(errors or "no reason given")[:300]
