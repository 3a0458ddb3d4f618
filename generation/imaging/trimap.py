"""Where alpha is taken as known, and the matting of the rest."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from .matting import GROUND, OBJECT, UNKNOWN, closed_form_alpha
from .pixels import Gray, Plane, Rgb
from .saliency import box_of

_BAND = 0.005
_SURE_GROUND, _SURE_OBJECT = 0.06, 0.94
# Where both sides of the edge share a colour only the network knows; elsewhere this is no force.
_PRIOR_WEIGHT = 3e-4
# Matting leaves a veil of a few hundredths on either side; it is not transparency.
_VEIL = 0.03


def refine(rgb: Rgb, alpha: Plane) -> Plane:
    """Sharpen alpha (float32 H x W, 0..1) along its edge by closed-form matting."""
    left, top, right, bottom = box_of(alpha, level=0.05, margin=0.03)
    part = np.s_[top:bottom, left:right]
    trimap = trimap_of(alpha[part])
    if not ((trimap == OBJECT).any() and (trimap == GROUND).any()):
        return alpha
    solved = closed_form_alpha(rgb[part], trimap, prior=alpha[part], prior_weight=_PRIOR_WEIGHT)
    refined = np.zeros_like(alpha)
    refined[part] = np.clip((solved - _VEIL) / (1 - 2 * _VEIL), 0, 1)
    return refined


def trimap_of(alpha: Plane) -> Gray:
    """Give GROUND, UNKNOWN or OBJECT for each pixel; the edge's band and soft pixels are open."""
    radius = max(int(_BAND * max(alpha.shape)), 2)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    hard = (alpha > 0.5).astype(np.uint8)
    edge = cv2.morphologyEx(hard, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    band = cv2.dilate(edge, disk).astype(bool)
    soft = (alpha > _SURE_GROUND) & (alpha < _SURE_OBJECT)
    decided = np.where(alpha >= _SURE_OBJECT, OBJECT, GROUND)
    return cast("Gray", np.where(band | soft, UNKNOWN, decided).astype(np.uint8))
