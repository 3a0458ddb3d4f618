"""Measures of two pictures' likeness, and of one picture's sharpness. No thresholds here."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SSIM_SIGMA = 1.5
_SSIM_C1 = (0.01 * 255) ** 2
_SSIM_C2 = (0.03 * 255) ** 2
_TO_THE_7TH_OF_25 = 25.0**7


def ssim_map(one: Pixels, other: Pixels) -> Floats:
    """Give the structural similarity around each pixel of two uint8 H x W pictures, up to 1.

    Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
    structural similarity", IEEE TIP 13(4), 2004, equation 13, Gaussian window of sigma 1.5.
    """
    x, y = one.astype(np.float32), other.astype(np.float32)
    mean_x, mean_y = _window(x), _window(y)
    product = mean_x * mean_y
    squares = mean_x * mean_x + mean_y * mean_y
    covariance = _window(x * y) - product
    x *= x
    y *= y
    variances = _window(x + y) - squares
    numerator = (2.0 * product + _SSIM_C1) * (2.0 * covariance + _SSIM_C2)
    return np.asarray(numerator / ((squares + _SSIM_C1) * (variances + _SSIM_C2)), np.float32)


def _window(plane: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), _SSIM_SIGMA), dtype=np.float32)


def lab_of(rgb: Floats) -> Floats:
    """Give CIE Lab (D65) for sRGB values 0 to 255 (float32 H x W x 3), fractions included."""
    return np.asarray(cv2.cvtColor(rgb / np.float32(255.0), cv2.COLOR_RGB2LAB), dtype=np.float32)


def delta_e2000(one: Floats, other: Floats) -> Floats:
    """Give the CIEDE2000 difference of two float32 arrays of CIE Lab (..., 3), one value a pixel.

    Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes",
    Color Research & Application 30(1), 2005, equations 2 to 22, with all weights 1.
    """
    first, second = one.astype(np.float64), other.astype(np.float64)
    mean_c = (np.hypot(first[..., 1], first[..., 2]) + np.hypot(second[..., 1], second[..., 2])) / 2
    stretch = 1.0 + 0.5 * (1.0 - _seventh(mean_c))
    a1, a2 = first[..., 1] * stretch, second[..., 1] * stretch
    c1, c2 = np.hypot(a1, first[..., 2]), np.hypot(a2, second[..., 2])
    h1, h2 = np.arctan2(first[..., 2], a1), np.arctan2(second[..., 2], a2)
    turn = np.mod(h2 - h1 + np.pi, 2.0 * np.pi) - np.pi
    grey = c1 * c2 == 0.0
    turn = np.where(grey, 0.0, turn)
    hue = np.where(grey, h1 + h2, h1 + turn / 2.0)
    lightness = (first[..., 0] + second[..., 0]) / 2.0 - 50.0
    chroma = (c1 + c2) / 2.0
    weight_l = 1.0 + 0.015 * lightness**2 / np.sqrt(20.0 + lightness**2)
    weight_c = 1.0 + 0.045 * chroma
    weight_h = 1.0 + 0.015 * chroma * _hue_term(hue)
    d_l = (second[..., 0] - first[..., 0]) / weight_l
    d_c = (c2 - c1) / weight_c
    d_h = 2.0 * np.sqrt(c1 * c2) * np.sin(turn / 2.0) / weight_h
    blue = np.deg2rad(60.0) * np.exp(-(((np.rad2deg(hue) % 360.0 - 275.0) / 25.0) ** 2))
    rotation = -2.0 * _seventh(chroma) * np.sin(blue)
    total = d_l**2 + d_c**2 + d_h**2 + rotation * d_c * d_h
    return np.asarray(np.sqrt(np.maximum(total, 0.0)), dtype=np.float32)


def _seventh(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    squared: NDArray[np.float64] = chroma * chroma
    power: NDArray[np.float64] = squared * squared * squared * chroma
    return np.asarray(np.sqrt(power / (power + _TO_THE_7TH_OF_25)), dtype=np.float64)


def _hue_term(hue: NDArray[np.float64]) -> NDArray[np.float64]:
    term: NDArray[np.float64] = (
        1.0
        - 0.17 * np.cos(hue - np.deg2rad(30.0))
        + 0.24 * np.cos(2.0 * hue)
        + 0.32 * np.cos(3.0 * hue + np.deg2rad(6.0))
        - 0.20 * np.cos(4.0 * hue - np.deg2rad(63.0))
    )
    return term


def overlap(one: Pixels, other: Pixels) -> float:
    """Give the soft intersection over union of two uint8 alphas, 0 to 1 (1 if both are empty)."""
    union = float(np.maximum(one, other).sum(dtype=np.int64))
    return float(np.minimum(one, other).sum(dtype=np.int64)) / union if union else 1.0


def detail(gray: Pixels, mask: Mask) -> float:
    """Give the energy of fine detail inside a mask: the mean square of the Laplacian."""
    response = cv2.Laplacian(gray, cv2.CV_32F, ksize=1)
    chosen = response[mask]
    return float(np.mean(chosen * chosen)) if chosen.size else 0.0


def eroded(mask: Mask, radius: int) -> Mask:
    """Take ``radius`` pixels off a mask's rim; what lies outside the picture counts as outside."""
    side = 2 * radius + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    shrunk = cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(shrunk, dtype=np.uint8) > 0


def dilated(mask: Mask, radius: int) -> Mask:
    """Add ``radius`` pixels to a mask's rim."""
    side = 2 * radius + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), dtype=np.uint8) > 0


def mean_inside(values: Pixels | Floats, mask: Mask, radius: int) -> tuple[Floats, Mask]:
    """Carry a mask's values outwards: the mean of its pixels within ``radius`` of each pixel.

    ``values`` is H x W or H x W x C. Gives float32 of that shape and where any was in reach.
    """
    side = (2 * radius + 1, 2 * radius + 1)
    weight = mask.astype(np.float32)
    total = cv2.blur(weight, side)
    reached = total > 1e-6
    per_value = (slice(None), slice(None), *(None,) * (values.ndim - 2))
    sums = cv2.blur(values.astype(np.float32) * weight[per_value], side)
    return np.asarray(sums / np.maximum(total, 1e-6)[per_value], np.float32), reached
