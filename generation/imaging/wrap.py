"""Light wrap: what is bright spills over the edge between a product and its ground.

A lens scatters a little of every bright thing around it, and an edge seen at a grazing angle
mirrors what lies behind it. Laid on a plate, a product has neither. Both are added to the ground
alone: where it is seen through a soft edge, and around the product; opaque pixels stay as they
are.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .color import to_linear, to_srgb
from .compose import Layer, laid_over
from .geometry import Box, around, region_around
from .recolour import bands, dithered, linear

_Float = NDArray[np.float32]

# Share of a bright product's light that the lens scatters, and how far, by the canvas's longer
# side. The plates' own bright parts have 0.03 to 0.06 over a sixtieth.
_SCATTERED, _REACH = 0.03, 1 / 60
# Scattered light is as smooth as its blur: worked out on a grid this many times coarser.
_COARSER = 8
# Share of what lies behind that the middle of a soft edge mirrors.
_MIRRORED = 0.12


def wrapped(layers: Sequence[Layer], ground: Pixels) -> Pixels:
    """Give a ground (uint8 H x W x 3) with the light that spills between it and the products.

    It only ever gets brighter. Far from products, and where they are darker than it and opaque,
    the bytes are exact.
    """
    lit = ground.copy()
    _scatter(layers, lit)
    for layer in layers:
        _mirror(layer, lit)
    return lit


def _scatter(layers: Sequence[Layer], lit: Pixels) -> None:
    """Add the light of products brighter than what lies behind them, in place."""
    height, width = lit.shape[:2]
    sigma = _REACH * max(height, width)
    near = around([layer.region for layer in layers])
    box = Box(near.left, near.top, near.right, near.bottom)
    region = region_around(box, pad=3 * sigma, width=width, height=height)
    part, shown = lit[region.slices], laid_over(layers, lit)[region.slices]
    size = tuple(max(1, round(side / _COARSER)) for side in region.size)
    small, behind = (
        linear(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
        for rgb in (shown, part)
    )
    glow = cv2.GaussianBlur(
        np.maximum(small - behind, 0.0), (0, 0), sigma / _COARSER, borderType=cv2.BORDER_CONSTANT
    )
    if not glow.any():
        return
    for rows in bands(part.shape[0]):
        added = _enlarged(glow, rows, region.size)
        light = linear(part[rows]) + np.float32(_SCATTERED) * added
        part[rows] = dithered(light, row=region.top + rows.start, column=region.left)


def _enlarged(glow: _Float, rows: slice, size: tuple[int, int]) -> _Float:
    """Give some rows of a coarse plane at the size (width, height) that it stands for."""
    width, height = size
    step_x, step_y = glow.shape[1] / width, glow.shape[0] / height
    to_coarse = np.array(
        [
            [step_x, 0.0, step_x / 2 - 0.5],
            [0.0, step_y, (rows.start + 0.5) * step_y - 0.5],
        ]
    )
    found = cv2.warpAffine(
        glow,
        to_coarse,
        (width, rows.stop - rows.start),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(found, dtype=np.float32)


def _mirror(layer: Layer, lit: Pixels) -> None:
    """Brighten the ground behind a soft edge that is darker than it, in place."""
    part = lit[layer.region.slices]
    soft = (layer.alpha > 0) & (layer.alpha < 255)
    alpha = layer.alpha[soft].astype(np.float32)[:, None] / np.float32(255.0)
    behind = to_linear(part[soft])
    spare = np.maximum(behind - to_linear(layer.color[soft]), 0.0)
    part[soft] = to_srgb(behind + np.float32(4.0 * _MIRRORED) * alpha * spare)
