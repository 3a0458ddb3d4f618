"""How close a cut-out comes to the true one. For evaluation; verification has its own measures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Gray, Mask

# Shares of the picture's diagonal: 3 and 7 pixels at 1000 x 1000.
_BOUNDARY_TOLERANCE = 0.002
_EDGE_BAND = 0.005

Distances = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MaskScores:
    """`iou` and `boundary_f` are best at 1; `mae` and `edge_mae` (0..1 of full alpha) at 0.

    `edge_mae` counts only the pixels within half a percent of the diagonal from the true outline.
    """

    iou: float
    mae: float
    boundary_f: float
    edge_mae: float


def score_mask(found: Gray, true: Gray) -> MaskScores:
    """Compare two alpha planes, uint8 H x W of one size."""
    inside, expected = found > 127, true > 127
    union = np.count_nonzero(inside | expected)
    error = np.abs(found.astype(np.float32) - true.astype(np.float32)) / 255.0
    diagonal = float(np.hypot(*true.shape))
    away = _distance_to(_outline(expected))
    band = away <= max(_EDGE_BAND * diagonal, 2.0)
    tolerance = max(_BOUNDARY_TOLERANCE * diagonal, 1.5)
    return MaskScores(
        iou=float(np.count_nonzero(inside & expected) / union) if union else 1.0,
        mae=float(error.mean()),
        boundary_f=_boundary_f(_outline(inside), _outline(expected), tolerance),
        edge_mae=float(error[band].mean()) if band.any() else 0.0,
    )


def _outline(mask: Mask) -> Mask:
    plane = mask.astype(np.uint8)
    edge = plane - cv2.erode(plane, np.ones((3, 3), np.uint8), borderValue=1)
    return edge.astype(bool)


def _distance_to(outline: Mask) -> Distances:
    """Give each pixel's distance to the nearest marked one; huge where none is marked."""
    if not outline.any():
        return np.full(outline.shape, 1e9, dtype=np.float32)
    blank = (~outline).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(blank, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))


def _boundary_f(found: Mask, true: Mask, tolerance: float) -> float:
    """Harmonic mean of the shares of each outline that lies close to the other one."""
    if not found.any() or not true.any():
        return float(found.any() == true.any())
    precision = float(np.mean(_distance_to(true)[found] <= tolerance))
    recall = float(np.mean(_distance_to(found)[true] <= tolerance))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
