"""A body guessed from its silhouette, as a stack of level slices in the world.

A photograph shows one side of a product. For its shadow it is enough to suppose that it is
about as deep as it is wide, row by row, if it stands, and softly rounded if it lies. Nothing
here draws: what the slices hide from the light is `cast`'s business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .geometry import Box, region_around
from .limbs import legs_of, trunk_of
from .viewpoint import Viewpoint

_Float = NDArray[np.float32]

_GRID_SIDE = 200
_STANDING_SLICES = 96
# Closer together near the floor, where shadows are sharp.
_CROWDING = 1.4
_LYING_SLICES = 16
_DRUM_SLICES, _DRUM_CELLS = 12, 64
# How deep a base with a straight front is by its width: nobody can tell from the front.
_STRAIGHT_DEPTH = 0.5
_DEEPEST = 1.3
_PROFILE_POINTS = 33
# Runs narrower than this share of the base are necks, and round.
_NARROW = 0.5
# Things that lie are a few per cent of their size high, and their rims are rounded.
_LYING_HEIGHT = 0.065
_RIM = 0.04
# Below this the outline did not tell the viewing angle; the scene's own is as good as any.
LEAST_CONFIDENCE = 0.15


@dataclass(frozen=True, slots=True)
class Slice:
    """A level piece at height ``z``: ``cover`` is float32 H x W, how much light its pixels stop.

    Row 0 is its far edge; the centre of its first pixel is at (``x``, ``y``), and a pixel is
    ``cell`` units wide.
    """

    cover: _Float
    x: float
    y: float
    z: float
    cell: float


@dataclass(frozen=True, slots=True)
class Solid:
    """A product in the world: its slices, where its base is, and how tall it is, in units."""

    slices: tuple[Slice, ...]
    at: tuple[float, float]
    half_width: float
    half_depth: float
    height: float


@dataclass(frozen=True, slots=True)
class Footprint:
    """The outline of a base from above, its width 1: ``near`` and ``far`` edge from left to right.

    Depths count from the middle, away from the camera.
    """

    near: _Float
    far: _Float

    @property
    def half_depth(self) -> float:
        """Half of its whole depth."""
        return float(self.far.max() - self.near.min()) / 2


def footprint(viewpoint: Viewpoint, *, fallback_elevation: float) -> Footprint:
    """Guess the base from above: a disc for an arc, a rectangle for a corner or a straight edge.

    The fallback stands in where the outline did not tell the camera's elevation.
    """
    base, s = viewpoint.base, np.linspace(0.0, 1.0, _PROFILE_POINTS)
    if base.shape == "corner":
        return _rectangle(viewpoint, s, math.sin(seen_from(viewpoint, fallback_elevation)))
    if base.shape == "arc":
        half = np.sqrt(s * (1.0 - s))
    else:
        half = _STRAIGHT_DEPTH / 2 * (1.0 - np.abs(2.0 * s - 1.0) ** 6) ** (1 / 6)
    return Footprint((-half).astype(np.float32), half.astype(np.float32))


def seen_from(viewpoint: Viewpoint, fallback_elevation: float) -> float:
    """Give the elevation in radians that a product's photograph was taken from."""
    knows = viewpoint.confidence > LEAST_CONFIDENCE
    return math.radians(viewpoint.elevation if knows else fallback_elevation)


def _rectangle(viewpoint: Viewpoint, s: NDArray[np.float64], sine: float) -> Footprint:
    """A rectangle by its three visible corners: left, front and right."""
    base = viewpoint.base
    wide = base.right - base.left
    left, right = (min(rise / max(sine, 0.1) / wide, _DEEPEST / 2) for rise in base.rises)
    front = min(max((base.lowest - base.left) / wide, 0.02), 0.98)
    near = np.interp(s, [0.0, front, 1.0], [left, 0.0, right])
    far = np.interp(s, [0.0, 1.0 - front, 1.0], [left, left + right, right])
    if min(left, right) < 0.08:  # one visible edge: some depth behind it
        far = near + _STRAIGHT_DEPTH * np.sqrt(s * (1.0 - s)) * 2
    middle = (near.min() + far.max()) / 2
    return Footprint((near - middle).astype(np.float32), (far - middle).astype(np.float32))


def standing(
    alpha: Pixels,
    stops: Pixels,
    box: Box,
    viewpoint: Viewpoint,
    *,
    at: tuple[float, float],
    unit: float,
    fallback_elevation: float,
) -> Solid:
    """Stand a product (uint8 H x W alpha, the part of it in ``box``) with its base around ``at``.

    ``stops`` is uint8 H x W, how much light each pixel stops: the alpha itself but for glass.
    ``unit`` is the number of source pixels in a world unit. Each row of the silhouette becomes
    a disc, or a row of discs, seen from the side.
    """
    grid, shrink, corner = _grid(alpha, box)
    opacity = _grid(stops, box)[0]
    base, cell = viewpoint.base, 1.0 / (unit * shrink)
    angle = seen_from(viewpoint, fallback_elevation)
    foot = footprint(viewpoint, fallback_elevation=fallback_elevation)
    half_depth = foot.half_depth * (base.right - base.left)
    floor_row = (base.bottom - corner[1]) * shrink - half_depth * shrink * math.sin(angle)
    near, far = _depths(grid >= 0.5, foot, (base.right - base.left) * shrink)
    top_row = min(_top_row(far, math.sin(angle)), floor_row - 1.0)
    rise = cell / max(math.cos(angle), 0.2)
    line = (np.array(base.line) - corner) * shrink
    legs = legs_of(grid >= 0.5, line, floor_row=floor_row, sine=math.sin(angle))
    reach = math.ceil(max(float(far.max()), float(-near.min()), *(leg.reach for leg in legs)))
    aside = np.arange(reach, -reach - 1, -1, dtype=np.float32)[:, None]
    hull = np.pad(grid, ((reach, reach), (0, 0)))
    x = at[0] + (0.5 - (base.centre - corner[0]) * shrink) * cell
    slices = []
    for share in np.linspace(0.0, 1.0, _STANDING_SLICES) ** _CROWDING:
        row = floor_row + share * (top_row - floor_row)
        here = min(max(int(row), 0), grid.shape[0] - 1)
        inside = np.clip(np.minimum(far[here] - aside, aside - near[here]) + 0.5, 0.0, 1.0)
        # No part of a body can be where the photograph shows what is beside it.
        inside *= hull[np.rint(row - aside[:, 0] * math.sin(angle)).astype(np.intp) + reach]
        inside *= opacity[here]
        for leg in legs:
            inside = leg.put(inside, here, row=float(row), aside=aside)
        z = max(floor_row - float(row), 0.0) * rise
        slices.append(Slice(inside, x, at[1] + reach * cell, z, cell))
    return Solid(
        slices=tuple(slices),
        at=at,
        half_width=base.half_width / unit,
        half_depth=half_depth / unit,
        height=(floor_row - top_row) * rise,
    )


def lying(alpha: Pixels, stops: Pixels, box: Box, *, at: tuple[float, float], unit: float) -> Solid:
    """Lay a product (as for `standing`) flat, the middle of its box ``at``."""
    grid, shrink, corner = _grid(alpha, box)
    opacity = _grid(stops, box)[0]
    cell = 1.0 / (unit * shrink)
    size = math.sqrt(box.width * box.height) * shrink
    # What touches the box ends there. A quicker mask's distances are an octagon's.
    solid = np.pad((grid >= 0.5).astype(np.uint8), 1)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    inside = np.asarray(depth[1:-1, 1:-1], dtype=np.float32)
    rim = max(1.0, _RIM * size)
    x = at[0] + (0.5 - ((box.left + box.right) / 2 - corner[0]) * shrink) * cell
    y = at[1] - (0.5 - ((box.top + box.bottom) / 2 - corner[1]) * shrink) * cell
    tall = _LYING_HEIGHT * size * cell
    slices = tuple(
        Slice(opacity * _above(inside, rim * (1.0 - math.sqrt(1.0 - z**2))), x, y, z * tall, cell)
        for z in np.linspace(0.0, 0.95, _LYING_SLICES)
    )
    return Solid(
        slices=slices,
        at=at,
        half_width=box.width / unit / 2,
        half_depth=box.height / unit / 2,
        height=tall,
    )


def _above(inside: _Float, rim: float) -> _Float:
    """Give what is farther inside an outline than ``rim`` pixels, with soft edges."""
    if rim <= 0.0:
        return np.ones_like(inside)
    soft = np.clip(inside - np.float32(rim) + np.float32(0.5), 0.0, 1.0)
    return np.asarray(soft, dtype=np.float32)


def drum(radius: float, *, top: float, bottom: float, at: tuple[float, float]) -> Solid:
    """Give a round stand: an upright cylinder from ``bottom`` to ``top``, around ``at``."""
    cell = radius / _DRUM_CELLS
    across = (np.arange(2 * _DRUM_CELLS + 2) - _DRUM_CELLS - 0.5) * cell
    away = np.hypot(across[None, :], across[:, None])
    cover = np.clip((radius - away) / cell + 0.5, 0.0, 1.0).astype(np.float32)
    corner = (at[0] + float(across[0]), at[1] - float(across[0]))
    slices = tuple(
        Slice(cover, *corner, float(z), cell) for z in np.linspace(bottom, top, _DRUM_SLICES)
    )
    return Solid(slices, at, radius, radius, top - bottom)


def _grid(alpha: Pixels, box: Box) -> tuple[_Float, float, tuple[int, int]]:
    """Shrink the box's part of the alpha; give it, its scale, and its corner in the source."""
    height, width = alpha.shape
    near = region_around(box, pad=0, width=width, height=height)
    shrink = min(1.0, _GRID_SIDE / max(near.size))
    size = (max(1, round(near.size[0] * shrink)), max(1, round(near.size[1] * shrink)))
    small = cv2.resize(alpha[near.slices], size, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255.0), shrink, (near.left, near.top)


def _depths(solid: NDArray[np.bool_], foot: Footprint, base_width: float) -> tuple[_Float, _Float]:
    """Give each pixel the near and the far edge of what its run is from above, in pixels.

    Handles and spouts are apart from the body, or a row through both would be one huge disc.
    """
    trunk = trunk_of(solid)
    body, limbs = (_run_depths(part, foot, base_width) for part in (trunk, solid & ~trunk))
    thin = cv2.distanceTransform((solid & ~trunk).astype(np.uint8), cv2.DIST_L2, 3)
    # A cord along the floor has long runs, and is no deeper than it is thick.
    most = np.where(trunk, np.float32(np.inf), cv2.dilate(thin, np.ones((9, 9), np.uint8)) + 1.0)
    near, far = (np.clip(one + other, -most, most) for one, other in zip(body, limbs, strict=True))
    return near.astype(np.float32), far.astype(np.float32)


def _run_depths(
    solid: NDArray[np.bool_], foot: Footprint, base_width: float
) -> tuple[_Float, _Float]:
    """Give the edges of the footprint as wide as a pixel's run, or of a disc for a narrow run."""
    columns = np.broadcast_to(np.arange(solid.shape[1]), solid.shape)
    before = np.maximum.accumulate(np.where(solid, -1, columns), axis=1)
    after = np.minimum.accumulate(np.where(solid, solid.shape[1], columns)[:, ::-1], axis=1)
    wide = np.where(solid, after[:, ::-1] - before - 1, 0).astype(np.float32)
    share = (columns - before - 0.5) / np.maximum(wide, 1.0)
    disc = np.sqrt(np.clip(share * (1.0 - share), 0.0, None))
    points = np.linspace(0.0, 1.0, foot.near.size)
    is_base = wide >= _NARROW * base_width
    near = np.where(is_base, np.interp(share, points, foot.near), -disc) * wide
    far = np.where(is_base, np.interp(share, points, foot.far), disc) * wide
    return near.astype(np.float32), far.astype(np.float32)


def _top_row(far: _Float, sine: float) -> float:
    """Find the row of the top's centre: above it the silhouette is the far half of the top."""
    deep = far.max(axis=1)
    filled = np.flatnonzero(deep > 0)
    if filled.size == 0:
        return 0.0
    below = np.arange(filled.size)
    reached = np.flatnonzero(below >= deep[filled] * sine)
    return float(filled[reached[0]]) if reached.size else float(filled[0])
