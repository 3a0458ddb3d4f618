"""The images' part of the mirror: what a gallery's rows lack, and writing it.

Comparing changes no row; what fits already is left alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from django.utils import timezone

from integrations import contract
from integrations.inputs import Ours
from integrations.models import SourceImage

Known = Mapping[uuid.UUID, Mapping[str, SourceImage]]

_FIELDS = ("url", "alt", "position", "is_generated", "replaced_by_us", "sha256", "removed_at")


@dataclass(frozen=True, slots=True)
class Changes:
    """What one gallery's rows lack: rows to make, to change, and the ids of those that left."""

    new: Sequence[SourceImage] = ()
    changed: Sequence[SourceImage] = ()
    lost: Sequence[uuid.UUID] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.lost)


def known(product_ids: Iterable[uuid.UUID]) -> Known:
    """The image rows of products by external id, those that left their gallery too."""
    rows: dict[uuid.UUID, dict[str, SourceImage]] = {pk: {} for pk in product_ids}
    for image in SourceImage.with_removed.filter(product__in=list(rows)):
        rows[image.product_id][image.external_id] = image
    return rows


def compare(
    pk: uuid.UUID, one: contract.Product, ours: Ours, rows: Mapping[str, SourceImage]
) -> Changes:
    """What the rows of the product ``pk`` lack to be what the store says."""
    wanted = _wanted(pk, one, ours, rows)
    return Changes(
        new=[image for key, image in wanted.items() if key not in rows],
        changed=[
            image
            for key, image in wanted.items()
            if key in rows and _facts(image) != _facts(rows[key])
        ],
        lost=[
            image.pk
            for key, image in rows.items()
            if key not in wanted and image.removed_at is None
        ],
    )


def write(changes: Iterable[Changes]) -> None:
    """Write what was found; one statement a kind of change, none where nothing is lacking."""
    found = list(changes)
    new = [image for one in found for image in one.new]
    changed = [image for one in found for image in one.changed]
    lost = [pk for one in found for pk in one.lost]
    SourceImage.objects.bulk_create(new, ignore_conflicts=True)
    SourceImage.with_removed.bulk_update(changed, _FIELDS, batch_size=100)
    SourceImage.objects.filter(pk__in=lost).update(removed_at=timezone.now())


def _facts(image: SourceImage) -> tuple[object, ...]:
    return tuple(getattr(image, name) for name in _FIELDS)


def _wanted(
    pk: uuid.UUID, one: contract.Product, ours: Ours, rows: Mapping[str, SourceImage]
) -> dict[str, SourceImage]:
    """The rows a gallery should have: its images, and the originals that ours stand for."""
    wanted: dict[str, SourceImage] = {}
    hidden: dict[str, int] = {}
    for position, image in enumerate(one.images):
        original = ours.original_of(image.external_id, image.url)
        is_ours = original is not None and image.external_id not in ours.restored
        row = _row(pk, image, rows)
        row.alt, row.position, row.removed_at = image.alt, position, None
        row.is_generated, row.replaced_by_us = is_ours, False
        wanted.setdefault(image.external_id, row)
        if is_ours and original:
            hidden.setdefault(original, position)
    for external_id, position in hidden.items():
        if external_id in rows and external_id not in wanted:
            row = copy(rows[external_id])
            row.position, row.replaced_by_us, row.removed_at = position, True, None
            wanted[external_id] = row
    return wanted


def _row(pk: uuid.UUID, image: contract.Image, rows: Mapping[str, SourceImage]) -> SourceImage:
    if image.external_id not in rows:
        return SourceImage(product_id=pk, external_id=image.external_id, url=image.url)
    row = copy(rows[image.external_id])
    if row.url != image.url:
        row.url, row.sha256 = image.url, ""
    return row
