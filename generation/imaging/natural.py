"""The shadow of a product beside a large window, on a plain ground that no camera was told of.

The photograph says from how high it was taken; that camera, the window and the product's
guessed body go to `cast`. What lies gets its shadow as seen from straight above.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .camera import Projection
from .cast import cast, seen
from .compose import Shade
from .geometry import Box, Region, region_around
from .shadow import fade_at_edges, reach
from .solid import lying, seen_from, standing
from .standing import floor_line, stands, to_grid
from .viewpoint import estimate

# From the product towards the window: to the left, a little to the front, and somewhat higher.
_WINDOW = (-0.74, -0.42, 0.56)
_WINDOW_RADIUS = 11.0
# Photographs from table height: a camera that seems level still sees a little of the floor.
_ELEVATIONS = (12.0, 36.0)
# The share of the floor's light that comes through the window; the room gives the rest.
_KEY_SHARE = 0.62
# How far to the right the shadow may reach, in reaches; it thins out on the way.
_LONGEST = 1.5
_THINNING = 0.5
# How far past the line of contact the soft shadow seeps.
_SEEPING = 0.02
_AROUND = 0.25
_GAMMA = 2.2


def natural_zone(product: Pixels, box: Box) -> Region:
    """Give the only part of the canvas where `natural_shadow` of a product (in ``box``) reaches."""
    height, width = product.shape
    size = reach(box)
    near = region_around(box, pad=_AROUND * size, width=width, height=height)
    far = region_around(box, pad=_LONGEST * size, width=width, height=height)
    return Region(left=near.left, top=near.top, right=far.right, bottom=near.bottom)


def natural_shadow(product: Pixels, box: Box, *, strength: float) -> Shade:
    """Work out the shadow of a product (uint8 alpha on the canvas) lit from the upper left.

    The result never leaves `natural_zone`, and is gone where the canvas ends.
    """
    zone = natural_zone(product, box)
    light = 1.0 - _KEY_SHARE * min(strength, 1.5) * _hidden(product, box, zone)
    opacity = 1.0 - np.maximum(light, 0.0) ** (1.0 / _GAMMA)
    opacity *= _thinning(zone, box)
    if stands(product, box):
        opacity *= _behind_the_line(product, box, zone)
    return Shade(np.rint(opacity * 255.0).astype(np.uint8), zone)


def _hidden(product: Pixels, box: Box, zone: Region) -> NDArray[np.float32]:
    """Give the share of the window's light that does not arrive, over the zone."""
    found = estimate(product, box)
    viewpoint = replace(found, elevation=min(found.elevation, _ELEVATIONS[1]))
    unit = max(box.width, box.height)
    if viewpoint.lies_flat:
        body = lying(product, product, box, at=(0.0, 0.0), unit=unit)
        centre = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        camera = _camera(centre, unit, math.pi / 2)
    else:
        angle = max(seen_from(viewpoint, 0.0), math.radians(_ELEVATIONS[0]))
        body = standing(
            product,
            product,
            box,
            viewpoint,
            at=(0.0, 0.0),
            unit=unit,
            fallback_elevation=_ELEVATIONS[0],
        )
        base = viewpoint.base
        row = base.bottom - body.half_depth * unit * math.sin(angle)
        camera = _camera((base.centre, row), unit, angle)
    length = math.hypot(*_WINDOW)
    window = (_WINDOW[0] / length, _WINDOW[1] / length, _WINDOW[2] / length)
    floor = cast([body], direction=window, angular_radius=_WINDOW_RADIUS)
    values, region = seen(floor, camera, width=product.shape[1], height=product.shape[0])
    return _within(values, region, zone)


def _camera(origin: tuple[float, float], unit: float, angle: float) -> Projection:
    """Look down at ``angle`` from far away: (0, 0, 0) is seen at ``origin`` on the canvas."""
    return Projection(
        np.array(
            [
                [unit, 0.0, 0.0, origin[0]],
                [0.0, -unit * math.sin(angle), -unit * math.cos(angle), origin[1]],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )
    )


def _within(values: NDArray[np.float32], region: Region, zone: Region) -> NDArray[np.float32]:
    """Give the values over the zone, nothing where they are not known."""
    out = np.zeros((zone.bottom - zone.top, zone.right - zone.left), dtype=np.float32)
    left, right = max(region.left, zone.left), min(region.right, zone.right)
    top, bottom = max(region.top, zone.top), min(region.bottom, zone.bottom)
    if left < right and top < bottom:
        out[top - zone.top : bottom - zone.top, left - zone.left : right - zone.left] = values[
            top - region.top : bottom - region.top, left - region.left : right - region.left
        ]
    return out


def _thinning(zone: Region, box: Box) -> NDArray[np.float32]:
    """Fade towards the right, where the room's light fills in, and out at the zone's edges."""
    width, height = zone.size
    ramp = np.clip(np.arange(width)[::-1] / (_THINNING * reach(box)), 0.0, 1.0)
    rightwards = (ramp * ramp * (3.0 - 2.0 * ramp)).astype(np.float32)
    return fade_at_edges((height, width), reach(box)) * rightwards


def _behind_the_line(product: Pixels, box: Box, zone: Region) -> NDArray[np.float32]:
    """Keep the shadow behind the line of contact and off the side of the window.

    Where the body was guessed too deep, it would leak out in front of the product.
    """
    grid = to_grid(product[zone.slices])
    width, height = zone.size
    small = floor_line(grid)[None, :] * np.float32(height / grid.shape[0])
    line = cv2.resize(small, (width, 1), interpolation=cv2.INTER_LINEAR)
    rows = np.arange(height, dtype=np.float32)[:, None]
    past = (rows - line) / np.float32(max(1.0, _SEEPING * reach(box)))
    aside = (np.arange(width, dtype=np.float32) + zone.left - box.left) / np.float32(box.width / 2)
    kept = np.clip(1.0 - past, 0.0, 1.0) * np.clip(aside, 0.0, 1.0)
    return np.asarray(kept, dtype=np.float32)
