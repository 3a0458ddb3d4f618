"""What every platform offers and speaks: the adapter protocol and its plain values.

An adapter translates; it never touches the database. Use cases (connect, catalog, inbox, publish)
know only this file. A new platform fulfils ``Adapter``; see docs/adding-a-platform.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import urlsplit

# Adapters and use cases take everything from here.
from integrations.errors import (
    Gone as Gone,
    ImageGone as ImageGone,
    NeedsMerchant as NeedsMerchant,
    NotReady as NotReady,
    Permanent as Permanent,
    PlatformError as PlatformError,
    Retryable as Retryable,
    RightMissing as RightMissing,
)


class ProductType(StrEnum):
    """How a product stands to its variants."""

    SIMPLE = "simple"
    PARENT = "parent"
    VARIANT = "variant"
    BUNDLE = "bundle"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Image:
    """One entry of a product's gallery, as the store has it.

    ``url`` is empty for what is no picture (a video, a 3D model): it only keeps its place.
    ``variant_ids`` are the variants that show this image, where a store links them to the gallery.
    ``is_input``: pictures may be made from it; not so before it was found to be one.
    """

    external_id: str
    url: str
    alt: str = ""
    name: str = ""
    variant_ids: tuple[str, ...] = ()
    is_input: bool = True

    def holds(self, filename: str) -> bool:
        """Whether this is ``filename`` as a store keeps it, which may add ``-1`` or ``-scaled``."""
        stem = PurePosixPath(filename).stem
        return bool(stem) and PurePosixPath(urlsplit(self.url).path).name.startswith(stem)


@dataclass(frozen=True, slots=True)
class Product:
    """A product or variant as the store has it; text is plain, not HTML."""

    external_id: str
    title: str
    sku: str
    type: ProductType
    status: str
    url: str
    updated_at: datetime
    images: tuple[Image, ...]
    parent_external_id: str = ""
    description: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    variant_external_ids: tuple[str, ...] = ()
    brand: str = ""
    category_path: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    locale: str = ""
    metadata: Mapping[str, str] | None = None  # None: the store has none of its own

    @property
    def ref(self) -> ProductRef:
        """How the adapter addresses this product."""
        return ProductRef(self.external_id, self.parent_external_id)


@dataclass(frozen=True, slots=True)
class ProductRef:
    """A product's address in its store; a variant also names its parent."""

    external_id: str
    parent_external_id: str = ""


@dataclass(frozen=True, slots=True)
class GalleryState:
    """A gallery in order; the first image is the main one. Equal states look equal to a shopper."""

    images: tuple[Image, ...]

    def same_as(self, other: GalleryState) -> bool:
        """Whether ids, order, alt texts and the variants' links agree."""
        return self.fingerprint() == other.fingerprint()

    def fingerprint(self) -> tuple[tuple[str, str, frozenset[str]], ...]:
        """Ids, alt texts and variants in order: what exact undo promises."""
        return tuple(
            (image.external_id, image.alt, frozenset(image.variant_ids)) for image in self.images
        )


@dataclass(frozen=True, slots=True)
class ImageFile:
    """Bytes to put into a store, and where the store may fetch them instead.

    ``filename`` is ours, derived from the content hash, with a real extension, ASCII only.
    ``public_url`` is a signed URL of ours that ends in the same extension before its query.
    """

    filename: str
    content_type: str
    data: bytes
    public_url: str
    alt: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the granted access allows; ``missing`` names each lacking right for the merchant."""

    read_products: bool
    write_images: bool
    upload_bytes: bool
    delete_images: bool
    webhooks: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncPage:
    """A page; ``cursor`` resumes after it (None: all read); a snapshot was taken long before."""

    products: tuple[Product, ...]
    cursor: str | None
    total: int | None
    is_snapshot: bool = False


class EventKind(StrEnum):
    """What a store webhook says, in our words; always a hint to re-read, never the truth."""

    PRODUCT_CHANGED = "product_changed"
    PRODUCT_DELETED = "product_deleted"
    BULK_FINISHED = "bulk_finished"
    UNINSTALLED = "uninstalled"
    SCOPES_CHANGED = "scopes_changed"
    CUSTOMER_DATA_ASKED = "customer_data_asked"
    CUSTOMER_ERASED = "customer_erased"
    SHOP_ERASED = "shop_erased"
    PING = "ping"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """A verified, parsed store webhook.

    ``updated_at``: the product's stamp, where every change moves it; old news is then dropped.
    """

    kind: EventKind
    topic: str
    refs: tuple[ProductRef, ...] = ()
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """A store webhook as received: header names in lower case, the raw body."""

    headers: Mapping[str, str]
    body: bytes


class SignatureInvalid(Exception):
    """The webhook was not signed by this store."""


class AccessTokens(Protocol):
    """Access to a store whose tokens expire; the rows and their locks are behind it."""

    def current(self) -> str:
        """A token with some minutes left to live. Raises NeedsMerchant or Retryable."""

    def after_refusal(self, refused: str) -> str:
        """Another token than the one that the store just refused; asked once a call.

        Raises NeedsMerchant where there is none, Retryable where the store cannot be asked.
        """


class Adapter(Protocol):
    """One connected store. Every method may raise Retryable, Permanent or NeedsMerchant."""

    platform: str
    variants_share_gallery: bool  # a variant shows one of its product's images

    def check(self) -> Capabilities:
        """Ask the store what the credentials allow."""

    def pages(self, *, changed_since: datetime | None, cursor: str | None) -> Iterator[SyncPage]:
        """Yield the catalog in a stable order, a parent and its variants in one page.

        A page without products only saves the cursor. May raise NotReady: what was yielded stays.
        ``changed_since`` (aware, UTC) limits it to products modified after that moment.
        """

    def ids(self) -> Iterator[tuple[str, ...]]:
        """Yield the ids of all top-level products, a page at a time (the deletion sweep)."""

    def product(self, ref: ProductRef) -> Product:
        """Read one product afresh; raises Gone."""

    def family(self, ref: ProductRef) -> tuple[Product, ...]:
        """Read afresh whatever shares a gallery with this product, itself included; raises Gone."""

    def gallery(self, ref: ProductRef) -> GalleryState:
        """Read the gallery afresh; raises Gone."""

    def download(self, image: Image) -> bytes:
        """Fetch an image's bytes through the safe door; raises PlatformError."""

    def put_image(self, ref: ProductRef, file: ImageFile) -> Image | None:
        """Upload bytes and return the new, unattached image.

        Looks for an earlier upload of the same filename first, so a repeat does not duplicate.
        None: this access cannot upload; ``write_gallery`` fetches by URL instead.
        """

    def write_gallery(
        self,
        ref: ProductRef,
        images: tuple[Image | ImageFile, ...],
        *,
        allow_empty: bool = False,
    ) -> GalleryState:
        """Make the gallery exactly this, in this order, and return what the store then says.

        An ``ImageFile`` is fetched by the store from its public URL. Looks for the result of an
        earlier try first, so a write happens once; writes nothing where nothing differs. Refuses
        to empty a gallery unless ``allow_empty``; raises ImageGone for an id that is no more.
        """

    def delete_image(self, image: Image) -> bool:
        """Remove an image of ours from the store for good; False if this access cannot."""

    def subscribe(self, *, url: str, secret: str) -> tuple[str, ...]:
        """Make sure our webhooks exist, are active and point to ``url``; return their ids."""

    def unsubscribe(self, *, url: str) -> None:
        """Remove our webhooks."""

    def parse_event(self, request: InboundRequest, *, secret: str) -> StoreEvent:
        """Verify and parse a webhook; raises SignatureInvalid."""
