"""A product mirrored in a glossy table: its lower part upside down, fading out.

A wall that rises from the table mirrors column by column about the line where it touches down,
so a round base mirrors in its arc and a box in its corner. Grounds and shadows are elsewhere.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .compose import Layer
from .geometry import Box, Region
from .standing import floor_line, to_grid

_Float = NDArray[np.float32]

# How far down a mirror image can be seen, as a share of the product's height.
DEPTH = 0.28
# How far above its lowest point a product may touch the table, as a share of its smaller side.
_HIGHEST = 0.6
# What a polished table sends back to a camera that looks down on it a little.
_MIRRORED = 0.42
_FADE = 1.5
# Blur of the far end, as a share of the product's size: no table is a perfect mirror.
_FAR_BLUR = 0.007


def mirror_zone(box: Box, *, width: int, height: int) -> Region:
    """Give the only part of a canvas where a product in ``box`` is mirrored."""
    return Region(
        left=max(0, math.floor(box.left) - 4),
        top=max(0, math.floor(box.bottom - _HIGHEST * min(box.width, box.height))),
        right=min(width, math.ceil(box.right) + 4),
        bottom=min(height, math.ceil(box.bottom + DEPTH * box.height) + 1),
    )


def mirrored(layer: Layer, box: Box, *, canvas: tuple[int, int], strength: float) -> Layer | None:
    """Give the mirror image of a product that fills ``box``, as a layer to lay under it.

    ``canvas`` is (width, height). The image never leaves `mirror_zone` and is gone where the
    canvas ends; None where the product stands on the canvas's edge or the layer far above its foot.
    """
    line = _line(layer)
    lowest = float(line.max())
    depth = min(DEPTH * box.height, canvas[1] - 1 - lowest)
    if depth < 2:
        return None
    zone = mirror_zone(box, width=canvas[0], height=canvas[1])
    region = Region(
        left=layer.region.left,
        top=max(zone.top, math.floor(line.min())),
        right=layer.region.right,
        bottom=min(canvas[1], math.ceil(lowest + depth)),
    )
    # The upper part of what fills the box, as a garment's inside, mirrors out of sight.
    if region.top >= region.bottom:
        return None
    rows = np.arange(region.top, region.bottom, dtype=np.float32)[:, None] + np.float32(0.5)
    below = rows - line[None, :]
    color, alpha = _upside_down(layer, line, below)
    share = np.clip(below / np.float32(depth), 0.0, 1.0)
    size = math.sqrt(box.width * box.height)
    color, alpha = _softened(color, alpha, share, sigma=_FAR_BLUR * size)
    # Half a pixel on the line itself, so that no rim of ground shows between the two.
    alpha *= (
        min(1.0, _MIRRORED * strength) * (1.0 - share) ** _FADE * np.clip(below + 1.5, 0.0, 1.0)
    )
    return Layer(color=_bytes(color), alpha=_bytes(alpha), region=region)


def _line(layer: Layer) -> _Float:
    """Give the canvas row of the floor under each column of the layer."""
    grid = to_grid(layer.alpha)
    height, width = layer.alpha.shape
    small = floor_line(grid) * np.float32(height / grid.shape[0])
    centres = (np.arange(width) + 0.5) * (grid.shape[1] / width) - 0.5
    line = np.interp(centres, np.arange(grid.shape[1]), small)
    return np.asarray(line + layer.region.top, dtype=np.float32)


def _upside_down(layer: Layer, line: _Float, below: _Float) -> tuple[_Float, _Float]:
    """Read colour and alpha (float32, 0..255) as far above the line as each pixel is below it."""
    ys = np.asarray(line[None, :] - below - layer.region.top - 0.5, dtype=np.float32)
    xs = np.broadcast_to(np.arange(line.size, dtype=np.float32), ys.shape).copy()
    edge = cv2.BORDER_REPLICATE
    color = cv2.remap(layer.color, xs, ys, cv2.INTER_LINEAR, borderMode=edge)
    alpha = cv2.remap(
        layer.alpha, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    return np.asarray(color, dtype=np.float32), np.asarray(alpha, dtype=np.float32)


def _softened(
    color: _Float, alpha: _Float, share: _Float, *, sigma: float
) -> tuple[_Float, _Float]:
    """Blur it the more the farther it is from the line."""
    soft_alpha = _blurred(alpha, sigma)
    weight = np.maximum(soft_alpha, np.float32(1e-3))[..., None]
    soft_color = _blurred(color * alpha[..., None], sigma) / weight
    mix = np.sqrt(share).astype(np.float32)
    return (
        np.asarray(color + (soft_color - color) * mix[..., None], dtype=np.float32),
        np.asarray(alpha + (soft_alpha - alpha) * mix, dtype=np.float32),
    )


def _blurred(plane: _Float, sigma: float) -> _Float:
    blurred = cv2.GaussianBlur(plane, (0, 0), max(sigma, 0.3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, dtype=np.float32)


def _bytes(values: _Float) -> Pixels:
    return np.asarray(np.clip(values + 0.5, 0.0, 255.0), dtype=np.uint8)
