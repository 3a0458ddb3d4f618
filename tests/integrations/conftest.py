"""A real store on loopback, a workspace that connects to it, and a worker in this process."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from integrations import connect, publish, work
from integrations.catalog import catalog_changed
from integrations.models import (
    InboundEvent,
    Product,
    Publication,
    PublicationItem,
    SourceImage,
    Store,
    SyncRun,
)
from integrations.sandbox.woocommerce import SandboxStore
from productviz.accounts.models import Membership, Role, User, Workspace
from productviz.lib import files
from productviz.lib.lease import new_owner

CATALOG: list[dict[str, object]] = [
    {"name": "Mug &amp; Saucer", "sku": "MUG", "price": "9", "photos": ["mug.jpg", "mug-b.jpg"]},
    {"name": "Vase", "sku": "VASE", "price": "30", "photos": ["vase.jpg"]},
    {
        "name": "Hoodie",
        "sku": "HOOD",
        "type": "variable",
        "photos": ["hood.jpg"],
        "variations": [
            {"sku": "HOOD-R", "options": {"Color": "Red"}, "photo": "red.jpg"},
            {"sku": "HOOD-B", "options": {"Color": "Blue"}, "photo": "blue.jpg"},
        ],
    },
]


def picture(seed: str, *, kind: str = "JPEG") -> bytes:
    """Small, valid, different bytes for each seed."""
    colour = tuple(hashlib.sha256(seed.encode()).digest()[:3])
    out = io.BytesIO()
    Image.new("RGB", (48, 48), colour).save(out, kind)
    return out.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of photographs for the sandbox's catalog."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("mug", "mug-b", "vase", "hood", "red", "blue"):
        (folder / f"{name}.jpg").write_bytes(picture(name))
    return folder


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
def shop(photos: Path, allow: Callable[[str], None]) -> Iterator[SandboxStore]:
    """A WooCommerce store with three products, one of them with two variations."""
    with SandboxStore(products=CATALOG, photos=photos) as store:
        allow(store.url)
        yield store


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What happens here depends on the database's locks: it runs on PostgreSQL as well."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.postgres)


@dataclass
class People:
    """Who connects."""

    workspace: Workspace
    user: User


@pytest.fixture
def people(transactional_db: None) -> People:
    """A workspace and its owner."""
    workspace = Workspace.objects.create(name="Shop")
    user = User.objects.create_user("owner@example.com", "correct horse battery")
    Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
    return People(workspace, user)


@pytest.fixture
def site(live_server: Any, settings: Any, allow: Callable[[str], None]) -> str:
    """Our own web server, where the store sends webhooks and fetches files."""
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    return str(live_server.url)


@dataclass
class Counter:
    """What every platform's tests do with a connected, synced store."""

    store: Store
    signals: list[uuid.UUID]

    def product(self, sku: str) -> Product:
        """Our row of a product."""
        return Product.objects.get(store=self.store, sku=sku)

    def request(
        self, sku: str, *pictures: str, placement: str = "replace", approve: bool = False
    ) -> Publication:
        """Ask to publish pictures to a product."""
        product = self.product(sku)
        originals = list(product.images.filter(is_generated=False))
        items = [
            item(product, name, placement=placement, replaces=original)
            for name, original in zip(pictures, originals, strict=False)
        ]
        return publish.request(
            product=product, items=items, approved_by=None, needs_approval=approve
        )

    def publish(self, sku: str, *pictures: str, placement: str = "replace") -> Publication:
        """Publish and come back when it is done."""
        publication = self.request(sku, *pictures, placement=placement)
        drain()
        publication.refresh_from_db()
        assert publication.state == Publication.State.PUBLISHED, publication.error
        return publication

    def undo(self, publication: Publication, *, force: bool = False) -> Publication:
        """Undo and come back when it is done."""
        publish.undo(publication, force=force)
        drain()
        publication.refresh_from_db()
        return publication


@dataclass
class Bench(Counter):
    """A connected, synced WooCommerce store with everything a test wants to do to it."""

    shop: SandboxStore

    def remote(self, sku: str) -> list[tuple[int, str]]:
        """The store's gallery: attachment ids and alt texts."""
        library = self.shop.state.tables.attachments
        return [(n, library[n].alt) for n in self.shop.gallery(self.shop.product(sku).id)]

    def media(self) -> set[int]:
        """Every attachment in the media library."""
        return set(self.shop.state.tables.attachments)


def item(
    product: Product,
    name: str,
    *,
    placement: str = "replace",
    replaces: SourceImage | None = None,
) -> publish.ItemRequest:
    """A finished picture in storage."""
    data = picture(name)
    digest = hashlib.sha256(data).hexdigest()
    key = f"m/{product.store.workspace_id.hex}/{digest[:2]}/{digest}.jpg"
    files.put("assets", key, data)
    return publish.ItemRequest(
        asset_id=uuid.uuid4(),
        storage_key=key,
        sha256=digest,
        content_type="image/jpeg",
        alt=f"{name} on white",
        placement=PublicationItem.Placement(placement),
        replaces=replaces if placement == "replace" else None,
    )


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


def bury_worker() -> None:
    """Free the leases of a worker that was killed, as the rescuer does."""
    for model in (InboundEvent, Publication, SyncRun):
        model.objects.update(lease_owner="", lease_until=None)


@pytest.fixture
def signals() -> Iterator[list[uuid.UUID]]:
    """The product ids of every catalog_changed, in order."""
    heard: list[uuid.UUID] = []

    def listen(sender: Any, *, product_ids: list[uuid.UUID], **kwargs: Any) -> None:
        heard.extend(product_ids)

    catalog_changed.connect(listen)
    yield heard
    catalog_changed.disconnect(listen)


@pytest.fixture(params=["application-password", "keys"])
def access(request: pytest.FixtureRequest) -> str:
    """Both kinds of access, for what both must be able to do."""
    return str(request.param)


def connect_shop(people: People, shop: SandboxStore, access: str) -> Store:
    """Connect as a merchant would who pastes what the store shows."""
    who = (people.workspace, people.user, "woocommerce", shop.url)
    if access == "keys":
        key = shop.create_key()
        return connect.connect_with_keys(*who, key.consumer_key, key.consumer_secret)
    password = shop.create_app_password()
    return connect.connect_with_application_password(*who, "admin", password.password)


@pytest.fixture
def bench(people: People, shop: SandboxStore, site: str, signals: list[uuid.UUID]) -> Bench:
    """A synced store, connected by application password."""
    store = connect_shop(people, shop, "application-password")
    drain()
    store.refresh_from_db()
    signals.clear()
    return Bench(store, signals, shop)


@pytest.fixture
def key_bench(people: People, shop: SandboxStore, site: str, signals: list[uuid.UUID]) -> Bench:
    """A synced store, connected by a key pair only."""
    store = connect_shop(people, shop, "keys")
    drain()
    store.refresh_from_db()
    signals.clear()
    return Bench(store, signals, shop)
