"""The ground's colour, learnt from the picture's border, and how far that can be trusted.

A quadratic surface in Lab is fitted to the outermost ring, robustly, so that a product touching
the border does not spoil it. On plain and softly lit grounds it tells object from ground far
more sharply than a network; on a busy ground its confidence falls to zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .color import to_lab
from .pixels import Mask, Plane, Rgb

_SIDE = 800
_RING = 0.035
_FIT_ROUNDS = 6
_MOST_SAMPLES = 20_000
# Keeps the normal equations solvable where a picture is only a few pixels high.
_RIDGE = 1e-6
# Noise (in delta E) below 2 is a studio ground, above 6 a scene.
_PLAIN_NOISE, _BUSY_NOISE = 2.0, 6.0
# A cast shadow is at most this much darker than its ground, keeps its hue and has no edges.
_DEEPEST_SHADOW = 0.62
_SHADOW_CHROMA = 4.5
_SHADOW_GRADIENT = 3.2

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BorderModel:
    """What the border says about every pixel, at a long side of 800 pixels at most.

    `distance` is the colour difference to the ground (CIE 1976); below `threshold` a pixel looks
    like ground. `shadow` marks pixels that could be the ground in shade. `confidence` is 0..1.
    `ground` is the fitted colour itself (Lab, H x W x 3), `texture` how far a pixel's lightness
    leaves that of its neighbours, and `roughness` the ground's own usual texture.
    """

    distance: Plane
    threshold: float
    confidence: float
    shadow: Mask
    ground: Floats
    texture: Plane
    roughness: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, the way opencv wants them."""
        return self.distance.shape[1], self.distance.shape[0]

    def roughness_of(self, area: Mask) -> float:
        """Give the usual texture of an area, its edge left out where it is wide enough."""
        core = cv2.erode(area.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        return float(np.median(self.texture[core if core.any() else area]))


def fit_border(rgb: Rgb) -> BorderModel:
    """Fit the ground of a picture (uint8 H x W x 3 sRGB)."""
    lab = to_lab(_shrink(rgb))
    height, width = lab.shape[:2]
    surface = _surface(height, width)
    ring = _ring(height, width)
    weights, noise, outliers = _fit(surface[ring], lab[ring])
    ground = (surface.reshape(-1, 6) @ weights).reshape(lab.shape)
    apart = lab - ground
    distance = np.sqrt(np.einsum("ijk,ijk->ij", apart, apart))
    texture = np.abs(cv2.Laplacian(lab[..., 0], cv2.CV_32F))
    busy = np.clip((_BUSY_NOISE - noise) / (_BUSY_NOISE - _PLAIN_NOISE), 0, 1)
    return BorderModel(
        distance=_blur(distance, 0.8),
        threshold=max(3.5, 3.5 * noise),
        confidence=float(busy * np.clip(1 - 3 * outliers, 0, 1)),
        shadow=_shadow(lab, ground, apart, noise),
        ground=ground,
        texture=texture,
        roughness=float(np.median(texture[ring])),
    )


def _shrink(rgb: Rgb) -> Rgb:
    scale = _SIDE / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    return np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _surface(height: int, width: int) -> Floats:
    """Give the six terms of a quadratic in position for every pixel, H x W x 6."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width - 0.5, y / height - 0.5
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)


def _ring(height: int, width: int) -> Mask:
    depth = max(int(_RING * max(height, width)), 3)
    ring = np.ones((height, width), dtype=bool)
    ring[depth:-depth, depth:-depth] = False
    return ring


def _fit(terms: Floats, colors: Floats) -> tuple[Floats, float, float]:
    """Fit by reweighted least squares (Cauchy weights); gives weights, noise and outlier share."""
    every = max(len(terms) // _MOST_SAMPLES, 1)
    terms, colors = terms[::every].astype(np.float64), colors[::every].astype(np.float64)
    trust = np.ones((len(terms), 1))
    for _ in range(_FIT_ROUNDS):
        heavy = (terms * trust**2).T
        weights = np.linalg.solve(heavy @ terms + _RIDGE * np.eye(terms.shape[1]), heavy @ colors)
        error = np.linalg.norm(colors - terms @ weights, axis=1)
        noise = float(1.4826 * np.median(error) + 0.35)
        trust = (1.0 / (1.0 + (error / (2.5 * noise)) ** 2))[:, None]
    return weights.astype(np.float32), noise, float(np.mean(error > 6 * noise + 4))


def _shadow(lab: Floats, ground: Floats, apart: Floats, noise: float) -> Mask:
    """Mark what could be the ground in shade.

    Less light scales all of linear colour, and so L + 16, a and b alike (the cube root of CIE
    Lab): a tan ground's shade is less colourful by as much as it is darker.
    """
    darker = -apart[..., 0]
    dimmed = (lab[..., :1] + 16) / (ground[..., :1] + 16)
    off = lab[..., 1:] - ground[..., 1:] * dimmed
    chroma = np.hypot(off[..., 0], off[..., 1])
    allowed = np.maximum(_SHADOW_CHROMA, 3 * noise) + 0.12 * np.abs(darker)
    shade = (darker > 0) & (darker < _DEEPEST_SHADOW * np.maximum(ground[..., 0], 5))
    return cast(
        "Mask", shade & (chroma < allowed) & (_gradient(lab[..., 0]) < _SHADOW_GRADIENT + noise)
    )


def _gradient(lightness: Plane) -> Plane:
    """Give the slope of lightness a pixel; the kernel of Sobel sums to 8."""
    across = cv2.Sobel(lightness, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(lightness, cv2.CV_32F, 0, 1)
    return _blur(np.asarray(cv2.magnitude(across, down) / 8, dtype=np.float32), 1.2)


def _blur(plane: Plane, sigma: float) -> Plane:
    return cast("Plane", cv2.GaussianBlur(plane, (0, 0), sigma))
