"""A photograph's noise: how much there is, and as much of it on a ground that has none.

A painted ground that was enlarged is smooth as glass; beside a photograph's own grain it looks
like what it is.
"""

from __future__ import annotations

import cv2
import numpy as np

from generation.types import Pixels

from .metrics import Mask

# Immerkaer, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996.
_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
_GAIN = 6.0
# The median absolute value of a normal distribution, as a share of its deviation.
_MEDIAN = 0.6745
# More is no grain but texture of the product, which the ground has no business with.
_MOST = 2.5


def noise_of(rgb: Pixels, mask: Mask) -> float:
    """Give the deviation of the noise in a picture's calm parts, in steps of 255.

    ``rgb`` is uint8 H x W x 3, ``mask`` where to look. The median keeps edges out.
    """
    gray = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    response = np.abs(cv2.filter2D(gray, cv2.CV_32F, _KERNEL))[mask]
    return float(np.median(response)) / (_GAIN * _MEDIAN) if response.size else 0.0


def with_grain(rgb: Pixels, noise: float, *, seed: int) -> Pixels:
    """Give a picture (uint8 H x W x 3) with grey noise up to ``noise`` where it has less.

    Equal seeds give equal bytes.
    """
    everywhere = np.ones(rgb.shape[:2], dtype=np.bool_)
    has = noise_of(rgb, everywhere)
    missing = float(np.sqrt(max(min(noise, _MOST) ** 2 - has**2, 0.0)))
    if missing < 0.3:
        return rgb
    drawn = np.random.default_rng(seed).standard_normal(rgb.shape[:2], dtype=np.float32)
    grainy = rgb.astype(np.float32) + (drawn * np.float32(missing))[..., None]
    return np.clip(np.rint(grainy), 0, 255).astype(np.uint8)
