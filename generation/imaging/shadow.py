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

_Float = NDArray[np.float32]

_GRID_SIDE = 520
_SOLID = 128
# How far a shadow may reach beside, above and below the product's box, in units of its reach.
_REACH = 0.22
# A contact shadow stays this near the ground, in the same units: it fades with the lift.
_CONTACT_HEIGHT = 0.40
# Points this near the lowest one, as a share of the height, touch the ground with it.
_LEVEL = 0.03
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
_DROP = (_Veil(0.008, 0.10), _Veil(0.030, 0.13))
_FLATTENING = 0.42
_LIFT_FADE = 0.085
_DROP_OFFSET = 0.016


def shadow_zone(product: Pixels, box: Box) -> Region:
    """Give the only part of the canvas where a product (uint8 alpha, in ``box``) casts a shadow."""
    height, width = product.shape
    reach = _reach(box)
    around = region_around(box, pad=_REACH * reach, width=width, height=height)
    if not stands(product, box):
        return around
    top = max(around.top, math.floor(box.bottom - _CONTACT_HEIGHT * reach))
    return Region(left=around.left, top=top, right=around.right, bottom=around.bottom)


def cast_shadow(product: Pixels, box: Box, *, strength: float) -> Shade:
    """Work out the shadow of a product: ``product`` is its uint8 alpha on the canvas.

    A product that stands gets a contact shadow that follows its lower outline; one that hangs
    or lies flat gets a faint shadow all around. The result never leaves `shadow_zone`, and
    fades out before the canvas ends.
    """
    zone = shadow_zone(product, box)
    grid = _to_grid(product[zone.slices])
    unit = _reach(box) * grid.shape[1] / (zone.right - zone.left)
    opacity = _contact(grid, unit) if stands(product, box) else _drop(grid, unit)
    opacity = np.maximum(opacity * strength - _TAIL, 0.0) / (1.0 - _TAIL)
    opacity *= _fade_at_edges(opacity.shape, unit)
    full = cv2.resize(opacity, zone.size, interpolation=cv2.INTER_LINEAR)
    return Shade(np.rint(np.clip(full, 0.0, 1.0) * 255.0).astype(np.uint8), zone)


def stands(product: Pixels, box: Box) -> bool:
    """Say whether the product (uint8 alpha) rests on its lowest points, or hangs or lies flat.

    It stands if its centre of mass is above the span of what touches the ground.
    """
    height, width = product.shape
    alpha = _to_grid(product[region_around(box, pad=0, width=width, height=height).slices])
    bottoms, filled = _lower_outline(alpha >= _SOLID)
    columns = np.flatnonzero(filled)
    if columns.size == 0:
        return False
    touching = np.flatnonzero(filled & (bottoms >= bottoms.max() - _LEVEL * alpha.shape[0]))
    mass = alpha.sum(axis=0, dtype=np.float64)
    centre = float((mass * np.arange(mass.size)).sum() / mass.sum())
    slack = 0.05 * columns.size
    is_broad = touching[-1] - touching[0] + 1 >= 0.12 * columns.size
    return bool(is_broad and touching[0] - slack <= centre <= touching[-1] + slack)


def _reach(box: Box) -> float:
    """How large the product is to its shadow: a tall bottle's is that of a bottle's width."""
    return min(1.25 * box.width, float(np.sqrt(box.width * box.height)))


def _to_grid(alpha: Pixels) -> Pixels:
    height, width = alpha.shape
    shrink = min(1.0, _GRID_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _lower_outline(solid: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Give the row just below each column's lowest solid pixel, and which columns have one."""
    filled = np.asarray(solid.any(axis=0))
    bottoms = solid.shape[0] - np.argmax(solid[::-1], axis=0)
    return np.where(filled, bottoms, 0), filled


def _contact(grid: Pixels, unit: float) -> _Float:
    solid = grid >= _SOLID
    bottoms, filled = _lower_outline(solid)
    tops = bottoms - _lowest_run(solid)
    lift = (bottoms[filled].max() - bottoms) / unit
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


def _footprint(behind: _Float, front: _Float, height: int) -> _Float:
    """Give the ground between two outlines, one where a pixel of it is covered whole."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    nearer = np.clip(front - rows, 0.0, 1.0)
    farther = np.clip(rows + 1.0 - behind, 0.0, 1.0)
    return np.asarray(nearer * farther, dtype=np.float32)


def _drop(grid: Pixels, unit: float) -> _Float:
    shifted = np.roll(grid, round(_DROP_OFFSET * unit), axis=0).astype(np.float32) / 255.0
    light = np.ones(grid.shape, dtype=np.float32)
    for veil in _DROP:
        light *= 1.0 - veil.opacity * _blur(shifted, veil.sigma * unit, veil.sigma * unit)
    return 1.0 - light


def _blur(plane: _Float, sigma_x: float, sigma_y: float) -> _Float:
    blurred = cv2.GaussianBlur(
        plane,
        (0, 0),
        sigmaX=max(sigma_x, 0.4),
        sigmaY=max(sigma_y, 0.4),
        borderType=cv2.BORDER_CONSTANT,
    )
    return np.asarray(blurred, dtype=np.float32)


def _fade_at_edges(shape: tuple[int, int], unit: float) -> _Float:
    """Give a window that reaches zero at the zone's edge, which may be the canvas's."""
    ramp = max(2.0, 0.04 * unit)
    ys, xs = (np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / ramp, 0.0, 1.0) for n in shape)
    window = np.minimum(ys[:, None], xs[None, :])
    return (window * window * (3.0 - 2.0 * window)).astype(np.float32)
