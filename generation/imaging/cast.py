"""What bodies on a stand take away from its light: a cast shadow, and the dimness around them.

Worked out on a grid of the floor seen from above, where blurs are round, and only then seen
through the camera. Occlusion is 0 to 1, the share of a light that does not arrive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .camera import Matrix, Projection
from .geometry import Region
from .solid import Slice, Solid

_Float = NDArray[np.float32]
Vector = tuple[float, float, float]

_GRID_SIDE = 420
_DOME_SIDE = 140
_DOME_STEP = 4
# Melts the few directions into one another, in grid cells.
_DOME_BLUR = 2.5
# Less of the sky than this is not missed; it keeps the far floor's bytes as they are.
_FAINTEST = 0.02
# Shadows fade out between these distances from the stand's centre, in units: where the floor
# is no longer the plane that it is taken for.
_FADE_FROM, _FADE_TO = 2.0, 3.0
_BLURS = (0.9, 1.8, 3.6, 7.2, 14.4, 28.8, 57.6)
# Cosine-weighted sky: rings of equal irradiance, as shares of the squared sine.
_RINGS = ((1 / 6, 5), (1 / 2, 9), (5 / 6, 15))


@dataclass(frozen=True, slots=True)
class FloorMap:
    """Occlusion over a rectangle of the level plane at ``z``: row 0 is its far edge.

    ``cell`` is in units.
    """

    values: _Float
    left: float
    far: float
    cell: float
    z: float = 0.0

    @property
    def to_floor(self) -> Matrix:
        """From grid pixels (column, row, 1), counted at centres, to the floor's (x, y, 1)."""
        half = self.cell / 2
        return np.array(
            [
                [self.cell, 0.0, self.left + half],
                [0.0, -self.cell, self.far - half],
                [0.0, 0.0, 1.0],
            ]
        )


def cast(
    solids: Sequence[Solid], *, direction: Vector, angular_radius: float, z: float = 0.0
) -> FloorMap:
    """Cast the solids' shadow on the level plane at ``z``, below all of them.

    ``direction`` is a unit vector towards the light. The shadow's edge is as soft as a light of
    ``angular_radius`` degrees makes it at the height of what casts it (percentage-closer soft
    shadows, Fernando 2005).
    """
    slices = [one for solid in solids for one in solid.slices]
    softness = math.tan(math.radians(angular_radius))
    tallest = max(piece.z for piece in slices) - z
    floor = _floor_under(
        slices, [direction], margin=0.05 + softness * tallest / direction[2], side=_GRID_SIDE, z=z
    )
    hard, height = _thrown(slices, direction, floor)
    sigma = _spread(height, hard, floor) * (0.5 * softness / direction[2] ** 1.5 / floor.cell)
    return _with_values(floor, _blurred_by(hard, sigma) * _fade(floor))


def dim(solids: Sequence[Solid]) -> FloorMap:
    """Work out how much of an even sky the solids hide from the floor around them."""
    slices = [one for solid in solids for one in solid.slices[::_DOME_STEP]]
    directions = _sky()
    floor = _floor_under(slices, directions, margin=0.1, side=_DOME_SIDE)
    total = np.zeros_like(floor.values)
    for direction in directions:
        total += _thrown(slices, direction, floor)[0]
    mean = cv2.GaussianBlur(total / np.float32(len(directions)), (0, 0), _DOME_BLUR)
    seen_dim = np.maximum(mean - _FAINTEST, 0.0) / np.float32(1.0 - _FAINTEST)
    return _with_values(floor, np.asarray(seen_dim, dtype=np.float32) * _fade(floor))


def seen(floor: FloorMap, camera: Projection, *, width: int, height: int) -> tuple[_Float, Region]:
    """Show a floor map through the camera: float32 values over a region of the canvas."""
    to_canvas = camera.plane(floor.z) @ floor.to_floor
    rows, columns = floor.values.shape
    corners = np.array([[-0.5, -0.5], [columns - 0.5, -0.5], [columns - 0.5, rows - 0.5]])
    corners = np.column_stack([np.vstack([corners, [-0.5, rows - 0.5]]), np.ones(4)])
    on_canvas = corners @ to_canvas.T
    on_canvas = on_canvas[:, :2] / on_canvas[:, 2:]
    low, high = np.floor(on_canvas.min(axis=0)), np.ceil(on_canvas.max(axis=0))
    region = Region(
        left=int(np.clip(low[0], 0, width - 1)),
        top=int(np.clip(low[1], 0, height - 1)),
        right=int(np.clip(high[0], 1, width)),
        bottom=int(np.clip(high[1], 1, height)),
    )
    shift = np.array([[1, 0, -region.left - 0.5], [0, 1, -region.top - 0.5], [0, 0, 1]])
    values = cv2.warpPerspective(
        floor.values, shift @ to_canvas, region.size, flags=cv2.INTER_CUBIC
    )
    return np.clip(values, 0.0, 1.0).astype(np.float32), region


def _sky() -> list[Vector]:
    found = []
    for number, (share, count) in enumerate(_RINGS):
        flat, up = math.sqrt(share), math.sqrt(1.0 - share)
        for step in range(count):
            turn = 2 * math.pi * (step + number / len(_RINGS)) / count
            found.append((flat * math.cos(turn), flat * math.sin(turn), up))
    return found


def _floor_under(
    slices: Sequence[Slice],
    directions: Sequence[Vector],
    *,
    margin: float,
    side: int,
    z: float = 0.0,
) -> FloorMap:
    """Make an empty map of all of the plane at ``z`` that the slices' shadows can reach."""
    corners = np.vstack([_shadow_corners(one, way, z) for one in slices for way in directions])
    low = np.maximum(corners.min(axis=0) - margin, -_FADE_TO)
    high = np.minimum(corners.max(axis=0) + margin, _FADE_TO)
    extent = np.maximum(high - low, 0.05)
    cell = float(extent.max()) / side
    columns, rows = (math.ceil(value / cell) + 1 for value in extent)
    empty = np.zeros((rows, columns), dtype=np.float32)
    return FloorMap(empty, left=float(low[0]), far=float(high[1]), cell=cell, z=z)


def _shadow_corners(piece: Slice, direction: Vector, z: float) -> Matrix:
    columns = np.flatnonzero(piece.cover.max(axis=0) > 0)
    rows = np.flatnonzero(piece.cover.max(axis=1) > 0)
    x, y = _shadow_start(piece, direction, z)
    if rows.size == 0:
        return np.array([[x, y]])
    ends = [[x + piece.cell * columns[i], y - piece.cell * rows[i]] for i in (0, -1)]
    return np.array(ends)


def _shadow_start(piece: Slice, direction: Vector, z: float) -> tuple[float, float]:
    """Give where the shadow of a slice's first pixel falls on the plane at ``z``."""
    slide = (piece.z - z) / direction[2]
    return piece.x - slide * direction[0], piece.y - slide * direction[1]


def _thrown(slices: Sequence[Slice], direction: Vector, floor: FloorMap) -> tuple[_Float, _Float]:
    """Throw the slices on the floor: the hard shadow, and the mean height of what casts it."""
    size = (floor.values.shape[1], floor.values.shape[0])
    hard = np.zeros_like(floor.values)
    lifted = np.zeros_like(floor.values)
    weight = np.zeros_like(floor.values)
    for piece in slices:
        x, y = _shadow_start(piece, direction, floor.z)
        scale = piece.cell / floor.cell
        to_grid = np.array(
            [
                [scale, 0.0, (x - floor.left) / floor.cell - 0.5],
                [0.0, scale, (floor.far - y) / floor.cell - 0.5],
            ]
        )
        shadow = cv2.warpAffine(piece.cover, to_grid, size, flags=cv2.INTER_LINEAR)
        np.maximum(hard, shadow, out=hard)
        lifted += shadow * np.float32(piece.z - floor.z)
        weight += shadow
    return hard, np.asarray(lifted / np.maximum(weight, np.float32(1e-3)))


def _spread(height: _Float, hard: _Float, floor: FloorMap) -> _Float:
    """Continue the casters' heights past the hard shadow's edge, where the penumbra falls."""
    spread = np.zeros_like(height)
    known = np.zeros_like(height)
    for sigma in (3.0, 10.0, 30.0):
        total = cv2.GaussianBlur(height * hard, (0, 0), sigma)
        share = cv2.GaussianBlur(hard, (0, 0), sigma)
        fresh = (1.0 - known) * np.clip(share * 20.0, 0.0, 1.0)
        spread += fresh * total / np.maximum(share, 1e-4)
        known += fresh
    return spread


def _blurred_by(plane: _Float, sigma: _Float) -> _Float:
    """Blur every pixel by its own sigma, by mixing a few evenly blurred planes."""
    level = np.log2(np.maximum(sigma, _BLURS[0]) / _BLURS[0])
    level = np.minimum(level, len(_BLURS) - 1.001)
    result = np.zeros_like(plane)
    for number, blur in enumerate(_BLURS):
        share = np.clip(1.0 - np.abs(level - number), 0.0, 1.0)
        if share.any():
            blurred = cv2.GaussianBlur(plane, (0, 0), blur, borderType=cv2.BORDER_CONSTANT)
            result += share.astype(np.float32) * blurred
    return result


def _fade(floor: FloorMap) -> _Float:
    rows, columns = floor.values.shape
    x = floor.left + (np.arange(columns) + 0.5) * floor.cell
    y = floor.far - (np.arange(rows) + 0.5) * floor.cell
    away = np.hypot(x[None, :], y[:, None])
    ramp = np.clip((_FADE_TO - away) / (_FADE_TO - _FADE_FROM), 0.0, 1.0)
    return np.asarray(ramp * ramp * (3.0 - 2.0 * ramp), dtype=np.float32)


def _with_values(floor: FloorMap, values: _Float) -> FloorMap:
    return replace(floor, values=values.astype(np.float32))
