"""The inside of a hollow garment as a layer of its canvas: turned, exposed and shaded.

It is no locked pixel of its photograph. The garment's front is laid over it like any product.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Transform

from .color import to_linear, to_srgb
from .compose import Layer, bleed
from .geometry import Box, Region, product_box, warp_alpha
from .ghost_align import Similarity
from .ghost_hollow import Hollow, Piece
from .ghost_split import shrunk
from .pixels import Gray, Plane, Rgb

_EDGE_REACH = 3.0
# A garment's inside gets the light that enters by the opening: path-traced garments measure 0.35
# to 0.5 of what the same cloth shows with its front taken away.
_INSIDE_LIGHT = 0.41
# Next to the front's edge it gets less still; the reach is a share of the opening's width.
_CREASE, _CREASE_REACH = 0.30, 0.05
_SOLID = 128


def hollow_box(plan: Hollow) -> Box:
    """Give the box of the whole garment in pixels of the front photograph."""
    seen = _seen_inside(plan, plan.onto_front, plan.room)
    return product_box(np.maximum(plan.cloth.alpha, seen))


def inside_layer(plan: Hollow, front: Layer, transform: Transform) -> Layer:
    """Give the inside for a front that was laid on the canvas by `transform`."""
    region = front.region
    behind = _behind(plan, transform, region)
    room = warp_alpha(plan.room, transform, region)
    light = _light(front.alpha, opening=plan.opening.width * transform.scale)
    color = _shaded(_turned(plan.inner, behind, region.size), plan.gain, light)
    return Layer(color, _seen_inside(plan, behind, room), region)


def _behind(plan: Hollow, transform: Transform, region: Region) -> Similarity:
    """Give where the second photograph's pixels go in a region of the canvas."""
    fit, scale = plan.onto_front, transform.scale
    return Similarity(
        fit.a * scale,
        fit.b * scale,
        fit.tx * scale + transform.dx - region.left,
        fit.ty * scale + transform.dy - region.top,
    )


def _turned(piece: Piece, fit: Similarity, size: tuple[int, int]) -> Rgb:
    scale = min(1.0, fit.scale)
    color = bleed(piece.foreground, piece.alpha, math.ceil(_EDGE_REACH / scale) + 1)
    return _warped(color, fit, size)


def _seen_inside(plan: Hollow, fit: Similarity, room: Gray) -> Gray:
    alpha = _warped(plan.inner.alpha, fit, (room.shape[1], room.shape[0]))
    return np.asarray((alpha.astype(np.uint16) * room + 127) // 255, dtype=np.uint8)


def _warped(pixels: NDArray[np.uint8], fit: Similarity, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resample through a similarity; what shrinks is averaged first, so that nothing aliases."""
    scale = min(1.0, fit.scale)
    matrix = fit.rescaled(source=1.0 / scale, target=1.0).of_pixel_centres()
    moved_ = cv2.warpAffine(shrunk(pixels, scale), matrix, size, flags=cv2.INTER_CUBIC)
    return np.asarray(moved_, dtype=np.uint8)


def _light(cover: Gray, *, opening: float) -> Plane:
    """Give the share of light that reaches the inside, from the front's alpha on the canvas."""
    apart = cv2.distanceTransform((cover < _SOLID).astype(np.uint8), cv2.DIST_L2, 5)
    crease = np.exp(-apart / max(_CREASE_REACH * opening, 1.0))
    return np.asarray(_INSIDE_LIGHT * (1.0 - _CREASE * crease), dtype=np.float32)


def _shaded(color: Rgb, gain: float, light: Plane) -> Rgb:
    return to_srgb(to_linear(color) * (np.float32(gain) * light)[..., None])
