"""The steps of an undo, in order: the gallery as the snapshot has it, then our files removed.

Identical means the same images in the same order with the same alt texts, shown by the same
variants. What the merchant deleted meanwhile is uploaded again from our copy; what the merchant
added is never taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from integrations import events
from integrations.contract import (
    GalleryState,
    Image,
    ImageFile,
    ImageGone,
    Permanent,
    ProductRef,
)
from integrations.gallery import Conflict, differences
from integrations.inputs import STEM_LENGTH
from integrations.job import Job
from integrations.models import Publication, PublishedImage, Snapshot, SourceImage
from integrations.writing import mirror_now
from productviz.lib import files
from productviz.lib.lease import free
from productviz.lib.queue import wake

SNAPSHOT_GONE = (
    "The gallery as it was before is no longer kept, so it cannot be put back by itself. Change "
    "the gallery in your store, or publish another image in this one's place."
)
_TYPES = (
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"\x89PNG", "png", "image/png"),
    (b"RIFF", "webp", "image/webp"),
    (b"GIF8", "gif", "image/gif"),
)


def check(job: Job) -> None:
    """Stop before touching a gallery that others changed since, unless told to go on."""
    if job.publication.force or is_untouched(job):
        return
    raise Conflict(
        "The gallery was changed in the store after publishing. Undo anyway to put the earlier"
        " images back; images that were added since are kept at the end."
    )


def is_untouched(job: Job) -> bool:
    """Whether the store's gallery is as our write left it. Raises PlatformError."""
    current = job.adapter.gallery(job.ref)
    snapshot = _snapshot(job)
    ids = [image.external_id for image in current.images]
    wanted = [image.external_id for image in wanted_images(snapshot)]
    if ids == wanted:
        return True
    if snapshot.after is not None:
        after = GalleryState(tuple(as_image(row) for row in snapshot.after))
        return current.same_as(after) or _is_half_restored(ids, wanted=wanted, after=after)
    # The write was interrupted before it was recorded: only our own pictures may be new.
    pieces = job.pieces()
    before = {image.external_id for image in wanted_images(snapshot)}
    return all(
        image.external_id in before or any(piece.is_in(image) for piece in pieces)
        for image in current.images
    )


def _is_half_restored(ids: list[str], *, wanted: list[str], after: GalleryState) -> bool:
    """Whether an undo of ours was cut off, where a store takes several steps to write a gallery:
    what was missing is back at the end, or in its place and ours not out yet."""
    left = [image.external_id for image in after.images]
    missing = [one for one in wanted if one not in left]
    extra = [one for one in left if one not in wanted]
    if missing and ids == [*left, *missing]:
        return True
    in_order = [one for one in ids if one in wanted] == wanted
    ours_there = bool(extra) and [one for one in ids if one not in wanted] == extra
    return ids != left and in_order and ours_there


def restore(job: Job) -> None:
    """Write the snapshot's images back, in order; upload again what is gone for good."""
    snapshot = _snapshot(job)
    for _ in range(len(snapshot.gallery) + 1):
        wanted = (*wanted_images(snapshot), *_added_since(job, snapshot))
        job.must_hold()
        try:
            job.adapter.write_gallery(job.ref, wanted, allow_empty=not snapshot.gallery)
        except ImageGone as gone:
            _bring_back(job, snapshot, gone)
            continue
        job.keep_alive()
        return
    raise Permanent("The store keeps losing the images of this gallery.", code="image_gone")


def _added_since(job: Job, snapshot: Snapshot) -> list[Image]:
    """What others have put into the gallery since; our own pictures are to leave."""
    known = {image.external_id for image in wanted_images(snapshot)}
    known |= {row["external_id"] for row in snapshot.gallery}
    pieces = job.pieces()
    return [
        image
        for image in job.adapter.gallery(job.ref).images
        if image.external_id not in known and not any(piece.is_in(image) for piece in pieces)
    ]


def _bring_back(job: Job, snapshot: Snapshot, gone: ImageGone) -> None:
    """Upload a deleted original from our copy, or give it up where we have none."""
    rows = [row for row in snapshot.gallery if _current_id(row) == gone.external_id]
    if not rows:
        raise Permanent(str(gone), code="image_gone")
    for row in rows:
        row["restored_as"] = _put_again(job, row) if row.get("key") else "-"
    job.keep_alive()
    Snapshot.objects.filter(pk=snapshot.pk).update(gallery=snapshot.gallery)


def _put_again(job: Job, row: dict[str, str]) -> str:
    data = files.get("originals", row["key"])
    found = [(ext, kind) for start, ext, kind in _TYPES if data.startswith(start)]
    extension, content_type = found[0] if found else ("jpg", "image/jpeg")
    # A store that cannot be uploaded to fetches it from us, which only assets allow.
    key = files.content_key(f"m/{job.publication.store.workspace_id.hex}", data, extension)
    files.put("assets", key, data)
    file = ImageFile(
        filename=f"{row['sha256'][:STEM_LENGTH]}.{extension}",
        content_type=content_type,
        data=data,
        public_url=import_string(settings.PUBLIC_FILE_URL)(key, extension),
        alt=row["alt"],
    )
    image = job.adapter.put_image(job.ref, file)
    if image is None:
        beside = () if job.ref.parent_external_id else job.adapter.gallery(job.ref).images
        state = job.adapter.write_gallery(job.ref, (*beside, file))
        image = state.images[-1]
    return image.external_id


def verify(job: Job) -> None:
    """Read the gallery back and list every way in which it is not the earlier one."""
    snapshot = _snapshot(job)
    wanted = wanted_images(snapshot)
    found = job.adapter.gallery(job.ref)
    words = [
        f"The image {row['name'] or row['external_id']} had been deleted in the store"
        + (" and was uploaded again." if row["restored_as"] != "-" else " and stays away.")
        for row in snapshot.gallery
        if "restored_as" in row
    ]
    words += differences(wanted, found)
    job.save(differences=words, attempt=0, retries=0)
    ids = [image.external_id for image in found.images][: len(wanted)]
    if ids != [image.external_id for image in wanted]:
        raise Permanent(
            "The gallery could not be put back as it was. " + " ".join(words),
            code="gallery_changed",
        )


def remove_ours(job: Job) -> None:
    """Delete our files from the store, where nobody uses them and this access may."""
    for item in job.publication.items.exclude(external_id=""):
        if _is_used(job, item.external_id):
            continue
        job.must_hold()
        image = Image(item.external_id, item.external_url)
        if job.adapter.delete_image(image):
            PublishedImage.objects.filter(
                publication=job.publication, external_id=item.external_id
            ).delete()


def _is_used(job: Job, external_id: str) -> bool:
    """Whether another publication, product or variant shows the file."""
    publication = job.publication
    in_snapshot = external_id in {image.external_id for image in wanted_images(_snapshot(job))}
    live = Publication.objects.filter(
        store=publication.store_id,
        items__external_id=external_id,
        state__in=(Publication.State.PUBLISHED, *Publication.WAITING),
    ).exclude(pk=publication.pk)
    return in_snapshot or _is_shown(job, external_id) or live.exists()


def _is_shown(job: Job, external_id: str) -> bool:
    """Whether a product shows the file, apart from what the undo has just put right."""
    publication = job.publication
    images = SourceImage.objects.filter(
        product__store=publication.store_id, external_id=external_id
    )
    if not job.adapter.variants_share_gallery:
        return images.exclude(product=publication.product_id).exists()
    family = publication.family
    shared = job.adapter.gallery(ProductRef(family.external_id)).images
    shown_by = [image.variant_ids for image in shared if image.external_id == external_id]
    others = images.exclude(product=family).exclude(product__parent=family)
    return any(shown_by) or others.exists()


def settle(job: Job) -> None:
    """Mirror the gallery again and close."""
    family = job.adapter.family(job.ref)
    with transaction.atomic():
        _record_restored(job)
        mirror_now(job, family)
        job.save(
            **free(
                state=Publication.State.ROLLED_BACK,
                rolled_back_at=timezone.now(),
                error="",
                error_code="",
                attempt=0,
                retries=0,
            )
        )
        events.publication(job.publication, "rolled_back", previous=Publication.State.ROLLING_BACK)
    wake()


def _record_restored(job: Job) -> None:
    """An original under a new id is the same input as before."""
    PublishedImage.objects.bulk_create(
        [
            PublishedImage(
                store_id=job.publication.store_id,
                product_id=job.publication.product_id,
                publication=job.publication,
                external_id=row["restored_as"],
                sha256=row["sha256"],
                stands_for=row["external_id"],
                is_original=True,
            )
            for row in _snapshot(job).gallery
            if row.get("restored_as", "-") != "-"
        ],
        ignore_conflicts=True,
    )


def wanted_images(snapshot: Snapshot) -> tuple[Image, ...]:
    """The gallery to restore, under the ids the images have now."""
    return tuple(
        replace(as_image(row), external_id=_current_id(row))
        for row in snapshot.gallery
        if row.get("restored_as") != "-"
    )


def _current_id(row: dict[str, str]) -> str:
    return row.get("restored_as") or row["external_id"]


def as_image(row: Mapping[str, Any]) -> Image:
    """An image out of a JSON column; see ``writing.as_row``."""
    return Image(
        external_id=row["external_id"],
        url=row["url"],
        alt=row["alt"],
        name=row["name"],
        variant_ids=tuple(row.get("variant_ids", ())),
    )


def _snapshot(job: Job) -> Snapshot:
    try:
        return Snapshot.objects.get(publication=job.publication)
    except Snapshot.DoesNotExist as error:
        raise Permanent(SNAPSHOT_GONE, code="state_conflict") from error
