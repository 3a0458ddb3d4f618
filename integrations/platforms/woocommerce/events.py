"""WooCommerce's webhooks: is it signed by this store, and which product does it hint at.

The body is the product as it was at delivery; only its ids are used. Answering is not done here.
"""

from __future__ import annotations

import json
import re

from integrations.contract import (
    EventKind,
    InboundRequest,
    ProductRef,
    SignatureInvalid,
    StoreEvent,
)
from productviz.lib.signing import hmac_base64_matches

TOPICS = ("product.created", "product.updated", "product.deleted", "product.restored")
SIGNATURE = "x-wc-webhook-signature"
# Sent unsigned when a webhook is made, before the store answers (measured 2026-11-22).
_PING = re.compile(rb"webhook_id=\d{1,20}")


def is_ping(request: InboundRequest) -> bool:
    """Whether this is the unsigned form that announces a webhook; it carries nothing."""
    return SIGNATURE not in request.headers and _PING.fullmatch(request.body) is not None


def parse(request: InboundRequest, *, secret: str) -> StoreEvent:
    """Verify the raw body, then read it. Raises SignatureInvalid."""
    if is_ping(request):
        return StoreEvent(EventKind.PING, topic="ping")
    if not hmac_base64_matches(secret, request.body, request.headers.get(SIGNATURE)):
        raise SignatureInvalid
    topic = request.headers.get("x-wc-webhook-topic", "")
    ref = _ref(request.body)
    # A product deleted before delivery comes as an error envelope without an id (measured).
    if ref is None or topic not in TOPICS:
        return StoreEvent(EventKind.IGNORED, topic=topic)
    deleted = topic == "product.deleted"
    kind = EventKind.PRODUCT_DELETED if deleted else EventKind.PRODUCT_CHANGED
    return StoreEvent(kind, topic=topic, refs=(ref,))


def _ref(body: bytes) -> ProductRef | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = data.get("id") if isinstance(data, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        return None
    parent = data.get("parent_id") if data.get("type") == "variation" else None
    return ProductRef(str(number), str(parent) if isinstance(parent, int) and parent > 0 else "")
