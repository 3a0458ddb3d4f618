"""What the checks look at: the finished main file decoded again, and what it should show.

The expectation is made anew from the source photographs, not from the engine's own picture.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

from generation.imaging.geometry import (
    Box,
    Region,
    moved,
    product_box,
    region_around,
    warp,
    warp_alpha,
)
from generation.imaging.metrics import Mask, eroded
from generation.spec import PresetSpec
from generation.types import EncodedFile, Item, Pixels, Placed, Prepared, Rendered

# Pixels this near the edge mix with the ground, in the smaller of source and canvas pixels.
_EDGE_PIXELS = 3
_RIM_PIXELS = 24


@dataclass(frozen=True, slots=True)
class Decoded:
    """The main file as a buyer's browser sees it, and what it claims.

    ``pixels`` is uint8 sRGB, H x W x 3, or H x W x 4 with straight alpha. ``is_full_quality``:
    the encoder rounded to whole steps only (PNG, or JPEG with quantisation tables of ones).
    """

    pixels: Pixels
    format: str
    has_profile: bool
    is_full_quality: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """One placed product: what its part of the canvas (``region``) should show, and what it does.

    ``expected`` and ``expected_alpha`` are the photograph and its cut-out through the recorded
    transform, ``shown`` the file's own pixels. ``comparable`` is what nothing else mixes with.
    """

    item: Item
    placed: Placed
    source_box: Box
    target_box: Box
    region: Region
    expected: Pixels
    expected_alpha: Pixels
    shown: Pixels
    comparable: Mask

    @property
    def visible(self) -> Pixels:
        """The part that no other product hides, as uint8 alpha of the region."""
        return self.placed.alpha[self.region.slices]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is measured, gathered once."""

    prepared: Prepared
    rendered: Rendered
    spec: PresetSpec
    decoded: Decoded
    sights: tuple[Sight, ...]

    @property
    def locked(self) -> Iterator[Sight]:
        """The products whose pixels must be the photograph's own."""
        return (sight for sight in self.sights if not sight.placed.shaded)

    def covered_by_others(self, sight: Sight) -> Pixels:
        """How much of a product's region other products cover: uint8 alpha, the largest of all."""
        cover = np.zeros(sight.visible.shape, dtype=np.uint8)
        for other in self.sights:
            if other.placed is not sight.placed:
                np.maximum(cover, other.placed.alpha[sight.region.slices], out=cover)
        return cover


def decode(file: EncodedFile) -> Decoded | None:
    """Decode a finished file again, or give None where it is broken."""
    try:
        with Image.open(io.BytesIO(file.data)) as image:
            mode = "RGBA" if image.has_transparency_data else "RGB"
            return Decoded(
                pixels=np.asarray(image.convert(mode)),
                format=(image.format or "").lower(),
                has_profile=_is_srgb(image.info.get("icc_profile")),
                is_full_quality=_is_full_quality(image),
            )
    except Exception:
        # Each format's decoder has errors of its own; a broken file is a verdict, never a crash.
        return None


def _is_full_quality(image: Image.Image) -> bool:
    tables = getattr(image, "quantization", None)
    if not tables:
        return image.format == "PNG"
    return all(step == 1 for table in tables.values() for step in table)


def _is_srgb(profile: bytes | None) -> bool:
    if not profile:
        return False
    try:
        return "sRGB" in ImageCms.getProfileDescription(
            ImageCms.ImageCmsProfile(io.BytesIO(profile))
        )
    except (OSError, ImageCms.PyCMSError):
        return False


def gather(prepared: Prepared, rendered: Rendered, spec: PresetSpec, decoded: Decoded) -> Evidence:
    """Re-create what the file should show, for a file of the canvas's size.

    Raises `ImageRejected` where a placed item's cut-out holds no product.
    """
    sights = tuple(
        _sight(prepared.items[placed.item], placed, decoded) for placed in rendered.placed
    )
    return Evidence(prepared, rendered, spec, decoded, sights)


def _sight(item: Item, placed: Placed, decoded: Decoded) -> Sight:
    height, width = placed.alpha.shape
    transform = placed.transform
    box = product_box(item.cutout.alpha)
    target = moved(box, transform)
    region = region_around(target, pad=_RIM_PIXELS, width=width, height=height)
    alpha = warp_alpha(item.cutout.alpha, transform, region)
    solid = (alpha == 255) & (placed.alpha[region.slices] == 255) & _is_opaque(item, placed, region)
    reach = _EDGE_PIXELS + math.ceil(2 * max(1.0, transform.scale))
    return Sight(
        item=item,
        placed=placed,
        source_box=box,
        target_box=target,
        region=region,
        expected=warp(item.image.rgb, transform, region),
        expected_alpha=alpha,
        shown=np.ascontiguousarray(decoded.pixels[region.slices][..., :3]),
        comparable=eroded(solid, reach),
    )


def _is_opaque(item: Item, placed: Placed, region: Region) -> Mask | bool:
    """Where the new ground cannot shine through: all of it, but for glass."""
    glass = item.cutout.transmission
    if glass is None:
        return True
    return np.asarray(warp(glass, placed.transform, region).max(axis=2) == 0)
