"""Ground left inside a cut-out: the gap under a handle that was taken for product.

Only the photograph and the finished alpha are looked at, so that any cut-out can be judged. The
ground is learnt place by place just outside the outline: a wall and a table are both known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .color import to_lab
from .geometry import cropped_to_product
from .metrics import Floats, Mask, dilated, eroded, mean_inside
from .outline import slope_of

# Gaps of the demo catalog's handles are 15 pixels wide and more at this side.
_LOOK_SIDE = 480
_SOLID, _CLEAR = 200, 8
# The ground is the mean within so many pixels, this far off the outline's soft edge.
_NEIGHBOURHOOD, _OFF_OUTLINE = 10, 3
# How far a pixel may lie from the ground's colour (CIE 1976): as far as the ground itself strays.
_STRAYS, _LEAST, _MOST = 2.5, 3.0, 9.0
# What is steeper (Lab a pixel) than the ground's own texture is an edge, and ends an area.
_STEEPER, _LEAST_STEEP = 2.5, 0.8
# Smaller areas, as a share of the product, are too few pixels to be measured.
_SPECK = 0.001
# The product's rim shades off into the ground: no area begins that near to the outline.
_RIM = 3.0
# The figures that follow: seven gaps of the demo catalog, filled, against all its true masks, the
# networks' and ten composites. A gap lies behind a wall no thicker than a handle, in shares of the
# product's diagonal and of the gap's own side.
_WALL, _WALL_OF_GAP = 0.075, 1.5
# It is of one piece (its area against its convex hull's; shading that only looks alike is jagged).
_ONE_PIECE = 0.7
# The less exactly it has the ground's colour, the more of its edge must the product stand out at:
# Lab allowed for each share above the least. Seen: 0.1 of 3.6, 0.7 of 1.3, 1.65 of 1.77; in shade
# 2.4 of 2.9. A white mug's side on a pale ground had 1.6 of 1.4, and 2.4 of 1.7.
_LEAST_BOUNDED, _COLOUR_FOR_EDGE = 0.3, 5.2
_RING_NEAR, _RING_FAR, _STANDS_OUT = 1, 4, 2.0


Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Gap:
    """An area inside a cut-out that looks like its ground.

    ``share`` is its part of the product's area, ``lab`` its mean colour (CIE Lab, three floats).
    """

    share: float
    lab: Floats


def find_gaps(rgb: Pixels, alpha: Pixels) -> list[Gap]:
    """Look for ground inside a cut-out: uint8 H x W x 3 sRGB, and its uint8 H x W alpha.

    Whether a gap would be seen on the new ground is the caller's question. Raises
    `ImageRejected` where the alpha holds no product.
    """
    look = _look(*cropped_to_product(rgb, alpha, _LOOK_SIDE))
    if look is None:
        return []
    return [look.gap(area) for area in look.areas() if look.is_ground(area)]


@dataclass(frozen=True, slots=True)
class _Look:
    """A product at `_LOOK_SIDE`, with the ground nearest to each pixel.

    ``distance`` is that to the ground's colour, ``allowed`` how far it may be; ``depth`` is how
    far a pixel lies inside the outline.
    """

    lab: Floats
    ground: Floats
    distance: Floats
    allowed: Floats
    is_edge: Mask
    depth: Floats

    def areas(self) -> Iterator[Mask]:
        """Give what has the ground's colour, each area that edges close off from the outline."""
        alike = (self.distance < self.allowed) & (self.depth > 0) & ~self.is_edge
        opened = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        _, labels = cv2.connectedComponents(opened, connectivity=4)
        sizes = np.bincount(labels.ravel())
        for number in np.flatnonzero(sizes > _SPECK * np.count_nonzero(self.depth)):
            area = np.asarray(labels == number)
            if number > 0 and self.depth[area].min() >= _RIM:
                yield area

    def is_ground(self, area: Mask) -> bool:
        """Whether an area is a gap rather than a part of the product that looks alike."""
        wall, side = float(self.depth[area].min()), float(np.sqrt(np.count_nonzero(area)))
        if wall > _WALL * _diagonal(self.depth > 0) or wall > _WALL_OF_GAP * side:
            return False
        allowed = _COLOUR_FOR_EDGE * (self._bounded(area) - _LEAST_BOUNDED)
        return self._apart(area) <= allowed and _convexity(area) >= _ONE_PIECE

    def _apart(self, area: Mask) -> float:
        """How far an area's usual colour is from that of the ground around."""
        apart = np.median(self.lab[area], axis=0) - np.median(self.ground[area], axis=0)
        return float(np.linalg.norm(apart))

    def _bounded(self, area: Mask) -> float:
        """The share of the way round where the product stands out from the ground."""
        ring = dilated(area, _RING_FAR) & ~dilated(area, _RING_NEAR)
        strongest = np.asarray(cv2.dilate(self.distance, np.ones((2 * _RING_FAR + 1,) * 2)))
        return float(np.mean(strongest[ring] > _STANDS_OUT * self.allowed[ring]))

    def gap(self, area: Mask) -> Gap:
        """Describe an area."""
        share = np.count_nonzero(area) / np.count_nonzero(self.depth)
        return Gap(float(share), np.asarray(self.lab[area].mean(axis=0), np.float32))


def _look(rgb: Pixels, alpha: Pixels) -> _Look | None:
    """Learn the ground around a product; None where there is none to learn from."""
    outside, inside = eroded(alpha < _CLEAR, _OFF_OUTLINE), alpha > _SOLID
    if not outside.any() or not inside.any():
        return None
    lab = to_lab(rgb)
    soft = np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), np.float32)
    slope, nearest = slope_of(soft), _nearest(outside)
    ground, _ = mean_inside(lab, outside, _NEIGHBOURHOOD)
    strayed, _ = mean_inside(((soft - ground) ** 2).sum(axis=2), outside, _NEIGHBOURHOOD)
    texture, _ = mean_inside(slope, outside, _NEIGHBOURHOOD)
    here = ground[nearest]
    return _Look(
        lab=soft,
        ground=here,
        distance=np.asarray(np.linalg.norm(soft - here, axis=2), np.float32),
        allowed=np.clip(_STRAYS * np.sqrt(np.maximum(strayed[nearest], 0.0)), _LEAST, _MOST),
        is_edge=slope >= np.maximum(_LEAST_STEEP, _STEEPER * texture[nearest]),
        depth=_depth(inside),
    )


def _nearest(mask: Mask) -> tuple[Places, Places]:
    """For each pixel the row and column of the nearest one in a mask."""
    _, labels = cv2.distanceTransformWithLabels(
        (~mask).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(mask)
    places = np.zeros((int(labels.max()) + 1, 2), dtype=np.intp)
    places[labels[rows, columns]] = np.stack([rows, columns], axis=1)
    found = places[labels]
    return found[..., 0], found[..., 1]


def _depth(inside: Mask) -> Floats:
    return np.asarray(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _diagonal(mask: Mask) -> float:
    rows, columns = np.nonzero(mask)
    return float(np.hypot(np.ptp(rows), np.ptp(columns)))


def _convexity(area: Mask) -> float:
    """The area of a shape against its convex hull's."""
    outlines, _ = cv2.findContours(
        area.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    outline = max(outlines, key=cv2.contourArea)
    return float(cv2.contourArea(outline) / max(cv2.contourArea(cv2.convexHull(outline)), 1.0))
