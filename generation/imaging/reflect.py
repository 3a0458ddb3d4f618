"""What a product does to the stand right where it touches it: its mirror image, and the crease.

Both are read from the product as it lies on the canvas, column by column along its lower
outline. Shadows that fall farther are `cast`'s business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .color import to_linear
from .compose import Layer
from .geometry import Region

_Float = NDArray[np.float32]

_GRID_SIDE = 420
_SOLID = 128
# How much of the product's height its mirror image is worked out for.
_DEPTH = 1.0
# Blur of the mirror image by the height of what is mirrored, for a roughness of 1.
_LOBE = 0.55
_BLURS = (0.8, 2.0, 5.0, 12.0, 28.0)
# The crease: depth of each layer in units of the base's width, and its opacity.
_CREASES = ((0.006, 0.42), (0.02, 0.30))
# A column this much above the line of contact (in units of the base's width) has lifted off.
_LIFT = 0.03


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a product on the canvas touches the stand: columns from left to right, and rows."""

    columns: NDArray[np.float64]
    rows: NDArray[np.float64]

    @property
    def left(self) -> float:
        """Its first column."""
        return float(self.columns[0])

    @property
    def right(self) -> float:
        """Its last column."""
        return float(self.columns[-1])

    @property
    def bottom(self) -> float:
        """Its lowest row."""
        return float(self.rows.max())

    @property
    def top(self) -> float:
        """Its highest row."""
        return float(self.rows.min())

    def line(self, columns: NDArray[np.floating]) -> _Float:
        """Give its row at some columns; level beyond its ends."""
        rows = np.interp(columns, self.columns, self.rows)
        return np.asarray(rows, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A mirror image: premultiplied linear ``light`` and ``cover``, over a region of the canvas."""

    light: _Float
    cover: _Float
    region: Region


def fresnel(reflectance: float, elevation: float) -> float:
    """Give the share of light mirrored towards a camera ``elevation`` degrees above a surface.

    Schlick's approximation (1994); ``reflectance`` is that at normal incidence.
    """
    return reflectance + (1.0 - reflectance) * (1.0 - math.sin(math.radians(elevation))) ** 5


def mirrored(layer: Layer, contact: Contact, *, roughness: float, height: int) -> Mirror:
    """Mirror a layer about its contact with the stand, more blurred the higher the mirrored part.

    ``height`` is that of the canvas. A blurred image also loses its light to the sides.
    """
    tall = (contact.bottom - layer.region.top) * _DEPTH
    top = max(0, math.floor(contact.top - 0.04 * tall))
    bottom = min(height, math.ceil(contact.bottom + tall))
    region = Region(layer.region.left, top, layer.region.right, max(bottom, top + 1))
    shrink = min(1.0, _GRID_SIDE / max(region.size))
    size = (max(1, round(region.size[0] * shrink)), max(1, round(region.size[1] * shrink)))
    xs = region.left + (np.arange(size[0], dtype=np.float32) + 0.5) / shrink
    ys = region.top + (np.arange(size[1], dtype=np.float32) + 0.5) / shrink
    line = contact.line(xs)[None, :]
    below = ys[:, None] - line
    image = _sampled(layer, xs, line - below, shrink) * (below >= 0)[..., None]
    sigma = np.maximum(below, 0.0) * (_LOBE * roughness**2 * shrink) + 0.5
    blurred = _blurred_by(image, sigma)
    full = np.asarray(
        cv2.resize(blurred, region.size, interpolation=cv2.INTER_LINEAR), dtype=np.float32
    )
    return Mirror(light=full[..., :3], cover=full[..., 3], region=region)


def crease(
    layer: Layer, contact: Contact, *, squash: float, size: tuple[int, int]
) -> tuple[_Float, Region]:
    """Darken the thin gap under a product: float32 occlusion over a region of the canvas.

    ``squash`` is how flat the camera sees the floor, the sine of its elevation; ``size`` is the
    canvas's width and height.
    """
    width, height = size
    wide = contact.right - contact.left
    deep = 3.0 * _CREASES[-1][0] * wide
    region = Region(
        left=max(0, math.floor(contact.left - 2 * deep)),
        top=max(0, math.floor(contact.top - deep)),
        right=min(width, math.ceil(contact.right + 2 * deep)),
        bottom=min(height, math.ceil(contact.bottom + deep)),
    )
    if region.right <= region.left or region.bottom <= region.top:
        return np.zeros((1, 1), dtype=np.float32), Region(0, 0, 1, 1)
    bottoms = _bottoms(layer, region)
    xs = region.left + np.arange(region.size[0], dtype=np.float32) + 0.5
    lift = np.maximum(contact.line(xs) - bottoms, 0.0) / (_LIFT * wide)
    touch = np.exp(-(lift**2)) * np.clip(
        1.0 - np.maximum(contact.left - xs, xs - contact.right) / deep, 0.0, 1.0
    )
    rows = region.top + np.arange(region.size[1], dtype=np.float32)[:, None] + 0.5
    light = np.ones((region.size[1], region.size[0]), dtype=np.float32)
    for share, opacity in _CREASES:
        reach = max(share * wide * max(squash, 0.3), 0.8)
        gap = (rows - bottoms[None, :]) / reach
        veil = np.exp(-(gap**2)) * touch[None, :]
        veil = cv2.GaussianBlur(veil.astype(np.float32), (0, 0), sigmaX=share * wide, sigmaY=0.6)
        light *= 1.0 - np.float32(opacity) * veil
    return 1.0 - light, region


def _bottoms(layer: Layer, region: Region) -> _Float:
    """Give the row just below the layer's lowest pixel in each column of a region."""
    rows = np.full(region.size[0], -1e6, dtype=np.float32)
    left, right = max(region.left, layer.region.left), min(region.right, layer.region.right)
    solid = layer.alpha[:, left - layer.region.left : right - layer.region.left] >= _SOLID
    lowest = layer.region.top + solid.shape[0] - np.argmax(solid[::-1], axis=0)
    rows[left - region.left : right - region.left] = np.where(solid.any(axis=0), lowest, -1e6)
    return rows


def _sampled(layer: Layer, xs: _Float, rows: _Float, shrink: float) -> _Float:
    """Read the layer, premultiplied and linear (float32 H x W x 4), at canvas positions."""
    small = [
        cv2.resize(plane, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        for plane in (layer.color, layer.alpha)
    ]
    alpha = small[1].astype(np.float32)[..., None] / np.float32(255.0)
    source = np.dstack([to_linear(np.asarray(small[0], dtype=np.uint8)) * alpha, alpha])
    across = np.broadcast_to((xs - layer.region.left) * shrink - 0.5, rows.shape)
    down = (rows - layer.region.top) * shrink - 0.5
    read = cv2.remap(
        source,
        np.ascontiguousarray(across, dtype=np.float32),
        np.ascontiguousarray(down, dtype=np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return np.asarray(read, dtype=np.float32)


def _blurred_by(image: _Float, sigma: _Float) -> _Float:
    level = np.interp(np.log(sigma), np.log(_BLURS), np.arange(len(_BLURS)))
    result = np.zeros_like(image)
    for number, blur in enumerate(_BLURS):
        share = np.clip(1.0 - np.abs(level - number), 0.0, 1.0).astype(np.float32)
        if share.any():
            blurred = cv2.GaussianBlur(image, (0, 0), blur, borderType=cv2.BORDER_CONSTANT)
            result += share[..., None] * blurred
    return result
