"""Where the product is, where it goes, and the one resampling that takes it there.

Coordinates count pixels from the picture's top-left corner, so that the centre of the first
pixel is (0.5, 0.5). Nothing here knows about grounds, shadows or files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.types import Pixels, Transform

from .pixels import ImageRejected

# Alpha below this is invisible on any ground (2 % of a product's colour) and no part of its box.
_BOX_ALPHA = 6
_CORE_ALPHA = 48
_SEARCH_SIDE = 640
# An earring beside a necklace is a few per mille of it; dust and matting specks are far less.
_SPECK_SHARE = 0.002
# Radius of Pillow's bicubic kernel, in pixels of the coarser of the two grids.
_KERNEL_RADIUS = 2.0
# Ground kept around a product that is looked at closely, as a share of its longer side.
_GROUND_RIM = 0.12


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of whole pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index an H x W array with it."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Placement:
    """A transform, and the scale that would have filled the frame without the upscale limit."""

    transform: Transform
    wanted_scale: float


def product_box(alpha: Pixels) -> Box:
    """Give the tight box of the product in uint8 H x W alpha, ignoring stray specks.

    Raises `ImageRejected` where no pixel belongs to a product.
    """
    height, width = alpha.shape
    step = max(1, math.ceil(max(height, width) / _SEARCH_SIDE))
    ys, xs = np.nonzero(_product_cells(_maximum_of_blocks(alpha, step)))
    if ys.size == 0:
        raise ImageRejected(
            "no_usable_source",
            "No product was found in the photo. Choose a photo that shows the product clearly.",
        )
    near = Region(
        left=int(xs.min()) * step,
        top=int(ys.min()) * step,
        right=min(width, (int(xs.max()) + 1) * step),
        bottom=min(height, (int(ys.max()) + 1) * step),
    )
    part = alpha[near.slices] >= _BOX_ALPHA
    columns = np.flatnonzero(part.any(axis=0))
    rows = np.flatnonzero(part.any(axis=1))
    return Box(
        left=float(near.left + columns[0]),
        top=float(near.top + rows[0]),
        right=float(near.left + columns[-1] + 1),
        bottom=float(near.top + rows[-1] + 1),
    )


def _maximum_of_blocks(alpha: Pixels, step: int) -> Pixels:
    if step == 1:
        return alpha
    height, width = alpha.shape
    padded = np.pad(alpha, ((0, -height % step), (0, -width % step)))
    tiles = padded.reshape(padded.shape[0] // step, step, -1, step)
    return np.asarray(tiles.max(axis=1).max(axis=2), dtype=np.uint8)


def _product_cells(cells: Pixels) -> NDArray[np.bool_]:
    """Choose the parts that are large enough, each with the soft fringe that hangs on to it."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (cells >= _BOX_ALPHA).astype(np.uint8)
    )
    solid = np.bincount(labels[cells >= _CORE_ALPHA], minlength=count)
    areas = np.where(solid > 0, stats[:, cv2.CC_STAT_AREA], 0)
    areas[0] = 0
    kept = (areas > 0) & (areas >= _SPECK_SHARE * areas.max())
    return np.asarray(kept[labels], dtype=np.bool_)


def place(
    box: Box,
    *,
    width: int,
    height: int,
    margin: float,
    anchor: str,
    max_upscale: float,
) -> Placement:
    """Fit a product's box into a frame of width x height pixels, as large as its margin allows.

    ``margin`` is a share of the frame's shorter side; ``anchor`` "bottom" stands the product on
    the lower margin, "center" centres its box. The product is never enlarged past
    ``max_upscale``; it then stays smaller than asked, and ``wanted_scale`` says by how much.
    """
    edge = margin * min(width, height)
    wanted = min((width - 2 * edge) / box.width, (height - 2 * edge) / box.height)
    scale = min(wanted, max_upscale)
    dx = (width - scale * (box.left + box.right)) / 2
    if anchor == "bottom":
        dy = height - edge - scale * box.bottom
    else:
        dy = (height - scale * (box.top + box.bottom)) / 2
    return Placement(Transform(scale=scale, dx=dx, dy=dy), wanted_scale=wanted)


def moved(box: Box, transform: Transform) -> Box:
    """Give the box after the transform."""
    return Box(
        left=transform.scale * box.left + transform.dx,
        top=transform.scale * box.top + transform.dy,
        right=transform.scale * box.right + transform.dx,
        bottom=transform.scale * box.bottom + transform.dy,
    )


def region_around(box: Box, *, pad: float, width: int, height: int) -> Region:
    """Give the whole pixels that the box and a rim of ``pad`` touch, within width x height."""
    left = min(max(math.floor(box.left - pad), 0), width - 1)
    top = min(max(math.floor(box.top - pad), 0), height - 1)
    return Region(
        left=left,
        top=top,
        right=max(left + 1, min(math.ceil(box.right + pad), width)),
        bottom=max(top + 1, min(math.ceil(box.bottom + pad), height)),
    )


def around(regions: Sequence[Region]) -> Region:
    """Give the smallest region that holds some others."""
    return Region(
        left=min(one.left for one in regions),
        top=min(one.top for one in regions),
        right=max(one.right for one in regions),
        bottom=max(one.bottom for one in regions),
    )


def warp(pixels: Pixels, transform: Transform, region: Region) -> Pixels:
    """Resample colours (uint8 H x W x C) through the transform, into one region.

    Bicubic with its support widened when shrinking, so that nothing aliases, on the encoded
    sRGB values: cut-outs are estimated there, marketplaces and browsers resize there, and in
    linear light the overshoot around dark print on a light product becomes a visible rim.
    Outside the picture its border pixels are repeated.
    """
    # One plane at a time: Pillow keeps RGB in four bytes, which a 50 MP source would feel.
    crop, window = _crop(pixels, transform, region, border=cv2.BORDER_REPLICATE)
    planes = [_resample(crop[..., i], window, region) for i in range(crop.shape[2])]
    return np.dstack(planes)


def warp_alpha(alpha: Pixels, transform: Transform, region: Region) -> Pixels:
    """Resample alpha (uint8 H x W) as `warp` does colours; outside the picture it is clear.

    Bicubic has a single negative lobe, so that the clipped edge stays monotone: Lanczos would
    leave a ring of one or two per cent around the product.
    """
    crop, window = _crop(alpha, transform, region, border=cv2.BORDER_CONSTANT)
    return _resample(crop, window, region)


def _resample(plane: Pixels, window: tuple[float, float, float, float], region: Region) -> Pixels:
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize(region.size, Image.Resampling.BICUBIC, box=window))


def _crop(
    pixels: Pixels, transform: Transform, region: Region, *, border: int
) -> tuple[Pixels, tuple[float, float, float, float]]:
    """Cut out what the region's pixels depend on, and give the region's box within it."""
    scale = transform.scale
    left, right = ((x - transform.dx) / scale for x in (region.left, region.right))
    top, bottom = ((y - transform.dy) / scale for y in (region.top, region.bottom))
    reach = _KERNEL_RADIUS * max(1.0, 1.0 / scale) + 1.0
    x0, y0 = math.floor(left - reach), math.floor(top - reach)
    x1, y1 = math.ceil(right + reach), math.ceil(bottom + reach)
    height, width = pixels.shape[:2]
    inner = pixels[max(y0, 0) : min(y1, height), max(x0, 0) : min(x1, width)]
    missing = (max(-y0, 0), max(y1 - height, 0), max(-x0, 0), max(x1 - width, 0))
    if any(missing):
        framed = cv2.copyMakeBorder(inner, *missing, borderType=border)
        inner = np.asarray(framed, dtype=np.uint8)
    return inner, (left - x0, top - y0, right - x0, bottom - y0)


def cropped_to_product(rgb: Pixels, alpha: Pixels, longest: int) -> tuple[Pixels, Pixels]:
    """Give the product with a rim of its ground, its longer side at most ``longest`` pixels.

    ``rgb`` is uint8 H x W x 3, ``alpha`` uint8 H x W; so are the results. Raises `ImageRejected`
    where no pixel belongs to a product.
    """
    box, (height, width) = product_box(alpha), alpha.shape
    pad = _GROUND_RIM * max(box.width, box.height)
    here = region_around(box, pad=pad, width=width, height=height).slices
    scale = min(1.0, longest / max(alpha[here].shape))
    small, cover = (
        cv2.resize(plane[here], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for plane in (rgb, alpha)
    )
    return np.asarray(small, np.uint8), np.asarray(cover, np.uint8)
