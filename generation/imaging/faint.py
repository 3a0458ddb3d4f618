"""Faint lines on a calm ground beside a cut-out: the glass of a jar of which the lid was found.

A line is brighter or darker than both of its sides; the edge of a shadow is not. On wood, cloth
and paper with a pattern nothing is said.
"""

from __future__ import annotations

import cv2
import numpy as np

from generation.types import Pixels

from .metrics import Floats, Mask, dilated, lab_of

_LOOK_SIDE = 640
# Lines are at most so many pixels wide; nearer to the outline they are the product's own rim.
_WIDTH, _OFF_OUTLINE = 9, 6
# The ground's grain, told by the picture's outermost part. Plain paper and walls of the demo
# catalog have 0.6 to 1.4 lightness, wood 3 and more.
_RIM, _GRAIN_PERCENTILE, _CALM = 0.035, 98, 1.5
# A line stands out from the grain by this factor, and by this much lightness.
_OVER_GRAIN, _LEAST = 1.6, 1.0
# Breaks in a line that are closed. Lines at the picture's edge belong to the room.
_BREAK, _EDGE = 7, 8
# In shares of the product's diagonal: nearer is where it touches the ground; shorter is a crumb.
_AWAY, _SHORTEST = 0.1, 0.04


def faint_lines(rgb: Pixels, alpha: Pixels) -> float:
    """Give the length of the lines beside a product, in diagonals of the product.

    ``rgb`` is uint8 H x W x 3 sRGB, ``alpha`` uint8 H x W. 0 where the ground is not calm.
    """
    small, cover = _small(rgb), _small(alpha)
    product, near = cover > 127, dilated(cover > 8, _OFF_OUTLINE)
    if not product.any() or near.all():
        return 0.0
    lines = _lines(lab_of(small.astype(np.float32))[..., 0], near)
    rows, columns = np.nonzero(product)
    size = float(np.hypot(np.ptp(rows), np.ptp(columns)))
    away = cv2.distanceTransform((~product).astype(np.uint8), cv2.DIST_L2, 5) > _AWAY * size
    lengths = (length / size for length in _lengths(lines, np.asarray(away)))
    return sum(length for length in lengths if length > _SHORTEST)


def _small(picture: Pixels) -> Pixels:
    scale = min(1.0, _LOOK_SIDE / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _lines(lightness: Floats, near: Mask) -> Mask:
    """Mark thin lines on the ground; none where it has a grain of its own."""
    soft = cv2.GaussianBlur(lightness, (0, 0), 1.0)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_WIDTH, _WIDTH))
    ground = np.where(near, _carried(lightness, ~near), soft).astype(np.float32)
    dark, bright = (
        cv2.morphologyEx(ground, kind, kernel) for kind in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
    )
    strength = np.where(near, 0.0, np.maximum(dark, bright))
    rim = _rim(near.shape) & ~near
    grain = float(np.percentile(strength[rim], _GRAIN_PERCENTILE)) if rim.any() else np.inf
    if grain > _CALM:
        return np.zeros_like(near)
    marked = (strength > max(_LEAST, _OVER_GRAIN * grain)).astype(np.uint8)
    square = np.ones((_BREAK, _BREAK), np.uint8)
    return np.asarray(cv2.morphologyEx(marked, cv2.MORPH_CLOSE, square)) > 0


def _carried(plane: Floats, mask: Mask) -> Floats:
    """The mask's values carried a little past its rim, so that the rim itself is no line."""
    weight = mask.astype(np.float32)
    sums, total = (cv2.GaussianBlur(one, (0, 0), 5.0) for one in (plane * weight, weight))
    return np.asarray(sums / np.maximum(total, 1e-3), np.float32)


def _rim(shape: tuple[int, ...]) -> Mask:
    depth = max(1, int(_RIM * max(shape)))
    rim = np.ones(shape, dtype=np.bool_)
    rim[depth:-depth, depth:-depth] = False
    return rim


def _lengths(lines: Mask, away: Mask) -> list[float]:
    """The extent of each line's part that lies away from the product."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(lines.astype(np.uint8))
    height, width = lines.shape
    found = []
    for number in np.unique(np.asarray(labels)[away & lines]):
        left, top, across, down = figures[number, : cv2.CC_STAT_AREA]
        right, bottom = width - left - across, height - top - down
        if min(left, top, right, bottom) > _EDGE:
            rows, columns = np.nonzero((labels == number) & away)
            found.append(float(np.hypot(np.ptp(rows), np.ptp(columns))))
    return found
