"""A variant's image: one of its product's, which the variant shows.

A picture for a variant joins the product's gallery behind the one it takes over from. That one
stays: the product shows it, and perhaps other variants do.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrations.contract import GalleryState, Gone, Image, Permanent, ProductRef
from integrations.platforms.shopify import galleries, mapping
from integrations.platforms.shopify.client import Client
from integrations.platforms.shopify.galleries import Shown
from integrations.platforms.shopify.reading import variant


def read(client: Client, ref: ProductRef) -> GalleryState:
    """The one image that the variant shows, or none; raises Gone."""
    return mapping.variant_gallery(variant(client, ref))


def write(
    client: Client, ref: ProductRef, images: Sequence[Image], *, allow_empty: bool = False
) -> GalleryState:
    """Let the variant show this image, or none. Raises as ``galleries.write`` does."""
    ids = {image.external_id for image in images}
    if len(ids) > 1:
        raise Permanent("A variant of this store holds one image only.", code="store_refused")
    now = galleries.read(client, ref.parent_external_id)
    if ref.external_id not in now.variant_ids:
        raise Gone("The variant no longer exists in the store.")
    old = now.links.get(ref.external_id, "")
    if old and not images and not allow_empty:
        raise Permanent(
            "This would remove the variant's image, so nothing was written.",
            code="gallery_would_be_empty",
        )
    if images:
        now = _brought(client, ref, images[0], now, behind=old)
    links = {key: one for key, one in now.links.items() if key != ref.external_id}
    if images:
        links[ref.external_id] = images[0].external_id
    galleries.link(client, ref.parent_external_id, now, links)
    return read(client, ref)


def _brought(client: Client, ref: ProductRef, image: Image, now: Shown, *, behind: str) -> Shown:
    """Have the image in the product's gallery; a new one goes behind the one shown so far."""
    product_id = ref.parent_external_id
    is_new = image.external_id not in now.ids
    if not galleries.describe_and_attach(client, product_id, [image], now):
        return now
    now = galleries.read(client, product_id)
    galleries.require_there(now, [image])
    if is_new and behind in now.ids:
        rest = [one for one in now.ids if one != image.external_id]
        place = rest.index(behind) + 1
        galleries.order(
            client, product_id, now.ids, [*rest[:place], image.external_id, *rest[place:]]
        )
    return now
