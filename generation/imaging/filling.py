"""Carrying what is known of a picture smoothly into what is not: pull-push on a pyramid.

Gortler, Grzeszczuk, Szeliski, Cohen, "The lumigraph", SIGGRAPH 1996, section 3.4.
"""

from __future__ import annotations

import cv2
import numpy as np

from generation.types import Pixels

from .metrics import Floats, Mask, dilated


def filled(values: Floats, known: Mask) -> Floats:
    """Give ``values`` (float32 H x W x C, or H x W) with the unknown ones made from those around.

    Known values are returned as they are; with none known, so are all.
    """
    if known.all() or not known.any():
        return values
    weight = known.astype(np.float32)
    smooth = _pulled(values * _like(weight, values), weight)
    return np.where(_like(weight, values) > 0, values, smooth)


def filled_rgb(rgb: Pixels, known: Mask, *, rim: int) -> Pixels:
    """The same for uint8 H x W x 3; within ``rim`` pixels of what is known, edges are continued.

    A smooth filling alone would draw a floor's end out into a halo along whatever stands there.

    Telea, "An image inpainting technique based on the fast marching method", Journal of Graphics
    Tools 9(1), 2004.
    """
    smooth = filled(rgb.astype(np.float32), known)
    whole = np.clip(np.rint(smooth), 0, 255).astype(np.uint8)
    near = dilated(known, rim) & ~known
    if not near.any() or not known.any():
        return whole
    return np.asarray(cv2.inpaint(whole, near.astype(np.uint8), rim, cv2.INPAINT_TELEA), np.uint8)


def _pulled(sums: Floats, weight: Floats) -> Floats:
    """Give the weighted mean wherever there is one, and that of a coarser grid elsewhere."""
    mean = sums / np.maximum(_like(weight, sums), 1e-6)
    height, width = weight.shape
    if (weight > 0).all() or max(height, width) <= 2:
        return np.asarray(mean, np.float32)
    half = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    coarse = _pulled(
        *(
            np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), np.float32)
            for plane in (sums, weight)
        )
    )
    pushed = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    share = np.minimum(_like(weight, sums), 1.0)
    return np.asarray(mean * share + pushed * (1.0 - share), np.float32)


def _like(plane: Floats, values: Floats) -> Floats:
    return plane if values.ndim == 2 else plane[..., None]
