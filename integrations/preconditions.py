"""Is the picture still meant for this product as it is now? Asked before the first write."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from integrations.contract import GalleryState, Gone
from integrations.gallery import Conflict
from integrations.models import Product, Publication, SourceImage


def gallery_hash(images: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of a gallery: its images' ids and alt texts, in order."""
    return hashlib.sha256(json.dumps([list(one) for one in images]).encode()).hexdigest()


def hash_of(gallery: GalleryState) -> str:
    """The hash of a gallery as the store has it."""
    return gallery_hash((image.external_id, image.alt) for image in gallery.images)


def hash_of_rows(images: Iterable[SourceImage]) -> str:
    """The hash of a gallery as the mirror has it; the images in order."""
    shown = (image for image in images if not image.replaced_by_us)
    return gallery_hash((image.external_id, image.alt) for image in shown)


def require(publication: Publication, current: GalleryState) -> None:
    """Raise Gone or Conflict where the product or its gallery is not what was meant.

    Whoever publishes with ``force`` has seen it.
    """
    product = Product.objects.get(pk=publication.product_id)
    if product.status == Product.Status.DELETED:
        raise Gone("The product no longer exists in the store, so nothing was written.")
    if publication.force:
        return
    if publication.inputs_hash and publication.inputs_hash != product.inputs_hash:
        raise Conflict(
            "The product changed in the store after the image was asked for, so nothing was"
            " written. Make a new image, or publish this one anyway."
        )
    if publication.gallery_hash and publication.gallery_hash != hash_of(current):
        raise Conflict(
            "The gallery is not the one that the request names, so nothing was written. Look at"
            " it, then publish anyway or cancel."
        )
