"""What the checks look at: the finished main file decoded again, and what it should show.

The expectation is made anew from the source photographs, not from the engine's own picture.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageCms

from generation.imaging.foreground import estimate_colors, transfer_foreground
from generation.imaging.geometry import (
    Box,
    Region,
    moved,
    product_box,
    region_around,
    warp,
    warp_alpha,
)
from generation.imaging.ghost_split import shrunk
from generation.imaging.metrics import Mask, eroded
from generation.imaging.transmission import presence
from generation.spec import PresetSpec
from generation.types import (
    EncodedFile,
    Item,
    Pixels,
    Placed,
    Prepared,
    Rendered,
    Transform,
)

# Pixels this near the edge mix with the ground, in the smaller of source and canvas pixels.
_EDGE_PIXELS = 3
_RIM_PIXELS = 24
# The model's name of a cut-out that is the file's own transparency.
_OWN_ALPHA = "source-alpha@"
# Colours at a garment's edge are estimated on a picture of this side, as when it is made.
_ESTIMATED_SIDE = 1024


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

    ``alpha`` and ``color`` are the product in its photograph, freed of the ground. ``expected``
    and ``expected_alpha`` are the photograph and the product through the recorded transform,
    ``shown`` the file's own pixels. ``comparable`` is what nothing else mixes with.

    Of a garment that was taken off its form, the product is what the engine kept of the cut-out.
    """

    item: Item
    placed: Placed
    alpha: Pixels
    color: Pixels
    source_box: Box
    target_box: Box
    region: Region
    expected: Pixels
    expected_alpha: Pixels
    shown: Pixels
    comparable: Mask

    @property
    def had_ground(self) -> bool:
        """Whether the photograph showed an old ground that could be left in the product.

        Not where the merchant's own transparency was kept, nor in glass made see-through.
        """
        cutout = self.item.cutout
        return cutout.transmission is None and not cutout.model.startswith(_OWN_ALPHA)

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

    def behind(self, sight: Sight) -> Pixels:
        """What lies behind a product; on transparency white, the commonest page."""
        if self.rendered.ground is None:
            return np.full_like(sight.shown, 255)
        return self.rendered.ground[sight.region.slices]

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
    look = _taken_off if is_taken_off(spec) else _whole
    sights = tuple(
        _sight(prepared.items[placed.item], placed, decoded, look(prepared, rendered, placed))
        for placed in rendered.placed
    )
    return Evidence(prepared, rendered, spec, decoded, sights)


def is_taken_off(spec: PresetSpec) -> bool:
    """Whether the photographs show a form that the picture must not show."""
    return spec.kind == "ghost_mannequin"


@dataclass(frozen=True, slots=True)
class _Whereabouts:
    """A product's alpha and colours in its photograph, its box on the canvas, and its alpha there.

    None for the alpha that its photograph's gives through the transform.
    """

    alpha: Pixels
    color: Pixels
    target: Box
    expected: Pixels | None = None


def _whole(prepared: Prepared, _: Rendered, placed: Placed) -> _Whereabouts:
    cutout = prepared.items[placed.item].cutout
    target = moved(product_box(presence(cutout)), placed.transform)
    return _Whereabouts(cutout.alpha, cutout.foreground, target)


def _taken_off(prepared: Prepared, rendered: Rendered, placed: Placed) -> _Whereabouts:
    """A garment's part of its cut-out, which shows the form too; the picture holds one garment."""
    item, target = prepared.items[placed.item], product_box(rendered.product)
    cutout = item.cutout
    if placed.shaded:
        return _Whereabouts(cutout.alpha, cutout.foreground, target, placed.alpha)
    whole = Region(0, 0, item.image.width, item.image.height)
    kept = np.minimum(cutout.alpha, warp_alpha(placed.alpha, _inverse(placed.transform), whole))
    return _Whereabouts(kept, _freed(item.image.rgb, kept), target, placed.alpha)


def _freed(rgb: Pixels, alpha: Pixels) -> Pixels:
    """The product's own colours where it is half transparent, without the form's in them."""
    scale = min(1.0, _ESTIMATED_SIDE / max(alpha.shape))
    small = shrunk(rgb, scale)
    cover = cv2.resize(alpha, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    front, back = estimate_colors(small, cover.astype(np.float32) / np.float32(255.0))
    return transfer_foreground(rgb, alpha, front, back)


def _inverse(way: Transform) -> Transform:
    return Transform(1.0 / way.scale, -way.dx / way.scale, -way.dy / way.scale)


def _sight(item: Item, placed: Placed, decoded: Decoded, where: _Whereabouts) -> Sight:
    height, width = placed.alpha.shape
    transform, target, glass = placed.transform, where.target, item.cutout.transmission
    region = region_around(target, pad=_RIM_PIXELS, width=width, height=height)
    whole = warp_alpha(item.cutout.alpha, transform, region)
    alpha = whole if where.expected is None else where.expected[region.slices]
    visible = placed.alpha[region.slices]
    solid = (whole == 255) & (visible == 255) & _is_opaque(item, placed, region)
    reach = _EDGE_PIXELS + math.ceil(2 * max(1.0, transform.scale))
    return Sight(
        item=item,
        placed=placed,
        alpha=where.alpha,
        color=where.color,
        source_box=product_box(where.alpha if glass is None else presence(item.cutout)),
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
