"""Shopify's webhooks: signed with the app's secret, the same address for every shop.

Only the body is signed. The topic only chooses what to look at again, the shop must be one that is
known here, and ids come from the body. Both sets of header names are read: ``x-shopify-...`` of the
classic webhooks and ``shopify-...`` of next-generation events (general since 2026-10).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations.contract import (
    EventKind,
    InboundRequest,
    ProductRef,
    SignatureInvalid,
    StoreEvent,
)
from integrations.platforms.shopify.app import App
from integrations.platforms.shopify.install import shop_domain

KINDS = {
    "products/create": EventKind.PRODUCT_CHANGED,
    "products/update": EventKind.PRODUCT_CHANGED,
    "products/delete": EventKind.PRODUCT_DELETED,
    "bulk_operations/finish": EventKind.BULK_FINISHED,
    "app/uninstalled": EventKind.UNINSTALLED,
    "app/scopes_update": EventKind.SCOPES_CHANGED,
    "customers/data_request": EventKind.CUSTOMER_DATA_ASKED,
    "customers/redact": EventKind.CUSTOMER_ERASED,
    "shop/redact": EventKind.SHOP_ERASED,
}
_OF_PRODUCTS = (EventKind.PRODUCT_CHANGED, EventKind.PRODUCT_DELETED)
# Where the signed body names the shop (payloads of 2026-10).
_SIGNED_SHOP = {
    EventKind.UNINSTALLED: "myshopify_domain",
    EventKind.CUSTOMER_DATA_ASKED: "shop_domain",
    EventKind.CUSTOMER_ERASED: "shop_domain",
    EventKind.SHOP_ERASED: "shop_domain",
}
_ID = re.compile(r"[A-Za-z0-9_:-]{1,128}")
_PRODUCT = re.compile(r"gid://shopify/Product/[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook. ``shop`` is well formed but not signed; empty ids were not sent."""

    shop: str
    webhook_id: str
    event_id: str
    event: StoreEvent


def parse(request: InboundRequest, app: App, shop: str) -> StoreEvent:
    """Verify and read a webhook of ``shop``. Raises SignatureInvalid."""
    delivery = read(request, app)
    if delivery.shop != shop:
        raise SignatureInvalid
    return delivery.event


def read(request: InboundRequest, app: App) -> Delivery:
    """Verify a webhook and read who sent what. Raises SignatureInvalid, whatever is wrong."""
    _verify(request, app)
    shop = shop_domain(_header(request, "shop-domain"))
    event = _event(request)
    if not shop or not _may_say(event.kind, shop, request.body):
        raise SignatureInvalid
    return Delivery(
        shop=shop,
        webhook_id=_id(_header(request, "webhook-id")),
        event_id=_id(_header(request, "event-id")),
        event=event,
    )


def _verify(request: InboundRequest, app: App) -> None:
    from shopify_app import ShopifyApp

    if not app.is_set_up:
        raise SignatureInvalid
    package = ShopifyApp(app.client_id, app.client_secret, app.old_client_secret or None)
    try:
        result = package.verify_webhook_req(
            {
                "method": "POST",
                "url": "",
                "headers": dict(request.headers.items()),
                "body": request.body.decode(),
            }
        )
    except Exception as error:  # a signature that is not ASCII, a body that is not UTF-8
        raise SignatureInvalid from error
    if not result.ok:
        raise SignatureInvalid


def _header(request: InboundRequest, name: str) -> str:
    return request.headers.get(f"x-shopify-{name}") or request.headers.get(f"shopify-{name}") or ""


def _id(text: str) -> str:
    return text if _ID.fullmatch(text) else ""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # Near the ends of time neither databases nor sums with other moments work.
    return moment if 2000 <= moment.year < 2100 else None


def _topic(request: InboundRequest) -> str:
    """The classic spelling; a next-generation event says ``Product`` and an action."""
    topic = _header(request, "topic")
    action = _header(request, "action").lower()
    return f"products/{action}" if topic == "Product" and action else topic


def _event(request: InboundRequest) -> StoreEvent:
    topic = _topic(request)
    kind = KINDS.get(topic, EventKind.IGNORED)
    if kind not in _OF_PRODUCTS:
        return StoreEvent(kind, topic=topic)
    data = _data(request.body)
    ref = _product(data)
    if ref is None:
        return StoreEvent(EventKind.IGNORED, topic=topic)
    stamp = _moment(str(data.get("updated_at"))) if kind == EventKind.PRODUCT_CHANGED else None
    return StoreEvent(kind, topic=topic, refs=(ref,), updated_at=stamp)


def _may_say(kind: EventKind, shop: str, body: bytes) -> bool:
    """What removes something must be signed for this very shop: the headers are not signed."""
    key = _SIGNED_SHOP.get(kind)
    return key is None or str(_data(body).get(key, "")).lower() == shop


def _data(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _product(data: dict[str, Any]) -> ProductRef | None:
    """The product of a classic payload, or of an event's ``query_variables`` or ``data``."""
    number = data.get("id")
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63:
        return ProductRef(f"gid://shopify/Product/{number}")
    variables, inner = data.get("query_variables"), data.get("data")
    named = variables.get("productId") if isinstance(variables, dict) else None
    product = inner.get("product") if isinstance(inner, dict) else None
    named = named or (product.get("id") if isinstance(product, dict) else None)
    return ProductRef(named) if isinstance(named, str) and _PRODUCT.fullmatch(named) else None
