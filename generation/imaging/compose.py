"""Product over ground: colour bleeding under the edge, and exact eight-bit blending.

Works on straight alpha in encoded sRGB. Where the product goes is `geometry`'s business,
what its shadow looks like is `shadow`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from generation.types import Pixels

from .geometry import Region, around

# Below this alpha (6 %) the colour of a cut-out pixel is guesswork or the old ground's.
_TRUSTED_ALPHA = 16
_BAND_ROWS = 256


@dataclass(frozen=True, slots=True)
class Layer:
    """The product on the canvas: straight sRGB colour and alpha of one region.

    ``passed`` is uint8 H x W x 3, the share of the light from behind that its glass lets through
    where alpha leaves room, and ``whole`` the alpha with the glass counted in; both are None for
    opaque goods.
    """

    color: Pixels
    alpha: Pixels
    region: Region
    passed: Pixels | None = None
    whole: Pixels | None = None

    @property
    def presence(self) -> Pixels:
        """Its alpha, with its glass counted in."""
        return self.alpha if self.whole is None else self.whole

    @property
    def clear(self) -> Pixels:
        """How much of what lies behind can be seen: uint8 H x W."""
        clear = 255 - self.alpha
        return clear if self.passed is None else np.minimum(clear, self.passed.min(axis=2))


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


def merged(shades: Sequence[Shade]) -> Shade | None:
    """Give one shadow for several on a ground; where they overlap, light passes through both."""
    if len(shades) < 2:
        return shades[0] if shades else None
    region = around([shade.region for shade in shades])
    width, height = region.size
    light = np.full((height, width), 255, dtype=np.uint8)
    for shade in shades:
        one = shade.region
        part = light[
            one.top - region.top : one.bottom - region.top,
            one.left - region.left : one.right - region.left,
        ]
        part[...] = cv2.multiply(part, 255 - shade.opacity, scale=1 / 255)
    return Shade(255 - light, region)


def darkened(ground: Pixels, shade: Shade | None) -> Pixels:
    """Give the ground (uint8 H x W x 3) with a shadow on it.

    Where the shadow is not, the ground's bytes are exact.
    """
    if shade is None:
        return ground
    shaded = ground.copy()
    part = shaded[shade.region.slices]
    light = cv2.cvtColor(255 - shade.opacity, cv2.COLOR_GRAY2RGB)
    part[...] = cv2.multiply(part, light, scale=1 / 255)
    return shaded


def laid_over(layers: Iterable[Layer], ground: Pixels) -> Pixels:
    """Lay products over a ground (uint8 H x W x 3), the farthest first: uint8 H x W x 3.

    Where no product is, the ground's bytes are exact.
    """
    canvas = ground.copy()
    for layer in layers:
        part = canvas[layer.region.slices]
        part[...] = _blend(layer.color, _through(layer, part), layer.alpha)
    return canvas


def seen_through(layers: Iterable[Layer], ground: Pixels) -> Pixels:
    """Give a ground (uint8 H x W x 3) as the products' glass lets it be seen."""
    if all(layer.passed is None for layer in layers):
        return ground
    seen = ground.copy()
    for layer in layers:
        part = seen[layer.region.slices]
        part[...] = _through(layer, part)
    return seen


def on_ground(layers: Iterable[Layer], ground: Pixels) -> Pixels:
    """Do the same and give uint8 H x W x 4, opaque everywhere."""
    canvas = laid_over(layers, ground)
    return np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2RGBA), dtype=np.uint8)


def on_nothing(layers: Iterable[Layer], shade: Shade | None, *, width: int, height: int) -> Pixels:
    """Lay products, the farthest first, and their shadow on a transparent canvas.

    Gives uint8 H x W x 4 with straight alpha. Glass becomes a veil that is exact on white.
    """
    canvas = np.zeros((height, width, 4), dtype=np.uint8)
    if shade is not None:
        canvas[shade.region.slices][..., 3] = shade.opacity
    for layer in layers:
        part = canvas[layer.region.slices]
        if layer.passed is not None:
            _lay(_veil(layer.passed, layer.region), part)
        _lay(layer, part)
    return canvas


def seen_alphas(layers: Sequence[Layer], *, width: int, height: int) -> tuple[Pixels, ...]:
    """Give the part of each layer's alpha (uint8 H x W) that those after it let be seen."""
    seen = []
    for number, layer in enumerate(layers):
        alpha = np.zeros((height, width), dtype=np.uint8)
        alpha[layer.region.slices] = layer.alpha
        for other in layers[number + 1 :]:
            part = alpha[other.region.slices]
            part[...] = cv2.multiply(part, other.clear, scale=1 / 255)
        seen.append(alpha)
    return tuple(seen)


def _through(layer: Layer, behind: Pixels) -> Pixels:
    if layer.passed is None:
        return behind
    return np.asarray(cv2.multiply(behind, layer.passed, scale=1 / 255), dtype=np.uint8)


def _veil(passed: Pixels, region: Region) -> Layer:
    """Give the straight colour and alpha that turn white into ``passed``."""
    least = passed.min(axis=2)
    depth = np.maximum(255 - least, 1)[..., None].astype(np.float32)
    color = (passed - least[..., None]) * 255.0 / depth
    return Layer((color + 0.5).astype(np.uint8), 255 - least, region)


def _lay(layer: Layer, part: Pixels) -> None:
    """Lay one layer over a part of a canvas with straight alpha, in place."""
    front = layer.alpha.astype(np.uint16)
    # Rounded division by 255 in 16 bits, exact for a product of two bytes.
    raised = (255 - front) * part[..., 3] + np.uint16(128)
    total = front + ((raised + (raised >> 8)) >> 8)
    visible = total > 0
    # Premultiplied colours added, and divided again by the alpha of both.
    weight = (front[visible].astype(np.float32) / total[visible])[:, None]
    mixed = layer.color[visible] * weight + part[..., :3][visible] * (1.0 - weight)
    part[..., :3][visible] = (mixed + 0.5).astype(np.uint8)
    part[..., 3] = total


def _blend(front: Pixels, back: Pixels, alpha: Pixels) -> Pixels:
    weight = alpha.astype(np.float32) * np.float32(1 / 255)
    # Adds 1e-5 to the sum of weights: no byte is off by it, and full alpha stays exact.
    mixed = cv2.blendLinear(front, np.ascontiguousarray(back), weight, 1 - weight)
    return np.asarray(mixed, dtype=np.uint8)
