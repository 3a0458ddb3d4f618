"""Our own pictures are never a source, under whatever id and name they come back from a store.

Asked once a photograph, when it is first decoded. The bytes tell a copy for certain. One that was
encoded again is told by what it shows: a difference hash within four bits, small versions that
hardly differ, and no original that it is nearer to, since a packshot may look much like its source.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from PIL import Image

from generation.errors import Permanent
from generation.imaging.hashing import difference_hash, hamming
from generation.imaging.pixels import Rgb, Upright
from generation.keys import preview_key
from integrations import recognition
from integrations.models import PublicationItem, SourceImage
from productviz.lib import files

HASH_BITS = 4
# Mean difference of 32 x 32 versions, of 255. Re-encoded at quality 40 and half the size: below 2;
# another photograph of the same product: above 8 (measured 2026-11 on the tests' pictures).
SMALL_DIFFERENCE = 4.0
_SIDE = 32
_LOOKED_AT = 20


def refuse_our_own(image: SourceImage, pixels: Upright) -> None:
    """Raise Permanent where the photograph is a copy of ours; it counts as ours from then on."""
    item = recognition.same_bytes(image) or _looks_like(image, pixels.rgb)
    if item is None:
        return
    recognition.note_copy(image, item)
    raise Permanent(
        "no_usable_source",
        "That picture was made by ProductViz and came back under another name. Choose one of the"
        " product's own photographs.",
    )


def _looks_like(image: SourceImage, rgb: Rgb) -> PublicationItem | None:
    items = list(recognition.published_before(image)[:_LOOKED_AT])
    if not items:
        return None
    to_originals = min((_distance(rgb, one) for one in _originals(image)), default=None)
    if to_originals is None:
        return None  # nothing to compare with: a photograph is not refused on a doubt
    for item in items:
        ours = _read("assets", item.storage_key)
        if ours is None or hamming(difference_hash(rgb), difference_hash(ours)) > HASH_BITS:
            continue
        if _distance(rgb, ours) <= SMALL_DIFFERENCE and _distance(rgb, ours) < to_originals:
            return item
    return None


def _originals(image: SourceImage) -> Iterator[Rgb]:
    """The product's photographs that were there before, as their previews show them."""
    rows: Iterable[SourceImage] = SourceImage.with_removed.filter(
        product=image.product_id, is_generated=False, created_at__lt=image.created_at
    ).exclude(sha256="")
    workspace = image.product.store.workspace_id
    for row in rows:
        preview = _read("work", preview_key(workspace, row.sha256))
        if preview is not None:
            yield preview


def _read(place: files.Place, key: str) -> Rgb | None:
    """One of our own files, on white; None where it is gone."""
    if not files.exists(place, key):
        return None
    with Image.open(io.BytesIO(files.get(place, key))) as picture:
        whole = picture.convert("RGBA")
        ground = Image.new("RGBA", whole.size, "white")
        return np.asarray(Image.alpha_composite(ground, whole).convert("RGB"), dtype=np.uint8)


def _distance(one: Rgb, other: Rgb) -> float:
    """How much two pictures differ when both are made very small: 0 to 255."""
    return float(np.abs(_small(one) - _small(other)).mean())


def _small(rgb: Rgb) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    shrunk = cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, dtype=np.float32)
