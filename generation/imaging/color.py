"""Colour arithmetic: sRGB to linear light and back, and CIE Lab.

Profiles embedded in files are dealt with at decoding; everything here is sRGB with the
D65 white point.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Plane, Rgb


def _decode_curve(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1, encoded 0..1 to linear 0..1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


_LINEAR_OF_BYTE: Plane = _decode_curve(np.arange(256) / 255.0).astype(np.float32)
_ENCODE_STEPS = 1 << 14
# The curve is steepest at black, so the table is indexed by the square root of linear light.
_BYTE_OF_ROOT: NDArray[np.float32]


def _encode_curve(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1, linear 0..1 to encoded 0..1."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


_BYTE_OF_ROOT = (_encode_curve((np.arange(_ENCODE_STEPS + 1) / _ENCODE_STEPS) ** 2) * 255.0).astype(
    np.float32
)


def to_linear(rgb: Rgb) -> NDArray[np.float32]:
    """Give linear light 0..1 (float32, same shape) for sRGB bytes of any shape."""
    return _LINEAR_OF_BYTE[rgb]


def to_srgb(linear: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Give sRGB bytes for linear light; values outside 0..1 are clipped.

    Exact inverse of `to_linear`.
    """
    root = np.sqrt(np.clip(linear, 0.0, 1.0, dtype=np.float32))
    index = (root * _ENCODE_STEPS + 0.5).astype(np.int32)
    return np.asarray(_BYTE_OF_ROOT[index] + 0.5).astype(np.uint8)


def to_lab(rgb: Rgb) -> NDArray[np.float32]:
    """Give CIE Lab (float32 H x W x 3: L 0..100, a and b about -127..127) for sRGB bytes."""
    unit = rgb.astype(np.float32) / 255.0
    return cast("NDArray[np.float32]", cv2.cvtColor(unit, cv2.COLOR_RGB2LAB))


def delta_e76(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the CIE 1976 colour difference of two Lab arrays, one value a pixel."""
    return cast("NDArray[np.float32]", np.linalg.norm(one - other, axis=-1))
