"""Alpha from a small picture carried over to the full-size one along its edges.

The colour guided filter of He, Sun and Tang (2013) with its coefficients worked out small and
applied large ("Fast guided filter", He and Sun 2015).
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Plane, Rgb

_RADIUS = 2
_EPSILON = 1e-5

Floats = NDArray[np.float32]


def upsample_alpha(alpha: Plane, guide: Rgb, full: Rgb) -> NDArray[np.uint8]:
    """Give alpha (uint8, size of `full`) for float32 alpha 0..1 known at the size of `guide`.

    Only pixels near a soft or hard edge follow the guide; the rest is copied.
    """
    size = (full.shape[1], full.shape[0])
    plain = cast("Floats", cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR))
    result = _to_bytes(plain)
    slope, offset = _coefficients(guide, alpha)
    edge = cv2.resize(_near_edge(alpha), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    large_slope = cast("Floats", cv2.resize(slope, size, interpolation=cv2.INTER_LINEAR))
    large_offset = cast("Floats", cv2.resize(offset, size, interpolation=cv2.INTER_LINEAR))
    color = full[edge].astype(np.float32) / 255.0
    followed = np.einsum("ij,ij->i", large_slope[edge], color) + large_offset[edge]
    result[edge] = _to_bytes(followed)
    return result


def _to_bytes(alpha: Floats) -> NDArray[np.uint8]:
    return (np.clip(alpha, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def _near_edge(alpha: Plane) -> NDArray[np.uint8]:
    kernel = np.ones((2 * _RADIUS + 1,) * 2, np.uint8)
    return (cv2.dilate(alpha, kernel) - cv2.erode(alpha, kernel) > 1 / 255).astype(np.uint8)


def _coefficients(guide: Rgb, alpha: Plane) -> tuple[Floats, Floats]:
    """Give slope (H x W x 3) and offset (H x W) of the local linear model alpha = slope . I + offset."""
    image = guide.astype(np.float32) / 255.0
    mean_image, mean_alpha = _mean(image), _mean(alpha)
    covariance = _mean(image * alpha[..., None]) - mean_image * mean_alpha[..., None]
    outer = image[..., :, None] * image[..., None, :]
    spread = _mean(outer.reshape(*alpha.shape, 9)).reshape(*alpha.shape, 3, 3)
    spread = spread - mean_image[..., :, None] * mean_image[..., None, :]
    spread += _EPSILON * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, covariance[..., None])[..., 0]
    offset = mean_alpha - np.einsum("hwc,hwc->hw", slope, mean_image)
    return _mean(slope), _mean(offset)


def _mean(values: Floats) -> Floats:
    size = (2 * _RADIUS + 1,) * 2
    channels = values.reshape(*values.shape[:2], -1)
    parts = [
        cv2.blur(np.ascontiguousarray(channels[..., i]), size) for i in range(channels.shape[2])
    ]
    return np.stack(parts, axis=-1).reshape(values.shape)
