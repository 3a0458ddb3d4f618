"""A simulated shop with the catalog that every platform's tests use, and what its people do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import requests

from integrations.contract import InboundRequest, ProductRef
from integrations.platforms.shopify.app import App
from integrations.sandbox.shopify import AppRegistration, SandboxShopify, changes
from tests.integrations.conftest import CATALOG

DEMO = "demo.myshopify.com"
SECRET = "secret"


def open_shop(photos: Path, **options: Any) -> SandboxShopify:
    """A shop where pictures and jobs are done at once, unless asked otherwise."""
    quick: dict[str, Any] = {"processing_seconds": 0.0, "job_seconds": 0.0, "bulk_seconds": 0.0}
    given: dict[str, Any] = {"products": CATALOG, "app": AppRegistration(client_secret=SECRET)}
    return SandboxShopify(photos=photos, **{**given, **quick, **options})


def app_of(shopify: SandboxShopify) -> App:
    """The app as this installation's operator would enter it."""
    return App(
        client_id=shopify.app.client_id,
        client_secret=shopify.app.client_secret,
        sandbox_url=shopify.url,
    )


def token_of(shopify: SandboxShopify) -> str:
    """A token for a staff member's visit."""
    asked = {
        "client_id": shopify.app.client_id,
        "client_secret": shopify.app.client_secret,
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": shopify.session_token(),
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": 1,
    }
    url = f"{shopify.admin}/admin/oauth/access_token"
    return str(requests.post(url, json=asked, timeout=10).json()["access_token"])


def product_ref(shopify: SandboxShopify, title_or_sku: str) -> ProductRef:
    """A product's address."""
    return ProductRef(f"gid://shopify/Product/{shopify.product(title_or_sku).id}")


def variant_ref(shopify: SandboxShopify, sku: str) -> ProductRef:
    """A variant's address, its product named."""
    product = shopify.product(sku)
    found = next(n for n in product.variants if shopify.shop.variants[n].sku == sku)
    return ProductRef(
        f"gid://shopify/ProductVariant/{found}", f"gid://shopify/Product/{product.id}"
    )


def delete_file(shopify: SandboxShopify, gid: str) -> None:
    """Delete a file for good, as the merchant would under Content > Files."""
    media = shopify.shop.media.pop(int(gid.rpartition("/")[2]))
    for product in changes.holders(shopify.shop, media):
        changes.detach(shopify.shop, product, media.id)
        changes.touched(shopify.state, shopify.application.hooks, shopify.shop, product)


def product_webhook(ref: ProductRef, secret: str) -> InboundRequest:
    """What Shopify would send about a product; about a variant it speaks of its product."""
    number = int((ref.parent_external_id or ref.external_id).rpartition("/")[2])
    body = json.dumps({"id": number, "updated_at": "2026-11-28T10:00:00Z"}).encode()
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    headers = {
        "x-shopify-topic": "products/update",
        "x-shopify-shop-domain": DEMO,
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
    }
    return InboundRequest(headers, body)
