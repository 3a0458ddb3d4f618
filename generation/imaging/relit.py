"""Another light on a photograph: only the slow part of a picture's brightness is taken over.

Colours, print and texture stay the photograph's: its linear light is multiplied by one number a
pixel, which changes slowly.
"""

from __future__ import annotations

import cv2
import numpy as np

from generation.types import Pixels

from .metrics import Floats
from .recolour import bands, dithered, linear

# How slow: the deviation of the blur, as a share of the longer side. Print is finer by far.
_SLOW = 1 / 40
_GRID = 512
# Two stops down and a stop and a third up: beyond, noise and clipped whites come up.
_DARKEST, _BRIGHTEST = 0.25, 2.5
_LEAST_LIGHT = 0.004
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


def relit(source: Pixels, answer: Pixels) -> Pixels:
    """Give the source (uint8 H x W x 3) in the light of an answer of the same size."""
    ratio = light_ratio(source, answer)
    height, width = source.shape[:2]
    full = cv2.resize(ratio, (width, height), interpolation=cv2.INTER_CUBIC)
    out = np.empty_like(source)
    for rows in bands(height):
        lit = linear(source[rows]) * full[rows][..., None]
        out[rows] = dithered(_shouldered(lit), row=rows.start)
    return out


def light_ratio(source: Pixels, answer: Pixels) -> Floats:
    """Give how many times brighter each part of the answer is: float32, at most 512 a side."""
    one, other = (_slow_luminance(rgb) for rgb in (source, answer))
    ratio = (other + _LEAST_LIGHT) / (one + _LEAST_LIGHT)
    return np.clip(ratio, _DARKEST, _BRIGHTEST).astype(np.float32)


def _slow_luminance(rgb: Pixels) -> Floats:
    height, width = rgb.shape[:2]
    shrink = min(1.0, _GRID / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    luminance = linear(small) @ _WEIGHTS
    return np.asarray(cv2.GaussianBlur(luminance, (0, 0), _SLOW * max(size)), np.float32)


def _shouldered(light: Floats) -> Floats:
    """Bend what would clip: hue stays, and print on white paper stays readable."""
    peak = light.max(axis=2, keepdims=True)
    over = np.maximum(peak - 0.8, 0.0)
    bent = np.where(peak > 0.8, 0.8 + 0.2 * (1.0 - np.exp(-over / 0.2)), peak)
    return np.asarray(light * (bent / np.maximum(peak, 1e-6)), np.float32)
