"""The steps of publishing, in order. Each looks first at what an earlier try already did.

Nothing is written before the snapshot is safe; nothing of the merchant's is changed or deleted.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import catalog, events, mirror, preconditions
from integrations.contract import (
    GalleryState,
    Gone,
    Image,
    ImageGone,
    Permanent,
    PlatformError,
    Product,
    Retryable,
)
from integrations.gallery import Conflict, Piece, plan, target_of
from integrations.inputs import ours_of
from integrations.job import Job, asset_bytes, file_of
from integrations.models import (
    Product as ProductRow,
    Publication,
    PublicationItem,
    PublishedImage,
    Snapshot,
)
from productviz.lib import files
from productviz.lib.lease import free
from productviz.lib.queue import wake


def take_snapshot(job: Job) -> None:
    """Keep the gallery as it is, with the bytes of what will be replaced, before any write.

    An earlier try's snapshot is kept once a picture of ours may be in the gallery. Raises Conflict
    if an image to be replaced is gone, Gone if the product is.
    """
    earlier = Snapshot.objects.filter(publication=job.publication).first()
    if earlier is not None and earlier.after is not None:
        return
    if job.publication.product.status == ProductRow.Status.DELETED:
        raise Gone("The product no longer exists in the store, so nothing was written.")
    current = job.adapter.gallery(job.ref)
    pieces = job.pieces()
    if earlier is not None and _shows_any(current, pieces):
        return
    targets = targets_of(job.publication.product_id, current, pieces)
    preconditions.require(job.publication, current)
    plan(current, pieces, targets=targets, force=job.publication.force)
    rows = [
        _kept(job, image, with_bytes=image.external_id in targets.values())
        for image in current.images
    ]
    job.keep_alive()
    Snapshot.objects.update_or_create(publication=job.publication, defaults={"gallery": rows})


def _shows_any(gallery: GalleryState, pieces: Sequence[Piece]) -> bool:
    return any(piece.is_in(image) for piece in pieces for image in gallery.images)


def targets_of(
    product: uuid.UUID, current: GalleryState, pieces: Sequence[Piece]
) -> dict[str, str]:
    """For each original, the image in its place now: itself, or an earlier picture of ours."""
    ours = ours_of([product])[product]
    others = [image for image in current.images if not any(p.is_in(image) for p in pieces)]
    originals = {piece.original for piece in pieces}
    return {one: target_of(one, GalleryState(tuple(others)), ours) for one in originals}


def _kept(job: Job, image: Image, *, with_bytes: bool) -> dict[str, Any]:
    row = as_row(image) | {"key": "", "sha256": ""}
    if with_bytes:
        data = job.adapter.download(image)
        key = files.content_key(job.publication.store.workspace_id.hex, data, "bin")
        _store("originals", key, data)
        row |= {"key": key, "sha256": hashlib.sha256(data).hexdigest()}
    return row


def _store(place: files.Place, key: str, data: bytes) -> None:
    try:
        files.put(place, key, data)
    except OSError as error:
        raise Retryable(
            "The original could not be saved before publishing. Check the disk or the bucket.",
            code="storage_failed",
        ) from error


def put_images(job: Job) -> None:
    """Upload each picture once, where this access can; otherwise the store fetches it later."""
    for item in job.publication.items.filter(external_id="").order_by("pk"):
        try:
            data = asset_bytes(item)
        except FileNotFoundError as error:
            raise Permanent(
                "The finished image is no longer in storage. Generate it again.",
                code="storage_failed",
            ) from error
        job.must_hold()
        image = job.adapter.put_image(job.ref, file_of(item, data))
        if image is None:
            return
        job.keep_alive()
        PublicationItem.objects.filter(pk=item.pk).update(
            external_id=image.external_id, external_url=image.url
        )


def write_gallery(job: Job) -> None:
    """Put our pictures into the gallery as it is right now, everything else left in place."""
    pieces = job.pieces()
    current = job.adapter.gallery(job.ref)
    wanted = plan(
        current,
        pieces,
        targets=targets_of(job.publication.product_id, current, pieces),
        links=_links_before(job),
        force=job.publication.force,
    )
    job.must_hold()
    try:
        state = job.adapter.write_gallery(job.ref, wanted)
    except ImageGone as gone:
        raise _upload_again(job, gone) from gone
    job.keep_alive()
    items = job.publication.items.order_by("pk")
    for item, piece in zip(items, pieces, strict=True):
        image = _find(state, wanted.index(piece.entry) if piece.entry in wanted else -1)
        image = image or next(filter(piece.is_in, state.images), None)
        if image is not None:
            PublicationItem.objects.filter(pk=item.pk).update(
                external_id=image.external_id, external_url=image.url
            )


def _upload_again(job: Job, gone: ImageGone) -> PlatformError:
    """What becomes of a write that misses an image: one of ours is simply uploaded again."""
    ours = job.publication.items.filter(external_id=gone.external_id).exclude(external_id="")
    if not ours.update(external_id="", external_url=""):
        return gone
    return Retryable("The new image was deleted in the store before it was shown.")


def _links_before(job: Job) -> dict[str, list[str]]:
    """The variants that each image had when the snapshot was taken."""
    rows = Snapshot.objects.get(publication=job.publication).gallery
    return {row["external_id"]: row.get("variant_ids", []) for row in rows}


def _find(state: GalleryState, position: int) -> Image | None:
    return state.images[position] if 0 <= position < len(state.images) else None


def settle(job: Job) -> None:
    """Read the product back, then record what is ours and how we left the gallery, at once."""
    family = job.adapter.family(job.ref)
    gallery = job.adapter.gallery(job.ref)
    items = list(job.publication.items.select_related("replaces").order_by("pk"))
    there = {image.external_id for image in gallery.images}
    if not all(item.external_id in there for item in items):
        raise Conflict(
            "Somebody changed the gallery while it was being written. Check it, then publish again."
        )
    with transaction.atomic():
        record_ours(job.publication, items)
        job.publication.items.update(marking_due_at=timezone.now())
        Snapshot.objects.filter(publication=job.publication).update(
            after=[as_row(image) for image in gallery.images]
        )
        mirror_now(job, family)
        job.save(
            **free(
                state=Publication.State.PUBLISHED,
                published_at=timezone.now(),
                error="",
                error_code="",
                attempt=0,
                retries=0,
            )
        )
        events.publication(job.publication, "published", previous=Publication.State.IN_PROGRESS)
    wake()


def record_ours(publication: Publication, items: Sequence[PublicationItem]) -> None:
    """Write into the ledger that these pictures are ours, in the caller's transaction."""
    PublishedImage.objects.bulk_create(
        [
            PublishedImage(
                store_id=publication.store_id,
                product_id=publication.product_id,
                publication=publication,
                external_id=item.external_id,
                sha256=item.sha256,
                stands_for=item.stands_for,
            )
            for item in items
        ],
        ignore_conflicts=True,
    )


def as_row(image: Image) -> dict[str, Any]:
    """An image for a JSON column; ``undo.as_image`` reads it again."""
    return {
        "external_id": image.external_id,
        "url": image.url,
        "alt": image.alt,
        "name": image.name,
        "variant_ids": list(image.variant_ids),
    }


def mirror_now(job: Job, products: Sequence[Product]) -> None:
    """Bring our mirror to what the store says, in the caller's transaction."""
    store = job.publication.store
    changed = mirror.upsert(store, products, settling=job.publication.pk)
    catalog.announce(store, changed)
