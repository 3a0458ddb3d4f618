"""How a photograph looked at its product: from which height, and where the product touches down.

Read from the cut-out's lower outline. A round base shows as an arc of an ellipse and a box's
corner as a V, and both are as steep as the camera was high; a straight lower edge is a level
camera's. Knows nothing about scenes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .geometry import Box, region_around
from .standing import stands

_Float = NDArray[np.float64]

_GRID_SIDE = 480
_SOLID = 128
# Where the lower outline gets steeper than this it has left the floor and climbs the product.
_STEEPEST = 1.4
# Feet, and the ends of a sagging edge, this near the lowest point are on the floor, too.
_LEVEL = 0.02
# An outline that rises less than this over its half width is straight.
_STRAIGHT = 0.045
# Where along an arc its aspect is read, as shares of its half width: nearer to the middle a
# pixel counts for too much, farther out the bottom's rounded edge bends it up.
_ARC_SHARES = (0.4, 0.5, 0.6, 0.7)
# Rounder than any base seen from 48 degrees: the bottom of a ball, which tells nothing.
_ROUNDEST = 0.74
_BALL_CONTACT = 0.5
# Feet are at least this thick, as a share of the height, and yaw puts them this much farther
# up the picture by their distance.
_FOOT = 0.03
_YAW = 0.10
_NO_TELLING = 0.1


@dataclass(frozen=True, slots=True)
class Base:
    """What of a product is on the floor, in source pixels.

    ``left`` and ``right`` are its ends and ``bottom`` its lowest row; ``shape`` is that of the
    outline between them, and ``line`` the outline's convex hull, as (column, row) from left to
    right.
    """

    left: float
    right: float
    bottom: float
    shape: Literal["arc", "corner", "straight"]
    line: tuple[tuple[float, float], ...]

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.right - self.left) / 2

    @property
    def centre(self) -> float:
        """The column between the ends."""
        return (self.left + self.right) / 2

    @property
    def rises(self) -> tuple[float, float]:
        """How much higher than the lowest row the left and the right end are."""
        return self.bottom - self.line[0][1], self.bottom - self.line[-1][1]

    @property
    def lowest(self) -> float:
        """The column of the lowest point, the middle one of several."""
        columns = [column for column, row in self.line if row >= self.bottom - 0.5]
        return (columns[0] + columns[-1]) / 2


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """The camera's height over the product in degrees, as far as the outline tells.

    ``lies_flat`` says that it was photographed from straight above, or hangs, and has no
    base; ``confidence`` is 0 to 1.
    """

    elevation: float
    lies_flat: bool
    confidence: float
    base: Base


def estimate(alpha: Pixels, box: Box) -> Viewpoint:
    """Estimate the viewpoint of a product from its cut-out (uint8 H x W) and the box it fills."""
    height, width = alpha.shape
    near = region_around(box, pad=0, width=width, height=height)
    grid, shrink = _to_grid(alpha[near.slices])
    outline = _Outline.of(grid >= _SOLID)
    ends = outline.base()
    elevation, shape, confidence = _read(outline, ends)
    if shape == "arc" and confidence <= _NO_TELLING:
        ends = outline.middle(ends)
    base = Base(
        left=near.left + ends[0] / shrink,
        right=near.left + (ends[1] + 1) / shrink,
        bottom=near.top + outline.lowest / shrink,
        shape=shape,
        line=tuple(
            (near.left + (column + 0.5) / shrink, near.top + row / shrink)
            for column, row in outline.hull(ends)
        ),
    )
    return Viewpoint(elevation, not stands(alpha, box), confidence, base)


@dataclass(frozen=True, slots=True)
class _Outline:
    """The row just below each column's lowest pixel, NaN where a column is empty.

    ``is_foot`` marks columns that could carry weight: no cord, no string.
    """

    bottoms: _Float
    is_foot: NDArray[np.bool_]
    height: int

    @classmethod
    def of(cls, solid: NDArray[np.bool_]) -> _Outline:
        filled = solid.any(axis=0)
        rows = solid.shape[0] - np.argmax(solid[::-1], axis=0).astype(np.float64)
        above = np.clip(rows - max(3, round(_FOOT * solid.shape[0])), 0, None).astype(np.intp)
        thick = filled & solid[np.minimum(above, solid.shape[0] - 1), np.arange(solid.shape[1])]
        return cls(np.where(filled, rows, np.nan), thick, solid.shape[0])

    @property
    def lowest(self) -> float:
        return float(np.nanmax(self.bottoms))

    def base(self) -> tuple[int, int]:
        """Give the first and the last column of what is on the floor."""
        touching = np.flatnonzero(self.bottoms >= self.lowest - _LEVEL * self.height)
        left, right = self._follow(int(touching[0]), -1), self._follow(int(touching[-1]), 1)
        feet = self._other_feet(int(touching[0]), int(touching[-1]))
        if feet.size and feet[0] < left:
            left = self._follow(int(feet[0]), -1)
        if feet.size and feet[-1] > right:
            right = self._follow(int(feet[-1]), 1)
        return left, right

    def _other_feet(self, left: int, right: int) -> NDArray[np.intp]:
        """Find what stands aside of the lowest point, and a little farther back."""
        columns = np.arange(self.bottoms.size)
        away = np.maximum(left - columns, columns - right)
        near_floor = self.bottoms >= self.lowest - _YAW * away
        return np.flatnonzero(near_floor & self.is_foot & (away > 0))

    def _follow(self, column: int, step: int) -> int:
        """Walk outwards along the outline until it climbs, jumps or ends."""
        reach = max(2, round(0.012 * self.bottoms.size))
        while True:
            ahead = column + step * reach
            if not 0 <= ahead < self.bottoms.size or np.isnan(self.bottoms[ahead]):
                break
            if abs(self.bottoms[column] - self.bottoms[ahead]) > _STEEPEST * reach:
                break
            column += step
        while 0 <= column + step < self.bottoms.size and (
            abs(self.bottoms[column] - self.bottoms[column + step]) <= _STEEPEST
        ):
            column += step
        return column

    def hull(self, ends: tuple[int, int]) -> list[tuple[float, float]]:
        """Stretch a string under the outline: its corners, from left to right."""
        corners: list[tuple[float, float]] = []
        for column in range(ends[0], ends[1] + 1):
            here = (float(column), float(self.bottoms[column]))
            if math.isnan(here[1]):
                continue
            while len(corners) > 1 and _turn(corners[-2], corners[-1], here) >= 0:
                corners.pop()
            corners.append(here)
        return corners

    def arms(self, ends: tuple[int, int]) -> tuple[tuple[float, float], tuple[float, float]]:
        """Length and rise of the outline left and right of its lowest point."""
        span = self.bottoms[ends[0] : ends[1] + 1]
        low = np.flatnonzero(span >= np.nanmax(span) - max(1.0, 0.003 * self.height))
        turn = ends[0] + float(low.mean())
        return (
            (turn - ends[0], self.lowest - self.bottoms[ends[0]]),
            (ends[1] - turn, self.lowest - self.bottoms[ends[1]]),
        )

    def middle(self, ends: tuple[int, int]) -> tuple[int, int]:
        """Give the part of a ball's underside that is nearly on the floor."""
        low = float(np.nanmean(np.flatnonzero(self.bottoms >= self.lowest - 1)))
        half = _BALL_CONTACT * (ends[1] - ends[0]) / 2
        return max(ends[0], math.floor(low - half)), min(ends[1], math.ceil(low + half))

    def arc_aspect(self, ends: tuple[int, int]) -> float:
        """Aspect of the ellipse through the middle of the outline, where no rounded edge is."""
        middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
        found = []
        for share in _ARC_SHARES:
            sides = [self.bottoms[round(middle + side * share * half)] for side in (-1, 1)]
            fall = half * (1.0 - math.sqrt(1.0 - share**2))
            found.append((self.lowest - float(np.mean(sides))) / fall)
        return float(np.mean(found))

    def corner_likeness(self, ends: tuple[int, int]) -> float:
        """How much of the rise is reached halfway out: half of it on a V, a sixth on an arc."""
        (left, left_rise), (right, right_rise) = self.arms(ends)
        total = left_rise + right_rise
        if total < 1:
            return 0.0
        turn = ends[0] + left
        halfway = [self.bottoms[round(turn - left / 2)], self.bottoms[round(turn + right / 2)]]
        return float((2 * self.lowest - np.nansum(halfway)) / total)


def _read(
    outline: _Outline, ends: tuple[int, int]
) -> tuple[float, Literal["arc", "corner", "straight"], float]:
    """Give elevation, shape of the base, and confidence."""
    (left, left_rise), (right, right_rise) = outline.arms(ends)
    half = (left + right) / 2
    if half < 3 or (left_rise + right_rise) / 2 < _STRAIGHT * half:
        return 0.0, "straight", 0.4
    if min(left, right) < 0.12 * half or min(left_rise, right_rise) <= 0:
        # One edge of a yawed thing; how high the camera was cannot be told from one.
        return 0.0, "corner", _NO_TELLING
    if outline.corner_likeness(ends) > 0.36:
        # The two edges of a right-angled corner: the product of their slopes is sin^2.
        sine = math.sqrt((left_rise / left) * (right_rise / right))
        return _degrees(sine), "corner", 0.8
    sine = outline.arc_aspect(ends)
    if sine > _ROUNDEST:
        return 0.0, "arc", _NO_TELLING
    symmetric = min(left, right) / max(left, right)
    return _degrees(sine), "arc", 0.5 + 0.5 * symmetric


def _turn(one: tuple[float, float], two: tuple[float, float], three: tuple[float, float]) -> float:
    """Cross product of two steps: negative where the line bends upwards on the canvas."""
    return (two[0] - one[0]) * (three[1] - two[1]) - (two[1] - one[1]) * (three[0] - two[0])


def _degrees(sine: float) -> float:
    return math.degrees(math.asin(min(1.0, sine)))


def _to_grid(alpha: Pixels) -> tuple[Pixels, float]:
    height, width = alpha.shape
    shrink = min(1.0, _GRID_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    grid = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grid, dtype=np.uint8), shrink
