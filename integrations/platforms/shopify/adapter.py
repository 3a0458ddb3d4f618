"""The contract's Adapter for Shopify. Translates; no database here.

A product's media are its gallery and a variant shows one of them. Shopify pushes the webhooks that
``shopify.app.toml`` declares, so there is nothing to subscribe to in a shop.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from integrations.contract import (
    AccessTokens,
    Capabilities,
    GalleryState,
    Image,
    ImageFile,
    InboundRequest,
    Permanent,
    Product,
    ProductRef,
    StoreEvent,
    SyncPage,
)
from integrations.platforms.shopify import bulk, events, files, galleries, reading, variants
from integrations.platforms.shopify.app import App
from integrations.platforms.shopify.client import Client
from integrations.platforms.shopify.replies import transport_error
from integrations.platforms.shopify.rights import capabilities
from productviz.lib.http import OutboundError, fetch_image


class ShopifyAdapter:
    """One connected shop, ``name.myshopify.com``."""

    platform = "shopify"
    variants_share_gallery = True

    def __init__(self, shop: str, app: App, tokens: AccessTokens) -> None:
        self._app = app
        self._client = Client(shop, app, tokens)

    def check(self) -> Capabilities:
        """Ask which scopes were granted; raises NeedsMerchant if nothing works."""
        found = self._client.run("app_installation")["currentAppInstallation"]
        return capabilities(scope["handle"] for scope in found["accessScopes"])

    def pages(self, *, changed_since: datetime | None, cursor: str | None) -> Iterator[SyncPage]:
        """Yield all of it by a bulk operation, or what changed page by page."""
        if changed_since is not None:
            return reading.pages(self._client, changed_since=changed_since, cursor=cursor)
        return bulk.pages(self._client, cursor, self._every_page)

    def _every_page(self, cursor: str | None) -> Iterator[SyncPage]:
        return reading.pages(self._client, changed_since=None, cursor=cursor)

    def ids(self) -> Iterator[tuple[str, ...]]:
        """Yield the ids of all products, variants excepted."""
        return reading.ids(self._client)

    def product(self, ref: ProductRef) -> Product:
        """Read one product or variant afresh; raises Gone."""
        return reading.product(self._client, ref)

    def family(self, ref: ProductRef) -> tuple[Product, ...]:
        """The product and all its variants, in one read as a rule; raises Gone."""
        top = ref.parent_external_id or ref.external_id
        return tuple(reading.whole(self._client, top).family())

    def gallery(self, ref: ProductRef) -> GalleryState:
        """Read the gallery afresh; a variant's holds one image or none."""
        if ref.parent_external_id:
            return variants.read(self._client, ref)
        return galleries.read(self._client, ref.external_id).state

    def download(self, image: Image) -> bytes:
        """Fetch the file that the shop shows.

        ``originalSource`` would be the merchant's upload untouched, but its address dies within
        minutes, and rows keep the address for as long as the image is in the catalog.
        """
        try:
            return fetch_image(image.url).body
        except OutboundError as error:
            if error.retryable:
                raise transport_error(error) from error
            raise Permanent(
                f"The file of an image cannot be fetched from the store. {error}", code=error.code
            ) from error

    def put_image(self, ref: ProductRef, file: ImageFile) -> Image | None:
        """Upload to the shop's files and wait until the image can be shown."""
        return files.put(self._client, ref, file)

    def write_gallery(
        self,
        ref: ProductRef,
        images: tuple[Image | ImageFile, ...],
        *,
        allow_empty: bool = False,
    ) -> GalleryState:
        """Make the gallery exactly this; bytes go through ``put_image`` first."""
        placed = [self._placed(ref, one) for one in images]
        if ref.parent_external_id:
            return variants.write(self._client, ref, placed, allow_empty=allow_empty)
        return galleries.write(self._client, ref.external_id, placed, allow_empty=allow_empty)

    def _placed(self, ref: ProductRef, one: Image | ImageFile) -> Image:
        return one if isinstance(one, Image) else files.put(self._client, ref, one)

    def delete_image(self, image: Image) -> bool:
        """Delete a file of ours for good, out of every gallery; the merchant's never comes here."""
        return files.delete(self._client, image.external_id)

    def subscribe(self, *, url: str, secret: str) -> tuple[str, ...]:
        """Nothing to do: the app's own configuration subscribes every shop, and keeps doing so."""
        return ()

    def unsubscribe(self, *, url: str) -> None:
        """Nothing to do: Shopify stops by itself when the app is removed from the shop."""

    def parse_event(self, request: InboundRequest, *, secret: str) -> StoreEvent:
        """Verify with the app's secret, which every shop shares, and parse; SignatureInvalid."""
        return events.parse(request, self._app, self._client.shop)
