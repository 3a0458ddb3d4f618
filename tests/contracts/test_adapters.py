"""The shared suite over every adapter, against its sandbox; WooCommerce with either access."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from integrations.contract import Adapter, Image, ImageFile, InboundRequest, ProductRef
from integrations.platforms.shopify.adapter import ShopifyAdapter
from integrations.platforms.woocommerce.adapter import WooCommerceAdapter
from integrations.registry import ADAPTERS
from integrations.sandbox.shopify import SandboxShopify
from integrations.sandbox.woocommerce import SandboxStore, library
from tests.contracts.adapter_suite import SUITE, Check, Given
from tests.integrations.conftest import CATALOG, allow, photos, picture
from tests.shopify.conftest import Tokens
from tests.shopify.shop import (
    DEMO,
    app_of,
    delete_file,
    open_shop,
    product_ref,
    product_webhook,
    token_of,
    variant_ref,
)

__all__ = ["allow", "photos"]


@pytest.fixture(params=["woocommerce: password", "woocommerce: keys", "shopify"])
def given(
    request: pytest.FixtureRequest,
    photos: Path,
    allow: Callable[[str], None],
    httpserver: HTTPServer,
) -> Iterator[Given]:
    """A store for each adapter and kind of access."""
    if request.param == "shopify":
        with open_shop(photos) as shopify:
            allow(shopify.url)
            yield given_shopify(shopify, httpserver)
        return
    with SandboxStore(products=CATALOG, photos=photos) as store:
        allow(store.url)
        yield woocommerce(store, httpserver, keys_only=request.param.endswith("keys"))


def given_shopify(shopify: SandboxShopify, httpserver: HTTPServer) -> Given:
    hood = product_ref(shopify, "Hoodie")
    return Given(
        adapter=ShopifyAdapter(DEMO, app_of(shopify), Tokens([token_of(shopify)])),
        simple=product_ref(shopify, "MUG"),
        parent=hood,
        variant=variant_ref(shopify, "HOOD-R"),
        nobody=ProductRef("gid://shopify/Product/999999"),
        new_file=lambda name: file(httpserver, name),
        files=lambda: len(shopify.shop.media),
        lose=lambda image: delete_file(shopify, image.external_id),
        fail=lambda kind: fail_shopify(shopify, kind),
        signed=lambda ref, secret: product_webhook(ref, secret),
        webhooks=list,
        hook_url=httpserver.url_for("/hook"),
    )


def fail_shopify(shopify: SandboxShopify, kind: str) -> None:
    if kind == "revoked":
        shopify.uninstall()
        return
    kinds = {"busy": "503", "page": "html", "lost": "lost_answer"}
    shopify.faults.add(kinds[kind])


def woocommerce(store: SandboxStore, httpserver: HTTPServer, *, keys_only: bool) -> Given:
    hood = str(store.product("HOOD").id)
    hooks = store.state.tables.webhooks
    return Given(
        adapter=woocommerce_adapter(store, keys_only=keys_only),
        simple=ProductRef(str(store.product("MUG").id)),
        parent=ProductRef(hood),
        variant=ProductRef(str(store.product("HOOD-R").id), hood),
        nobody=ProductRef("999999"),
        new_file=lambda name: file(httpserver, name),
        files=lambda: len(store.state.tables.attachments),
        lose=lambda image: lose(store, image),
        fail=lambda kind: fail(store, kind),
        signed=lambda ref, secret: signed(ref, secret),
        webhooks=lambda: [str(number) for number in hooks],
        hook_url=httpserver.url_for("/hook"),
    )


def woocommerce_adapter(store: SandboxStore, *, keys_only: bool) -> Adapter:
    if not keys_only:
        password = store.create_app_password().password
        access = {"username": "admin", "application_password": password}
        return WooCommerceAdapter(access, store.url)
    key = store.create_key()
    pair = {"consumer_key": key.consumer_key, "consumer_secret": key.consumer_secret}
    return WooCommerceAdapter(pair, store.url)


def file(httpserver: HTTPServer, name: str) -> ImageFile:
    data = picture(name)
    stem = hashlib.sha256(data).hexdigest()[:32]
    path = f"/files/{stem}.jpg"
    httpserver.expect_request(path).respond_with_data(data, content_type="image/jpeg")
    url = f"{httpserver.url_for(path)}?signature=1"
    return ImageFile(f"{stem}.jpg", "image/jpeg", data, url, f"{name} on white")


def lose(store: SandboxStore, image: Image) -> None:
    row = store.state.tables.attachments[int(image.external_id)]
    library.remove_attachment(store.state, row)


def fail(store: SandboxStore, kind: str) -> None:
    if kind == "revoked":
        store.state.tables.app_passwords.clear()
        store.state.tables.keys.clear()
        return
    kinds = {"busy": "503", "page": "maintenance", "lost": "timeout_after_write"}
    store.faults.add(kinds[kind])


def signed(ref: ProductRef, secret: str) -> InboundRequest:
    product: dict[str, Any] = {"id": int(ref.external_id), "type": "simple", "parent_id": 0}
    if ref.parent_external_id:
        product |= {"type": "variation", "parent_id": int(ref.parent_external_id)}
    body = json.dumps(product).encode()
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    headers = {
        "x-wc-webhook-topic": "product.updated",
        "x-wc-webhook-signature": base64.b64encode(digest).decode(),
    }
    return InboundRequest(headers, body)


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__)
def test_every_adapter(given: Given, check: Check) -> None:
    check(given)


def test_every_registered_platform_is_in_the_suite() -> None:
    assert set(ADAPTERS) == {"woocommerce", "shopify"}
