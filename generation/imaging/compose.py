"""Product over ground: colour bleeding under the edge, and exact eight-bit blending.

Works on straight alpha in encoded sRGB. Where the product goes is `geometry`'s business,
what its shadow looks like is `shadow`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from generation.types import Pixels

from .geometry import Region

# Below this alpha (6 %) the colour of a cut-out pixel is guesswork or the old ground's.
_TRUSTED_ALPHA = 16
_BAND_ROWS = 256


@dataclass(frozen=True, slots=True)
class Layer:
    """The product on the canvas: straight sRGB colour and alpha of one region."""

    color: Pixels
    alpha: Pixels
    region: Region


@dataclass(frozen=True, slots=True)
class Shade:
    """A shadow on the canvas: uint8 opacity of black, 0 to 255, of one region."""

    opacity: Pixels
    region: Region


def bleed(color: Pixels, alpha: Pixels, radius: int) -> Pixels:
    """Give the colours (uint8 H x W x 3) with the product's edge continued ``radius`` pixels out.

    A resampling kernel at the edge then reads more of the product instead of the old ground,
    and colour and alpha can be resampled apart without a rim. Pixels whose alpha can be
    trusted are returned as they are.
    """
    bled = color.copy()
    side = 2 * radius + 1
    height = alpha.shape[0]
    for top in range(0, height, _BAND_ROWS):
        outer = slice(max(0, top - radius), min(height, top + _BAND_ROWS + radius))
        inner = slice(top - outer.start, min(top + _BAND_ROWS, height) - outer.start)
        near = alpha[outer]
        if near.max() < _TRUSTED_ALPHA or near.min() >= _TRUSTED_ALPHA:
            continue
        weight = near.astype(np.uint16)
        total = cv2.blur(weight * 255, (side, side))[inner]
        mean = cv2.blur(color[outer] * weight[..., None], (side, side))[inner]
        fill = (near[inner] < _TRUSTED_ALPHA) & (total > 0)
        target = bled[top : top + _BAND_ROWS]
        share = mean[fill].astype(np.float32) * 255.0 / total[fill][:, None]
        target[fill] = np.minimum(share + 0.5, 255.0).astype(np.uint8)
    return bled


def plain_ground(
    shade: Shade | None, *, rgb: tuple[int, int, int], width: int, height: int
) -> Pixels:
    """Make a plain ground with a shadow on it: uint8 H x W x 3.

    Where the shadow is not, the ground's bytes are exact.
    """
    # Row by row: filling pixel by pixel takes as long as the whole resampling.
    row = np.tile(np.array(rgb, dtype=np.uint8), width)
    ground = np.broadcast_to(row, (height, row.size)).copy().reshape(height, width, 3)
    if shade is not None:
        ground[shade.region.slices] = _shaded(rgb, shade.opacity)
    return ground


def on_ground(layers: Iterable[Layer], ground: Pixels) -> Pixels:
    """Lay products over a ground (uint8 H x W x 3), the farthest first: uint8 H x W x 4, opaque.

    Where no product is, the ground's bytes are exact.
    """
    canvas = ground.copy()
    for layer in layers:
        part = canvas[layer.region.slices]
        part[...] = _blend(layer.color, part, layer.alpha)
    return np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2RGBA), dtype=np.uint8)


def on_nothing(layer: Layer, shade: Shade | None, *, width: int, height: int) -> Pixels:
    """Lay the product and its shadow on a transparent canvas: uint8 H x W x 4, straight alpha."""
    canvas = np.zeros((height, width, 4), dtype=np.uint8)
    if shade is not None:
        canvas[shade.region.slices][..., 3] = shade.opacity
    part = canvas[layer.region.slices]
    product = layer.alpha.astype(np.uint16)
    # Rounded division by 255 in 16 bits, exact for a product of two bytes.
    raised = (255 - product) * part[..., 3] + np.uint16(128)
    under = (raised + (raised >> 8)) >> 8
    total = product + under
    visible = total > 0
    # Premultiplied colour over black, divided again by the alpha of both.
    weight = product[visible].astype(np.float32) / total[visible]
    part[..., :3][visible] = (layer.color[visible] * weight[:, None] + 0.5).astype(np.uint8)
    part[..., 3] = total
    return canvas


def _shaded(rgb: tuple[int, int, int], opacity: Pixels) -> Pixels:
    light = 1.0 - np.arange(256) / 255.0
    table = np.rint(light[:, None] * np.array(rgb)).astype(np.uint8)
    return np.asarray(
        cv2.merge([cv2.LUT(opacity, table[:, channel]) for channel in range(3)]), dtype=np.uint8
    )


def _blend(front: Pixels, back: Pixels, alpha: Pixels) -> Pixels:
    weight = alpha.astype(np.float32) * np.float32(1 / 255)
    # Adds 1e-5 to the sum of weights: no byte is off by it, and full alpha stays exact.
    mixed = cv2.blendLinear(front, np.ascontiguousarray(back), weight, 1 - weight)
    return np.asarray(mixed, dtype=np.uint8)
