"""Whether a product stands, and the line along which it touches the floor: from its outline."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .geometry import Box, region_around

Floats = NDArray[np.float32]
_Rows = NDArray[np.intp]
_Mask = NDArray[np.bool_]

_GRID_SIDE = 520
SOLID = 128
# Points this near the lowest one, as a share of the height, touch the ground with it.
_LEVEL = 0.03
# The lower edges of a box seen over its corner rise no steeper than this.
_EDGE_SLOPE = 0.75
# Feet at different depths: the line from one to the next, and how high the gap between them is.
_FEET_SLOPE = 0.4
_GAP = 0.04
# What a product stands on is this wide at least, as a share of its width.
_NARROWEST = 0.12
# What of a base is steeper is the underside of something round that leaves the floor.
_ROUND_SLOPE = 0.35


def to_grid(alpha: Pixels) -> Pixels:
    """Give alpha on the small grid that shadows are worked out on."""
    height, width = alpha.shape
    shrink = min(1.0, _GRID_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def lower_outline(solid: _Mask) -> tuple[_Rows, _Mask]:
    """Give the row just below each column's lowest solid pixel, and which columns have one."""
    filled = np.asarray(solid.any(axis=0))
    bottoms = solid.shape[0] - np.argmax(solid[::-1], axis=0)
    return np.where(filled, bottoms, 0), filled


def stands(product: Pixels, box: Box) -> bool:
    """Say whether the product (uint8 alpha) rests on its lowest points, or hangs or lies flat.

    It stands if its centre of mass is above the span of what touches the ground: points as low
    as the lowest, or feet and edges that rise from it no steeper than a floor seen from above.
    """
    height, width = product.shape
    alpha = to_grid(product[region_around(box, pad=0, width=width, height=height).slices])
    bottoms, filled = lower_outline(alpha >= SOLID)
    if not filled.any():
        return False
    touching = np.flatnonzero(filled & (bottoms >= bottoms.max() - _LEVEL * alpha.shape[0]))
    mass = alpha.sum(axis=0, dtype=np.float64)
    centre = float((mass * np.arange(mass.size)).sum() / mass.sum())
    spans = ((int(touching[0]), int(touching[-1])), _hull_span(bottoms, np.flatnonzero(filled)))
    return any(_carries(span, centre, bottoms.size) for span in spans)


def floor_line(grid: Pixels) -> Floats:
    """Give the row of the floor under each column of a standing product's alpha (uint8 H x W).

    Between the ends of the base it is the hull of the lower outline, which bridges what is
    between feet; beyond them, under a handle or a spout, it goes on level.
    """
    bottoms, filled = lower_outline(grid >= SOLID)
    columns = np.flatnonzero(filled)
    if columns.size == 0:
        return np.full(grid.shape[1], grid.shape[0], dtype=np.float32)
    height = int(bottoms.max() - np.argmax((grid >= SOLID).any(axis=1)))
    touching = np.flatnonzero(filled & (bottoms >= bottoms.max() - _LEVEL / 2 * height))
    left = _base_end(grid, bottoms, columns, int(touching[0]), -1)
    right = _base_end(grid, bottoms, columns, int(touching[-1]), 1)
    base = columns[(columns >= left) & (columns <= right)]
    xs, ys = _lower_hull(base, bottoms[base])
    return np.interp(np.arange(bottoms.size), xs, ys).astype(np.float32)


def _carries(span: tuple[int, int], centre: float, columns: int) -> bool:
    slack = 0.05 * columns
    is_broad = span[1] - span[0] + 1 >= _NARROWEST * columns
    return is_broad and span[0] - slack <= centre <= span[1] + slack


def _hull_span(bottoms: _Rows, columns: _Rows) -> tuple[int, int]:
    """Follow the hull of the outline from its lowest point both ways while it is not steep."""
    xs, ys = _lower_hull(columns, bottoms[columns])
    first = last = int(np.argmax(ys))
    while first > 0 and abs(_slope(xs, ys, first - 1)) <= _EDGE_SLOPE:
        first -= 1
    while last < len(xs) - 1 and abs(_slope(xs, ys, last)) <= _EDGE_SLOPE:
        last += 1
    return xs[first], xs[last]


def _slope(xs: list[int], ys: list[int], corner: int) -> float:
    return (ys[corner + 1] - ys[corner]) / (xs[corner + 1] - xs[corner])


def _base_end(grid: Pixels, bottoms: _Rows, columns: _Rows, start: int, way: int) -> int:
    """Give the end of the base on one side, over all the feet that follow."""
    end = _follow(grid, bottoms, start, way)
    while True:
        beyond = columns[columns >= end] if way > 0 else columns[columns <= end]
        if beyond.size < 2:
            return end
        xs, ys = _lower_hull(beyond, bottoms[beyond])
        at = 0 if way > 0 else len(xs) - 2
        foot = xs[1] if way > 0 else xs[at]
        between = np.arange(min(end, foot), max(end, foot) + 1)
        gap = np.interp(between, xs, ys) - bottoms[between]
        is_foot = abs(_slope(xs, ys, at)) <= _FEET_SLOPE and gap.max() >= _GAP * bottoms.size
        if not is_foot:
            return end
        end = _follow(grid, bottoms, foot, way)


def _climb(bottoms: _Rows, column: int, way: int, step: int, steepest: float) -> int:
    """Walk along the outline until it gets steeper than that, jumps or ends."""
    while 0 <= column + way * step < bottoms.size:
        if abs(int(bottoms[column + way * step]) - int(bottoms[column])) > steepest * step:
            break
        column += way
    return column


def _follow(grid: Pixels, bottoms: _Rows, column: int, way: int) -> int:
    """Give the end of the base on one side.

    Above the end of a wall's base the product is no wider; where it is, it has a round
    underside, and only what is nearly level is on the floor.
    """
    step = max(2, round(0.012 * bottoms.size))
    end = _climb(bottoms, column, way, step, 1.2)
    above = max(0, int(bottoms[end] - 0.10 * bottoms.size))
    beyond = grid[above, :end] if way < 0 else grid[above, end + 1 :]
    if np.count_nonzero(beyond >= SOLID) <= 0.05 * bottoms.size:
        return end
    return _climb(bottoms, column, way, step, _ROUND_SLOPE)


def _lower_hull(xs: _Rows, ys: _Rows) -> tuple[list[int], list[int]]:
    """Give the corners of the convex hull's lower side (y points down), left to right."""
    kept: list[tuple[int, int]] = []
    for point in zip(xs.tolist(), ys.tolist(), strict=True):
        while len(kept) > 1 and not _bulges(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return [x for x, _ in kept], [y for _, y in kept]


def _bulges(one: tuple[int, int], middle: tuple[int, int], other: tuple[int, int]) -> bool:
    across = (middle[0] - one[0]) * (other[1] - one[1])
    return across < (middle[1] - one[1]) * (other[0] - one[0])
