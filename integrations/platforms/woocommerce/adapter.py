"""The contract's Adapter for WooCommerce: catalog reading and galleries.

Galleries are written by attachment id, complete and in order: leaving one out removes it, and
repeating a source address makes a second file (measured 2026-11-22). No database here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.contract import (
    Capabilities,
    GalleryState,
    Gone,
    Image,
    ImageFile,
    InboundRequest,
    NeedsMerchant,
    Permanent,
    Product,
    ProductRef,
    Retryable,
    StoreEvent,
    SyncPage,
)
from integrations.platforms.woocommerce import events, hooks, mapping, media
from integrations.platforms.woocommerce.client import Client, Credentials
from integrations.platforms.woocommerce.paging import walk
from integrations.platforms.woocommerce.replies import rows, single, transport_error
from productviz.lib.http import OutboundError, fetch_image

# modified_after is exclusive and counts whole seconds; clocks of one cluster differ by minutes.
OVERLAP = timedelta(minutes=5)
# 50 variable products are 51 requests: under a minute on a slow host, within one lease.
PAGE = 50
VARIATION_PAGE = 100
MAX_VARIATION_PAGES = 50
# The store goes on after a time-out; by then it is done or its host has stopped it.
AFTER_TIMEOUT = 180.0
_IDS_PAGE = 100

Raw = Mapping[str, Any]
Entry = Image | ImageFile


class WooCommerceAdapter:
    """One connected WooCommerce store."""

    platform = "woocommerce"
    variants_share_gallery = False

    def __init__(self, credentials: Mapping[str, str], base_url: str) -> None:
        self._client = Client(base_url, Credentials.of(credentials))

    def check(self) -> Capabilities:
        """Ask for each right without changing anything; raises NeedsMerchant if nothing works."""
        self._client.call("GET", "products", params={"per_page": 1, "_fields": "id"})
        write = self._allowed("POST", "products/batch", json={})
        webhooks = self._allowed("GET", "webhooks", params={"per_page": 1, "_fields": "id"})
        upload = media.may_upload(self._client)
        missing = (
            (write, "Change products: give the key Read/Write permission."),
            (webhooks, "Manage webhooks: connect with an administrator or shop manager."),
        )
        return Capabilities(
            read_products=True,
            write_images=write,
            upload_bytes=upload,
            delete_images=upload,
            webhooks=webhooks and write,
            missing=tuple(text for granted, text in missing if not granted),
        )

    def _allowed(self, method: str, path: str, **parts: Any) -> bool:
        try:
            self._client.call(method, path, **parts)
        except NeedsMerchant:
            return False
        return True

    def pages(self, *, changed_since: datetime | None, cursor: str | None) -> Iterator[SyncPage]:
        """Yield products by id, each parent directly followed by its variations."""
        params: dict[str, object] = {"_fields": mapping.PRODUCT_FIELDS}
        if changed_since is not None:
            # Naive UTC with the flag is the one spelling that is right in every time zone.
            since = (changed_since - OVERLAP).astimezone(UTC).replace(tzinfo=None, microsecond=0)
            params |= {"modified_after": since.isoformat(), "dates_are_gmt": True}
        for chunk in walk(
            lambda offset: self._listed(offset, params, size=PAGE), cursor, size=PAGE
        ):
            products = [one for row in chunk.rows for one in self._family(row)]
            yield SyncPage(tuple(products), chunk.cursor, chunk.total)

    def _listed(
        self, offset: int, params: Mapping[str, object], *, size: int
    ) -> tuple[list[Raw], int | None]:
        order = {"orderby": "id", "order": "asc", "status": "any"}
        query = {**params, **order, "per_page": size, "offset": offset}
        body, reply = self._client.call("GET", "products", params=query)
        total = reply.headers.get("X-WP-Total", "")
        return rows(body), int(total) if total.isdigit() else None

    def _family(self, raw: Raw) -> Iterator[Product]:
        yield mapping.product(raw)
        if raw.get("type") == "variable":
            for row in self._variations(str(raw["id"])):
                yield mapping.variation(row, parent_id=str(raw["id"]), parent_name=raw.get("name"))

    def _variations(self, parent_id: str) -> Iterator[Raw]:
        seen: set[int] = set()
        for page in range(1, MAX_VARIATION_PAGES + 1):
            params = {
                "_fields": mapping.VARIATION_FIELDS,
                "orderby": "id",
                "order": "asc",
                "per_page": VARIATION_PAGE,
                "page": page,
            }
            try:
                body, _ = self._client.call(
                    "GET", f"products/{parent_id}/variations", params=params
                )
            except Gone:
                return
            fresh = [row for row in rows(body) if row["id"] not in seen]
            seen.update(row["id"] for row in fresh)
            yield from fresh
            if len(fresh) < VARIATION_PAGE:
                return

    def ids(self) -> Iterator[tuple[str, ...]]:
        """Yield the ids of everything that is not in the trash, variations excepted."""
        params = {"_fields": "id"}
        for chunk in walk(
            lambda offset: self._listed(offset, params, size=_IDS_PAGE), None, size=_IDS_PAGE
        ):
            yield tuple(str(row["id"]) for row in chunk.rows)

    def product(self, ref: ProductRef) -> Product:
        """Read one product or variation afresh; raises Gone, also for the trash."""
        if ref.parent_external_id:
            return self._variation(ref)
        raw = self._get(f"products/{ref.external_id}", fields=mapping.PRODUCT_FIELDS)
        if raw.get("type") == "variation":
            return self._variation(ProductRef(ref.external_id, str(raw["parent_id"])))
        return mapping.product(raw)

    def family(self, ref: ProductRef) -> tuple[Product, ...]:
        """The product or variation alone: each has a gallery of its own."""
        return (self.product(ref),)

    def _variation(self, ref: ProductRef) -> Product:
        parent = ref.parent_external_id
        raw = self._get(_path(ref), fields=mapping.VARIATION_FIELDS)
        name = self._get(f"products/{parent}", fields="name,status").get("name")
        return mapping.variation(raw, parent_id=parent, parent_name=name)

    def _get(self, path: str, *, fields: str) -> Raw:
        body, _ = self._client.call("GET", path, params={"_fields": fields})
        raw = single(body)
        if raw.get("status") == "trash":
            raise Gone("The product is in the store's trash.")
        return raw

    def gallery(self, ref: ProductRef) -> GalleryState:
        """Read the gallery afresh; a variation's holds one image or none."""
        fields = "image,status" if ref.parent_external_id else "images,status"
        return mapping.gallery(self._get(_path(ref), fields=fields))

    def download(self, image: Image) -> bytes:
        """Fetch the file the store shows; a scaled one where WordPress scaled it."""
        try:
            return fetch_image(image.url).body
        except OutboundError as error:
            if error.retryable:
                raise transport_error(error) from error
            raise Permanent(
                f"The file of an image cannot be fetched from the store. {error}", code=error.code
            ) from error

    def put_image(self, ref: ProductRef, file: ImageFile) -> Image | None:
        """Upload to the media library as a file of this product; None without a password."""
        return media.put(self._client, file, parent_id=ref.external_id)

    def write_gallery(
        self, ref: ProductRef, images: tuple[Entry, ...], *, allow_empty: bool = False
    ) -> GalleryState:
        """Write ids in order; files go by address, unless an earlier try brought them already."""
        if ref.parent_external_id and len(images) > 1:
            raise Permanent("A variant of this store holds one image only.", code="store_refused")
        current = self.gallery(ref)
        wanted = self._without_repeats(ref, images, current)
        if not wanted and current.images and not allow_empty:
            raise Permanent(
                "This would remove every image of the product, so nothing was written.",
                code="gallery_would_be_empty",
            )
        if self._needs_write(current, wanted):
            current = self._write(ref, wanted, current)
        return self._with_alts(ref, current, wanted)

    def _without_repeats(
        self, ref: ProductRef, images: tuple[Entry, ...], current: GalleryState
    ) -> tuple[Entry, ...]:
        known: dict[str, Entry] = {}
        for entry in images:
            found = entry
            if isinstance(entry, ImageFile):
                found = media.earlier(self._client, entry, current, ref.external_id) or entry
            key = found.external_id if isinstance(found, Image) else found.public_url
            known.setdefault(key, found)
        return tuple(known.values())

    def _needs_write(self, current: GalleryState, wanted: tuple[Entry, ...]) -> bool:
        if not _same_images(current, wanted):
            return True
        if self._client.has_password:
            return False
        pairs = zip(current.images, wanted, strict=True)
        return any(new.alt and new.alt != old.alt for old, new in pairs)

    def _write(
        self, ref: ProductRef, wanted: tuple[Entry, ...], current: GalleryState
    ) -> GalleryState:
        alts = {image.external_id: image.alt for image in current.images}
        entries = [_entry(one, alts) for one in wanted]
        if ref.parent_external_id:
            body: dict[str, object] = {"image": entries[0] if entries else None}
        else:
            body = {"images": entries}
        try:
            answer, _ = self._client.call("PUT", _path(ref), json=body)
        except Retryable as error:
            # The store may have done it all the same: look before anyone repeats it.
            after = self.gallery(ref)
            if _same_images(after, wanted):
                return after
            if error.code == "store_busy":
                raise
            raise Retryable(str(error), code=error.code, after=AFTER_TIMEOUT) from error
        return mapping.gallery(single(answer))

    def _with_alts(
        self, ref: ProductRef, state: GalleryState, wanted: tuple[Entry, ...]
    ) -> GalleryState:
        """Set the alt texts that a product write cannot set: it ignores an empty one (measured)."""
        if not self._client.has_password or not _same_images(state, wanted):
            return state
        pairs = [
            (old, new) for old, new in zip(state.images, wanted, strict=True) if old.alt != new.alt
        ]
        for old, new in pairs:
            media.describe(self._client, old, alt=new.alt)
        return self.gallery(ref) if pairs else state

    def delete_image(self, image: Image) -> bool:
        """Delete an attachment for good; only an application password may."""
        return media.delete(self._client, image)

    def subscribe(self, *, url: str, secret: str) -> tuple[str, ...]:
        """Have exactly one active webhook for each topic."""
        return hooks.subscribe(self._client, url=url, secret=secret)

    def unsubscribe(self, *, url: str) -> None:
        """Remove every webhook that points to ``url``."""
        hooks.unsubscribe(self._client, url=url)

    def parse_event(self, request: InboundRequest, *, secret: str) -> StoreEvent:
        """Verify and parse a webhook; raises SignatureInvalid."""
        return events.parse(request, secret=secret)


def _path(ref: ProductRef) -> str:
    if ref.parent_external_id:
        return f"products/{ref.parent_external_id}/variations/{ref.external_id}"
    return f"products/{ref.external_id}"


def _entry(one: Entry, alts: Mapping[str, str]) -> dict[str, object]:
    if isinstance(one, ImageFile):
        return {"src": one.public_url, "alt": one.alt}
    entry: dict[str, object] = {"id": int(one.external_id)}
    if one.alt and one.alt != alts.get(one.external_id):
        entry["alt"] = one.alt
    return entry


def _same_images(state: GalleryState, wanted: tuple[Entry, ...]) -> bool:
    return len(state.images) == len(wanted) and all(
        media.is_file(old, new)
        if isinstance(new, ImageFile)
        else old.external_id == new.external_id
        for old, new in zip(state.images, wanted, strict=True)
    )
