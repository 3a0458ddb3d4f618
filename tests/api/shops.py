"""Stores for tests of the API: a custom one and its developer, a real WooCommerce one on loopback,
and a worker in this process."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from generation.models import Asset, Rendition
from integrations.models import InboundEvent, Product, Publication, SyncRun
from integrations.sandbox.woocommerce import SandboxStore
from productviz import work
from productviz.lib import files
from productviz.lib.lease import new_owner
from productviz.outbox.models import Event
from tests.api.caller import BASE, Caller

CATALOG: list[dict[str, object]] = [
    {"name": "Mug &amp; Saucer", "sku": "MUG", "price": "9", "photos": ["mug.jpg", "mug-b.jpg"]},
    {"name": "Vase", "sku": "VASE", "price": "30", "photos": ["vase.jpg"]},
]


def picture(seed: str, *, side: int = 320, kind: str = "JPEG") -> bytes:
    """Small, valid, different bytes for each seed."""
    colour = tuple(hashlib.sha256(seed.encode()).digest()[:3])
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, kind)
    return out.getvalue()


def drain() -> int:
    """Work until nothing is due, as a worker would."""
    done, owner = 0, new_owner()
    while count := sum(source(owner) for source in work.SOURCES):
        done += count
        assert done < 500, "the rows never settle"
    return done


def hurry() -> None:
    """Let what waits for later be due now."""
    for model in (InboundEvent, Publication, SyncRun):
        model.objects.update(not_before=None)


def told(object_id: uuid.UUID) -> list[str]:
    """The types of what was told of an object, in order."""
    return list(
        Event.objects.filter(object_id=object_id).order_by("id").values_list("type", flat=True)
    )


class Shop:
    """A custom store and the program of its developer."""

    def __init__(self, caller: Caller | None = None, **fields: Any) -> None:
        self.caller = caller or Caller()
        body = {"kind": "custom", "base_url": "https://shop.example", "name": "Shop", **fields}
        status, self.store = self.caller.post("/stores", body)
        assert status == 201, self.store
        self.path = f"/stores/{self.store['id']}"

    def put(self, external_id: str = "MUG-1", **fields: Any) -> tuple[int, Any]:
        """Say what a product is."""
        path = f"{self.path}/products/ext:{external_id}"
        return self.caller.ask("PUT", path, {"title": "Mug", **fields})

    def product(self, external_id: str = "MUG-1", **fields: Any) -> Product:
        """A product of the store."""
        status, shown = self.put(external_id, **fields)
        assert status in (200, 201), shown
        return Product.objects.get(store__workspace=self.caller.workspace, external_id=external_id)

    def photographed(self, external_id: str = "MUG-1", *seeds: str) -> Product:
        """A product with photographs that were looked at."""
        product = self.product(external_id)
        for seed in seeds or (external_id,):
            status, shown = send(self.caller, product, picture(seed), external_id=f"photo-{seed}")
            assert status == 202, shown
        drain()
        return Product.objects.get(pk=product.pk)


def send(
    caller: Caller, product: Product, data: bytes, *, name: str = "a.jpg", **fields: Any
) -> tuple[int, Any]:
    """Send a photograph in a form."""
    return form(caller, f"/products/{product.public_id}/images", data, name=name, **fields)


def form(
    caller: Caller, path: str, data: bytes, *, name: str = "a.jpg", key: str = "", **fields: Any
) -> tuple[int, Any]:
    """POST a form with a file."""
    file = SimpleUploadedFile(name, data, content_type="image/jpeg")
    headers = {"authorization": f"Bearer {caller.text}"}
    if key:
        headers["Idempotency-Key"] = key
    caller.last = caller.client.post(
        f"{BASE}{path}", {"file": file, **fields}, headers=headers, format="multipart"
    )
    return caller.last.status_code, caller.last.json()


def make_asset(product: Product, seed: str = "result") -> Asset:
    """A verified picture of a product, with its file."""
    data = picture(f"{product.pk} {seed}", side=400)
    digest = hashlib.sha256(data).hexdigest()
    key = f"m/{product.store.workspace_id.hex}/{digest[:2]}/{digest}.jpg"
    files.put("assets", key, data)
    asset = Asset.objects.create(
        workspace_id=product.store.workspace_id,
        product=product,
        fingerprint=digest,
        manifest={},
        score=0.99,
    )
    Rendition.objects.create(
        asset=asset,
        name="main",
        format="jpeg",
        width=400,
        height=400,
        bytes=len(data),
        sha256=digest,
        key=key,
    )
    return asset


@pytest.fixture
def allow(settings: Any) -> Callable[[str], None]:
    """Let the HTTP door through to a loopback address of this test."""
    settings.OUTBOUND_ALLOW_HOSTS = []

    def add(url: str) -> None:
        settings.OUTBOUND_ALLOW_HOSTS = [
            *settings.OUTBOUND_ALLOW_HOSTS,
            url.partition("://")[2],
        ]

    return add


@pytest.fixture
def site(live_server: Any, settings: Any, allow: Callable[[str], None]) -> str:
    """Our own web server, where the store sends webhooks and fetches files."""
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    return str(live_server.url)


@pytest.fixture
def woo(tmp_path: Path, allow: Callable[[str], None]) -> Iterator[SandboxStore]:
    """A WooCommerce store with two products."""
    for name in ("mug", "mug-b", "vase"):
        (tmp_path / f"{name}.jpg").write_bytes(picture(name))
    with SandboxStore(products=CATALOG, photos=tmp_path) as store:
        allow(store.url)
        yield store


def connect_woo(caller: Caller, woo: SandboxStore) -> Any:
    """Connect it by the API, and read its catalog."""
    password = woo.create_app_password()
    credentials = {"username": "admin", "application_password": password.password}
    body = {"kind": "woocommerce", "base_url": woo.url, "credentials": credentials}
    status, store = caller.post("/stores", body)
    assert status == 201, store
    drain()
    return store


def gallery(woo: SandboxStore, sku: str) -> list[tuple[int, str]]:
    """The store's gallery: attachment ids and alt texts."""
    library = woo.state.tables.attachments
    return [(number, library[number].alt) for number in woo.gallery(woo.product(sku).id)]
