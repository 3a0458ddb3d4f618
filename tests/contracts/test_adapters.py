"""The shared suite over every adapter: WooCommerce with either access, against its sandbox."""

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
from integrations.platforms.woocommerce.adapter import WooCommerceAdapter
from integrations.registry import ADAPTERS
from integrations.sandbox.woocommerce import SandboxStore, library
from tests.contracts.adapter_suite import SUITE, Check, Given
from tests.integrations.conftest import CATALOG, allow, photos, picture

__all__ = ["allow", "photos"]


@pytest.fixture(params=["woocommerce: password", "woocommerce: keys"])
def given(
    request: pytest.FixtureRequest,
    photos: Path,
    allow: Callable[[str], None],
    httpserver: HTTPServer,
) -> Iterator[Given]:
    """A store for each adapter and kind of access."""
    with SandboxStore(products=CATALOG, photos=photos) as store:
        allow(store.url)
        yield woocommerce(store, httpserver, keys_only=request.param.endswith("keys"))


def woocommerce(store: SandboxStore, httpserver: HTTPServer, *, keys_only: bool) -> Given:
    hood = str(store.product("HOOD").id)
    hooks = store.state.tables.webhooks
    return Given(
        adapter=woocommerce_adapter(store, keys_only=keys_only),
        simple=ProductRef(str(store.product("MUG").id)),
        parent=ProductRef(hood),
        variant=ProductRef(str(store.product("HOOD-R").id), hood),
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
    assert set(ADAPTERS) == {"woocommerce"}
