"""Bare grounds: a plain colour, or a gradient that shows no steps.

Pure functions of colours, shape and size, so that verification can make the same bytes again.
Shadows and products are laid over them in `compose`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .color import to_linear
from .recolour import bands, dithered

Color: TypeAlias = tuple[int, int, int]
Shape = Literal["radial", "vertical"]

# A radial glow lies a little above the middle, where a product's upper half is.
_GLOW_HEIGHT = 0.46
# The floor of a vertical gradient keeps its colour up to here, as a share of the height from below.
_FLOOR = 0.12


def plain(rgb: Color, *, width: int, height: int) -> Pixels:
    """Make a ground of one colour: uint8 H x W x 3."""
    # Row by row: filling pixel by pixel takes as long as the whole resampling.
    row = np.tile(np.array(rgb, dtype=np.uint8), width)
    return np.broadcast_to(row, (height, row.size)).copy().reshape(height, width, 3)


def gradient(ends: tuple[Color, Color], shape: Shape, *, width: int, height: int) -> Pixels:
    """Make a ground that runs from one colour to another: uint8 H x W x 3.

    The light is mixed in linear light by s = t * t * (3 - 2 t). "radial": t is 0 at 46 % of the
    height in the middle, and grows in proportion to the distance to 1 in the farthest corner.
    "vertical": t is 0 up to 12 % from below, and grows in proportion to the height to 1 at the top.
    """
    near, far = (to_linear(np.array(end, dtype=np.uint8)) for end in ends)
    ground = np.empty((height, width, 3), dtype=np.uint8)
    for rows in bands(height):
        t = _distance(rows, shape, width, height)
        mix = (t * t * (3.0 - 2.0 * t))[..., None]
        light = np.broadcast_to(near + mix * (far - near), (t.shape[0], width, 3))
        ground[rows] = dithered(light, row=rows.start)
    return ground


def _distance(rows: slice, shape: Shape, width: int, height: int) -> NDArray[np.float32]:
    ys = (np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5) / height
    if shape == "vertical":
        return np.clip((1.0 - _FLOOR - ys) / (1.0 - _FLOOR), 0.0, 1.0)
    xs = (np.arange(width, dtype=np.float32) + 0.5) / width - 0.5
    across, down = xs * width, (ys - _GLOW_HEIGHT) * height
    farthest = np.hypot(0.5 * width, max(_GLOW_HEIGHT, 1.0 - _GLOW_HEIGHT) * height)
    return np.asarray(np.hypot(across, down) / np.float32(farthest), dtype=np.float32)
