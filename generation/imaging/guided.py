"""Alpha from a small picture carried over to the full-size one along its edges.

The colour guided filter of He, Sun and Tang (2013) with its coefficients worked out small and
applied large ("Fast guided filter", He and Sun 2015), at the edge pixels only.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Gray, Mask, Plane, Rgb
from .resample import sample_at

_RADIUS = 1
_EPSILON = 1e-5
_PIXELS_AT_ONCE = 1_000_000

_STEPS = range(-_RADIUS, _RADIUS + 1)

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]


def upsample_alpha(alpha: Plane, guide: Rgb, full: Rgb) -> Gray:
    """Give alpha (uint8, size of `full`) for float32 alpha 0..1 known at the size of `guide`.

    Only pixels near a soft or hard edge follow the guide; the rest is copied.
    """
    if alpha.shape == full.shape[:2]:
        return _to_bytes(alpha)
    size = (full.shape[1], full.shape[0])
    result = _to_bytes(cast("Plane", cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR)))
    near = _near_edge(alpha)
    model = _local_models(guide, alpha, near)
    large = cv2.resize(near.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    edge = np.flatnonzero(large)
    for part in np.array_split(edge, len(edge) // _PIXELS_AT_ONCE + 1):
        y, x = np.divmod(part, size[0])
        read = sample_at(model, y, x, full.shape)
        color = full[y, x] / np.float32(255.0)
        result[y, x] = _to_bytes(np.einsum("ij,ij->i", read[:, :3], color) + read[:, 3])
    return result


def _to_bytes(alpha: Floats) -> Gray:
    return (np.clip(alpha, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def _near_edge(alpha: Plane) -> Mask:
    kernel = np.ones((2 * _RADIUS + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(alpha, kernel) - cv2.erode(alpha, kernel) > 1 / 255)


def _local_models(guide: Rgb, alpha: Plane, near: Mask) -> Floats:
    """Give slope and offset of alpha = slope . colour + offset, float32 H x W x 4.

    Away from edges the slope is 0 and the offset is alpha itself.
    """
    y, x = np.nonzero(near)
    window = [_shifted(y, x, dy, dx, near.shape) for dy in _STEPS for dx in _STEPS]
    colors = np.stack([guide[at] for at in window], axis=1).astype(np.float32) / 255.0
    covers = np.stack([alpha[at] for at in window], axis=1)
    center, cover = colors.mean(axis=1), covers.mean(axis=1)
    apart = colors - center[:, None]
    tilt = np.einsum("nij,ni->nj", apart, covers - cover[:, None]) / len(window)
    spread = apart.transpose(0, 2, 1) @ apart / len(window) + _EPSILON * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, tilt[..., None])[..., 0]
    model = np.zeros((*alpha.shape, 4), dtype=np.float32)
    model[..., 3] = alpha
    model[near, :3] = slope
    model[near, 3] = cover - np.einsum("ij,ij->i", slope, center)
    return _mean(model)


def _shifted(
    y: Indices, x: Indices, dy: int, dx: int, shape: tuple[int, ...]
) -> tuple[Indices, Indices]:
    """Give positions moved by a step; those outside take the pixel on the frame."""
    return np.clip(y + dy, 0, shape[0] - 1), np.clip(x + dx, 0, shape[1] - 1)


def _mean(values: Floats) -> Floats:
    return cast("Floats", cv2.blur(values, (2 * _RADIUS + 1,) * 2))
