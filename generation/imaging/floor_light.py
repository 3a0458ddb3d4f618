"""A painted floor and the product on it: where its light comes from, and the shadow it lacks.

A model paints some shadow under what it was shown, or none. What it painted stays; a studio's own
is added only where the floor has less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from generation.types import Pixels

from .compose import Shade, darkened, merged
from .filling import filled
from .geometry import Box, Region, region_around
from .metrics import Floats, Mask, dilated
from .natural import natural_shadow
from .shadow import cast_shadow, reach
from .standing import stands

_GRID = 256
# Log luminance from one side of the picture to the other from which the light is one-sided: a
# quarter of a stop is hardly seen, a whole stop is a window.
_ONE_SIDED = 0.8
_LEAST_LEAN = 0.25
# Of a one-sided light's long shadow beside the soft one, at its strongest.
_LONG = 0.9
# The pool of shade around a base: how low the base is, how flat it is seen, blur and opacity.
_BASE, _FLAT, _SPREAD, _POOL = 0.05, 0.24, 0.10, 0.50
# Floors have a pattern: shadows are told from it on a picture this soft, in reaches.
_SOFT = 0.03
# Where the studio's shadow is weaker than this, a floor counts as lit.
_LIT = 0.04
# A row of which less is lit tells nothing.
_LEAST_LIT = 0.06


@dataclass(frozen=True, slots=True)
class Light:
    """Where a picture's light comes from: -1 is the left, 1 the right, 0 neither."""

    side: float

    @property
    def is_one_sided(self) -> bool:
        """Whether shadows fall to a side at all."""
        return abs(self.side) >= _LEAST_LEAN


@dataclass(frozen=True, slots=True)
class Grounded:
    """A ground (uint8 H x W x 3) with its shadow; ``painted`` is the painter's share, 0 to 1."""

    ground: Pixels
    painted: float


def light_of(ground: Pixels, product: Pixels) -> Light:
    """Read the light's side from the slow change of brightness across a picture.

    ``ground`` is uint8 H x W x 3, ``product`` uint8 H x W: what is not ground.
    """
    small = cv2.resize(ground, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(product, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    free = ~dilated(np.asarray(cover > 0), 6)
    if free.mean() < 0.1:
        return Light(0.0)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    # Encoded values are near the 2.2th root of light, hence the factor.
    bright = 2.2 * np.log(np.maximum(gray, 8.0) / 255.0)
    rows, columns = np.nonzero(free)
    place = np.stack([columns, rows, np.full(rows.size, _GRID)], axis=1) / _GRID - [0.5, 0.5, 0.0]
    slope = np.linalg.lstsq(place, bright[free], rcond=None)[0]
    return Light(float(np.tanh(slope[0] / _ONE_SIDED)))


def grounded(
    ground: Pixels, product: Pixels, box: Box, *, light: Light, strength: float
) -> Grounded:
    """Give the ground with the product's shadow: what is painted, and what a studio's adds.

    ``product`` is its uint8 alpha on the canvas, ``box`` where it is.
    """
    shade = _studio_shade(product, box, light, strength)
    seen = _painted_shade(ground, product, shade, reach(box))
    wanted = shade.opacity.astype(np.float32) / 255.0
    missing = 1.0 - (1.0 - wanted) / np.maximum(1.0 - np.minimum(seen, 0.95), 0.05)
    extra = np.rint(np.clip(missing, 0.0, 1.0) * 255.0).astype(np.uint8)
    outside = product[shade.region.slices] == 0
    total = float(wanted[outside].sum())
    share = float(np.minimum(wanted, seen)[outside].sum()) / total if total else 1.0
    return Grounded(darkened(ground, Shade(extra, shade.region)), share)


def _studio_shade(product: Pixels, box: Box, light: Light, strength: float) -> Shade:
    soft = cast_shadow(product, box, strength=strength)
    if not stands(product, box):
        return soft
    shades = [soft, _pool(product, box, strength)]
    if light.is_one_sided:
        shades.append(_long_shadow(product, box, light, strength * _LONG * abs(light.side)))
    return merged(shades) or soft


def _pool(product: Pixels, box: Box, strength: float) -> Shade:
    """What a room's light from all sides leaves out around a base: wider than on white paper."""
    height, width = product.shape
    size = reach(box)
    low = product[max(0, int(box.bottom - _BASE * box.height)) : int(box.bottom)]
    columns = np.flatnonzero(low.max(axis=0) >= 128)
    zone = region_around(box, pad=0.5 * size, width=width, height=height)
    shrink = min(1.0, 2 * _GRID / max(zone.size))
    small = np.zeros([max(1, round(side * shrink)) for side in zone.size[::-1]], np.float32)
    half = (columns[-1] - columns[0] + 1) / 2
    centre = ((columns[0] + half - zone.left) * shrink, (box.bottom - zone.top) * shrink)
    axes = (half * shrink, max(1.0, _FLAT * half * shrink))
    cv2.ellipse(small, (centre, (2 * axes[0], 2 * axes[1]), 0.0), 1.0, -1)
    spread = _SPREAD * size * shrink
    soft = cv2.GaussianBlur(small, (0, 0), max(spread, 0.6), None, max(_FLAT * 2 * spread, 0.5))
    full = cv2.resize(soft * (_POOL * min(strength, 1.5) * 255.0), zone.size)
    return Shade(np.rint(np.clip(full, 0, 255)).astype(np.uint8), zone)


def _long_shadow(product: Pixels, box: Box, light: Light, strength: float) -> Shade:
    """The shadow of a window on the light's side; the studio's own is on the left."""
    if light.side < 0:
        return natural_shadow(product, box, strength=strength)
    width = product.shape[1]
    turned = Box(width - box.right, box.top, width - box.left, box.bottom)
    shade = natural_shadow(np.ascontiguousarray(product[:, ::-1]), turned, strength=strength)
    region = replace(shade.region, left=width - shade.region.right, right=width - shade.region.left)
    return Shade(np.ascontiguousarray(shade.opacity[:, ::-1]), region)


def _painted_shade(ground: Pixels, product: Pixels, shade: Shade, size: float) -> Floats:
    """How much darker the floor is already than the lit floor around: float32 of the region."""
    here = _wider(shade.region, round(0.2 * size), product.shape)
    part = np.ascontiguousarray(ground[here.slices])
    gray = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)
    shrink = min(1.0, 2 * _GRID / max(gray.shape))
    small = _small(gray, shrink)
    is_product = _small(product[here.slices], shrink) > 1.0
    wanted = np.zeros(product.shape, dtype=np.uint8)
    wanted[shade.region.slices] = shade.opacity
    lit = ~is_product & (_small(wanted[here.slices], shrink) < _LIT * 255)
    soft = _blurred(filled(small, ~is_product), max(_SOFT * size * shrink, 0.8))
    usual = _along_rows(soft, lit & ~dilated(is_product, 2), max(0.1 * size * shrink, 1.0))
    seen = np.clip(1.0 - soft / np.maximum(usual, 1.0), 0.0, 1.0).astype(np.float32)
    full = cv2.resize(seen, here.size, interpolation=cv2.INTER_LINEAR)
    top, left = shade.region.top - here.top, shade.region.left - here.left
    width, height = shade.region.size
    return np.asarray(full[top : top + height, left : left + width], np.float32)


def _along_rows(soft: Floats, lit: Mask, sigma: float) -> Floats:
    """What each row would be without the shadow: its lit parts, joined in straight lines.

    Not from the rows above: a wall is no lit floor. A row without lit parts takes the next one's.
    """
    across = np.arange(soft.shape[1])
    usual = np.zeros_like(soft)
    has = lit.mean(axis=1) > _LEAST_LIT
    if not has.any():
        return soft
    for row in np.flatnonzero(has):
        usual[row] = np.interp(across, across[lit[row]], soft[row][lit[row]])
    rows = np.arange(soft.shape[0])
    nearest = np.flatnonzero(has)[np.abs(rows[:, None] - np.flatnonzero(has)).argmin(axis=1)]
    return np.asarray(cv2.GaussianBlur(usual[nearest], (0, 0), sigma, None, 0.8), np.float32)


def _small(plane: Pixels | Floats, shrink: float) -> Floats:
    small = cv2.resize(plane, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _blurred(plane: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def _wider(region: Region, rim: int, shape: tuple[int, ...]) -> Region:
    return Region(
        max(0, region.left - rim),
        max(0, region.top - rim),
        min(shape[1], region.right + rim),
        min(shape[0], region.bottom + rim),
    )


def known_ground(product: Pixels, rim: int) -> Mask:
    """Say where a painted picture shows ground alone, away from the product's edge."""
    return ~dilated(np.asarray(product > 0), rim)
