"""The product's shadow on its ground, worked out from the product's own outline.

One soft light from above and in front is assumed, as in a packshot studio. Everything is
computed on a small grid: a shadow has no fine detail except the line of contact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .compose import Shade
from .geometry import Box, Region, region_around
from .standing import SOLID, Floats, floor_line, lower_outline, stands, to_grid

# How far a shadow may reach beside, above and below the product's box, in units of its reach.
_REACH = 0.22
# A contact shadow stays this near the ground, in the same units: it fades with the lift.
_CONTACT_HEIGHT = 0.40
# Opacity under this is taken off everywhere, so that the blur's tail ends in the exact ground.
_TAIL = 0.010


@dataclass(frozen=True, slots=True)
class _Veil:
    """One layer of shadow: its blur as a share of the reach, and its opacity at the contact."""

    sigma: float
    opacity: float


# From the crease under the product outwards. Judged by eye on packshots; see the tests for the
# properties that must hold (darkest and tightest at the contact, neutral, exact ground beyond).
_CONTACT = (_Veil(0.005, 0.58), _Veil(0.018, 0.40), _Veil(0.065, 0.24))
_FAINT = (_Veil(0.008, 0.10), _Veil(0.030, 0.13))
_DROP = (_Veil(0.010, 0.13), _Veil(0.032, 0.17), _Veil(0.065, 0.12))
_FLATTENING = 0.42
_LIFT_FADE = 0.085
_DROP_OFFSET = 0.016


def drop_zone(product: Pixels, box: Box) -> Region:
    """Give the only part of the canvas where `drop_shadow` reaches: all around the product."""
    height, width = product.shape
    return region_around(box, pad=_REACH * reach(box), width=width, height=height)


def shadow_zone(product: Pixels, box: Box) -> Region:
    """Give the only part of the canvas where a product (uint8 alpha, in ``box``) casts a shadow."""
    size = reach(box)
    around = drop_zone(product, box)
    if not stands(product, box):
        return around
    top = max(around.top, math.floor(box.bottom - _CONTACT_HEIGHT * size))
    return Region(left=around.left, top=top, right=around.right, bottom=around.bottom)


def cast_shadow(product: Pixels, box: Box, *, strength: float) -> Shade:
    """Work out the shadow of a product: ``product`` is its uint8 alpha on the canvas.

    A product that stands gets a contact shadow that follows its lower outline; one that hangs
    or lies flat gets a faint shadow all around. The result never leaves `shadow_zone`, and
    fades out before the canvas ends.
    """
    veils = None if stands(product, box) else _FAINT
    return _shade(product, box, shadow_zone(product, box), veils, strength)


def drop_shadow(product: Pixels, box: Box, *, strength: float) -> Shade:
    """Work out the soft shadow of a product (uint8 alpha) that lies on paper under a soft light."""
    return _shade(product, box, drop_zone(product, box), _DROP, strength)


def _shade(
    product: Pixels, box: Box, zone: Region, drop: tuple[_Veil, ...] | None, strength: float
) -> Shade:
    grid = to_grid(product[zone.slices])
    unit = reach(box) * grid.shape[1] / (zone.right - zone.left)
    opacity = _contact(grid, unit) if drop is None else _drop(grid, unit, drop)
    return _spread(opacity, zone, unit=unit, strength=strength)


def _spread(opacity: Floats, zone: Region, *, unit: float, strength: float) -> Shade:
    """Bring a shadow from its small grid to its zone of the canvas, gone where the zone ends.

    ``unit`` is the product's reach in the grid's pixels.
    """
    opacity = np.maximum(opacity * strength - _TAIL, 0.0) / (1.0 - _TAIL)
    opacity *= fade_at_edges(opacity.shape, unit)
    full = cv2.resize(opacity, zone.size, interpolation=cv2.INTER_LINEAR)
    return Shade(np.rint(np.clip(full, 0.0, 1.0) * 255.0).astype(np.uint8), zone)


def reach(box: Box) -> float:
    """How large the product is to its shadow: a tall bottle's is that of a bottle's width."""
    return min(1.25 * box.width, float(np.sqrt(box.width * box.height)))


def _contact(grid: Pixels, unit: float) -> Floats:
    solid = grid >= SOLID
    bottoms, filled = lower_outline(solid)
    tops = bottoms - _lowest_run(solid)
    lift = np.maximum(floor_line(grid) - bottoms, 0.0) / unit
    touch = np.where(filled, np.exp(-((lift / _LIFT_FADE) ** 2)), 0.0).astype(np.float32)
    light = np.ones(grid.shape, dtype=np.float32)
    for veil in _CONTACT:
        depth = max(1.0, 3.0 * veil.sigma * unit * _FLATTENING)
        behind = np.maximum(bottoms - depth, tops)
        plane = _footprint(behind, bottoms + depth / 6, grid.shape[0]) * touch
        blurred = _blur(plane, veil.sigma * unit, veil.sigma * unit * _FLATTENING)
        light *= 1.0 - veil.opacity * blurred
    return 1.0 - light


def _lowest_run(solid: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Give how thick each column's lowest part is: a cord on the floor hides less of it."""
    upwards = solid[::-1]
    below = np.argmax(upwards, axis=0)
    beyond = ~upwards & (np.arange(solid.shape[0])[:, None] >= below)
    end = np.where(beyond.any(axis=0), np.argmax(beyond, axis=0), solid.shape[0])
    return np.asarray(end - below, dtype=np.intp)


def _footprint(behind: Floats, front: Floats, height: int) -> Floats:
    """Give the ground between two outlines, one where a pixel of it is covered whole."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    nearer = np.clip(front - rows, 0.0, 1.0)
    farther = np.clip(rows + 1.0 - behind, 0.0, 1.0)
    return np.asarray(nearer * farther, dtype=np.float32)


def _drop(grid: Pixels, unit: float, veils: tuple[_Veil, ...]) -> Floats:
    shifted = np.roll(grid, round(_DROP_OFFSET * unit), axis=0).astype(np.float32) / 255.0
    light = np.ones(grid.shape, dtype=np.float32)
    for veil in veils:
        light *= 1.0 - veil.opacity * _blur(shifted, veil.sigma * unit, veil.sigma * unit)
    return 1.0 - light


def _blur(plane: Floats, sigma_x: float, sigma_y: float) -> Floats:
    blurred = cv2.GaussianBlur(
        plane,
        (0, 0),
        sigmaX=max(sigma_x, 0.4),
        sigmaY=max(sigma_y, 0.4),
        borderType=cv2.BORDER_CONSTANT,
    )
    return np.asarray(blurred, dtype=np.float32)


def fade_at_edges(shape: tuple[int, int], unit: float) -> Floats:
    """Give a window that reaches zero at the zone's edge, which may be the canvas's."""
    ramp = max(2.0, 0.04 * unit)
    ys, xs = (np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / ramp, 0.0, 1.0) for n in shape)
    window = np.minimum(ys[:, None], xs[None, :])
    return (window * window * (3.0 - 2.0 * window)).astype(np.float32)
