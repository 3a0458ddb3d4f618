"""Parts of a silhouette that are no body around the base: handles, legs, the rest of a set.

A body is as deep as it is wide around the middle of its base, but a leg stands where it touches
down: the front legs of a stool nearer to the camera, those at its back farther away. So does each
thing of a set.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_Float = NDArray[np.float32]
_Mask = NDArray[np.bool_]

# Parts thinner than this share of the thickest are handles and legs.
_THIN = 0.4
# A leg ends this near the line of contact, and is no wider, as shares of the base's width.
_ON_FLOOR, _WIDEST = 0.04, 0.35
_SMALLEST_LEG = 12
# The other things of a set are at least this share of the whole.
_LEAST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg in a silhouette's grid: its pixels, half its width in each, all float32 H x W.

    ``behind`` is how far beyond the middle of the base it stands, and ``lower`` how many rows
    below the body's own row of a height that puts it; in pixels.
    """

    cover: _Float
    half: _Float
    behind: float
    lower: float

    @property
    def reach(self) -> float:
        """How far from the middle of the base it goes, in pixels."""
        return abs(self.behind) + float(self.half.max())

    def put(self, inside: _Float, here: int, *, row: float, aside: _Float) -> _Float:
        """Take the leg out of a level slice of the body (row ``here``), and put it in its place.

        ``aside`` is how far each of the slice's rows lies beyond the middle.
        """
        own = round(row + self.lower)
        left = np.asarray(inside * (1.0 - self.cover[here]), dtype=np.float32)
        if not 0 <= own < self.cover.shape[0]:
            return left
        around = np.clip(self.half[own] - np.abs(aside - self.behind) + 0.5, 0.0, 1.0)
        return np.asarray(np.maximum(left, around * self.cover[own]), dtype=np.float32)


def legs_of(
    solid: _Mask, line: NDArray[np.float64], *, floor_row: float, sine: float
) -> tuple[Leg, ...]:
    """Find what of a silhouette (H x W) stands by itself: its legs, and the other things of a set.

    A leg is a thin part that ends on the line of contact, ``line`` in (column, row).
    ``floor_row`` is the row of the middle of the base, ``sine`` that of the camera's elevation.
    """
    wide = float(line[-1, 0] - line[0, 0])
    apart, main = _others(solid, line)
    legs = [mask for mask in _parts(main & ~trunk_of(solid)) if _is_leg(mask, solid, line)]
    found = []
    for mask in [*apart, *legs]:
        bottom = int(np.flatnonzero(mask.any(axis=1))[-1]) + 1
        half = int(mask[max(bottom - 3, 0)].sum()) / 2
        lower = bottom - min(half, wide / 2) * sine - floor_row
        found.append(_leg(mask, lower, -lower / max(sine, 0.1)))
    return tuple(found)


def _others(solid: _Mask, line: NDArray[np.float64]) -> tuple[list[_Mask], _Mask]:
    """Give the large parts that do not touch the line of contact, and all the rest."""
    apart = []
    for mask in _parts(solid):
        columns = np.flatnonzero(mask.any(axis=0))
        beside = columns[0] > line[-1, 0] or columns[-1] < line[0, 0]
        if beside and mask.sum() >= _LEAST_SHARE * solid.sum():
            apart.append(mask)
    rest = solid.copy()
    for mask in apart:
        rest &= ~mask
    return apart, rest


def _parts(solid: _Mask) -> list[_Mask]:
    count, labels = cv2.connectedComponents(solid.astype(np.uint8))
    return [np.asarray(labels) == number for number in range(1, count)]


def _is_leg(mask: _Mask, solid: _Mask, line: NDArray[np.float64]) -> bool:
    """Say whether a thin part of a silhouette is a leg: on the floor, with air on both sides."""
    bottom = int(np.flatnonzero(mask.any(axis=1))[-1]) + 1
    foot = np.flatnonzero(mask[max(bottom - 3, 0)])
    if foot.size == 0 or mask.sum() < _SMALLEST_LEG:
        return False
    beside = np.pad(solid[max(bottom - 3, 0)], 1)[[foot[0], foot[-1] + 2]]
    wide = float(line[-1, 0] - line[0, 0])
    high = abs(float(np.interp(foot.mean(), line[:, 0], line[:, 1])) - bottom)
    is_narrow = foot[-1] - foot[0] < _WIDEST * wide
    return bool(is_narrow and not beside.any() and high <= _ON_FLOOR * wide)


def _leg(mask: _Mask, lower: float, behind: float) -> Leg:
    """Give a leg as round as it is wide, row by row."""
    width = mask.sum(axis=1, keepdims=True)
    middle = (mask * np.arange(mask.shape[1])).sum(axis=1, keepdims=True) / np.maximum(width, 1)
    off = np.arange(mask.shape[1]) - middle
    half = np.sqrt(np.maximum((width / 2) ** 2 - off**2, 0.25)) * mask
    return Leg(mask.astype(np.float32), half.astype(np.float32), behind, lower)


def trunk_of(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give the silhouette without what is much thinner than its thickest part."""
    height = solid.shape[0]
    rows = np.flatnonzero(solid.any(axis=1))
    if rows.size == 0:
        return solid
    tall = np.pad(solid.astype(np.uint8), ((height, height), (1, 1)))
    # Bodies go on above and below, so that flat tops and bottoms do not count as thin.
    top = height + rows[0] + rows.size // 8
    tall[:top] = tall[top]
    tall[height + rows[-1] + 1 :] = tall[height + rows[-1] - rows.size // 8]
    thickest = float(cv2.distanceTransform(tall, cv2.DIST_L2, 3).max())
    side = 2 * int(_THIN * thickest) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    opened = cv2.morphologyEx(tall, cv2.MORPH_OPEN, kernel)
    return np.asarray(opened[height:-height, 1:-1].astype(bool) & solid)
