"""Does a cut-out's outline follow an edge that the photograph has?

Where it runs through smooth ground it is too wide, even if product and ground look alike; where
it runs through a smooth product, it is too narrow.
"""

from __future__ import annotations

import cv2
import numpy as np

from generation.types import Pixels

from .color import to_lab
from .geometry import cropped_to_product
from .metrics import Floats, Mask, dilated, eroded, mean_inside

_LOOK_SIDE = 800
_CLEAR = 8
# The ground's own texture is the mean slope within so many pixels, off the soft edge.
_NEIGHBOURHOOD, _OFF_OUTLINE = 15, 4
# An edge is so much steeper than that (Lab a pixel), and so steep; it may lie this far off.
_STEEPER, _LEAST_STEEP, _REACH = 2.5, 0.8, 2
# On carpet, wood and leaves everything is an edge or nothing: no outline can be judged there.
_MOST_TEXTURE, _LEAST_CALM = 0.8, 0.25


def astray(rgb: Pixels, alpha: Pixels) -> float:
    """Give the share of a cut-out's outline, on calm ground, that follows no edge.

    ``rgb`` is uint8 H x W x 3 sRGB, ``alpha`` uint8 H x W. 0 where little of the ground is calm.
    Raises `ImageRejected` where the alpha holds no product.
    """
    small, cover = cropped_to_product(rgb, alpha, _LOOK_SIDE)
    slope = slope_of(np.asarray(cv2.GaussianBlur(to_lab(small), (0, 0), 1.0), np.float32))
    texture, is_near = mean_inside(slope, eroded(cover < _CLEAR, _OFF_OUTLINE), _NEIGHBOURHOOD)
    line = _outline(cover > 127)
    calm = line & is_near & (texture < _MOST_TEXTURE)
    if np.count_nonzero(calm) < _LEAST_CALM * np.count_nonzero(line):
        return 0.0
    is_edge = slope >= np.maximum(_LEAST_STEEP, _STEEPER * texture)
    return float(np.mean(~dilated(is_edge, _REACH)[calm]))


def slope_of(lab: Floats) -> Floats:
    """How steep the colour is, in Lab a pixel (float32 H x W); the kernel of Sobel sums to 8."""
    across, down = cv2.Sobel(lab, cv2.CV_32F, 1, 0), cv2.Sobel(lab, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt((across**2 + down**2).sum(axis=2)) / 8, np.float32)


def _outline(inside: Mask) -> Mask:
    """The outermost pixels, but for those on the picture's edge."""
    square = np.ones((3, 3), np.uint8)
    core = cv2.erode(inside.astype(np.uint8), square, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(inside & (np.asarray(core) == 0))
