"""The thin parts of a silhouette: handles and spouts, and the legs that a product stands on.

A body is as deep as it is wide around the middle of its base, but a leg stands where it touches
down: the front legs of a stool nearer to the camera, those at its back farther away.
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
    """Find the legs of a silhouette (H x W): thin parts that end on its line of contact.

    ``line`` is that line in (column, row), ``floor_row`` the row of the middle of the base, and
    ``sine`` that of the camera's elevation.
    """
    thin = (solid & ~trunk_of(solid)).astype(np.uint8)
    count, labels, figures, _ = cv2.connectedComponentsWithStats(thin)
    wide = float(line[-1, 0] - line[0, 0])
    found = []
    for number in range(1, count):
        bottom = figures[number, cv2.CC_STAT_TOP] + figures[number, cv2.CC_STAT_HEIGHT]
        mask = np.asarray(labels) == number
        column = float(np.flatnonzero(mask[bottom - 1]).mean())
        high = float(np.interp(column, line[:, 0], line[:, 1])) - bottom
        foot_width = int(mask[max(bottom - 3, 0)].sum())
        is_leg = figures[number, cv2.CC_STAT_AREA] >= _SMALLEST_LEG and foot_width <= _WIDEST * wide
        if is_leg and abs(high) <= _ON_FLOOR * wide:
            lower = bottom - floor_row
            found.append(_leg(mask, lower, -lower / max(sine, 0.1)))
    return tuple(found)


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
