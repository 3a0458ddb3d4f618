"""Glass on a plain ground: how much of the ground's light each pixel lets through.

What stands behind glass shows in the photo as the old ground, dimmed. Dividing the photo by the
fitted ground leaves the glass alone, and a new ground multiplied by it is seen through it. Lids,
labels and other opaque parts stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import CutoutResult

from .border_model import BorderModel, fit_border
from .compose import bleed
from .fuse import PLAIN
from .pixels import Gray, Mask, Rgb

# Opaque: too little of the light passes, or much more of one colour than of another. The stopper
# of a photographed jar let 0.5 to 0.7 through with tints from 0.17, its body 0.95 with 0.03.
_LEAST_LIGHT, _MOST_TINT = 0.8, 0.12
_SOLID_GAPS = 0.012
_EDGE = 2
# The contour of a glass: darker or brighter lines, closed over gaps of a fiftieth of the size.
_CONTOUR, _CLOSE = 1.2, 0.02
_SMALLEST = 0.002
_CLEAR = 8
# Gaps in what glass stops, as a share of the picture.
_GAPS = 0.006


@dataclass(frozen=True, slots=True)
class Glass:
    """`alpha` (uint8 H x W) of the opaque parts, and `transmission` (uint8 H x W x 3).

    Transmission is 255 outside the product and on soft edges, 0 under opaque pixels, and
    source / ground in the glass, in the photo's own encoding: ground * transmission / 255.
    """

    alpha: Gray
    transmission: NDArray[np.uint8]


def see_through_parts(rgb: Rgb, alpha: Gray) -> Glass | None:
    """Take the glass out of a cut-out; None where the ground is too busy to look through.

    `rgb` is uint8 H x W x 3 sRGB, `alpha` uint8 H x W. Pasted back on the ground it was shot on,
    the glass gives the photo's own pixels.
    """
    border = fit_border(rgb)
    if border.confidence < PLAIN:
        return None
    ground = _ground(border, (rgb.shape[1], rgb.shape[0]))
    passed = np.clip(rgb / np.maximum(ground, 1.0), 0.0, 1.0)
    silhouette = _silhouette(alpha, border)
    opaque = _is_opaque(passed) & silhouette
    edge = _grown(opaque, _EDGE)
    clear = _opaque_alpha(alpha, opaque, edge)
    light = np.where((silhouette & ~edge)[..., None], passed * 255.0 + 0.5, 255).astype(np.uint8)
    # A pixel of the lid's soft edge is no glass: what is beside it tells the light it lets through.
    transmission = bleed(light, np.where(edge, 0, 255).astype(np.uint8), 2 * _EDGE)
    transmission[clear == 255] = 0
    return Glass(clear, transmission)


def _opaque_alpha(alpha: Gray, opaque: Mask, edge: Mask) -> Gray:
    """Give the alpha without the glass: soft where the photo's is, and against the glass too."""
    soft = cv2.GaussianBlur(opaque.astype(np.float32), (0, 0), 0.7) * 255.0
    whole = np.where(opaque & (alpha <= _CLEAR), 255, alpha)
    against = np.where(alpha == 255, soft, whole)
    return np.where(opaque, whole, np.where(edge, against, 0)).astype(np.uint8)


def _grown(mask: Mask, radius: int) -> Mask:
    square = np.ones((2 * radius + 1,) * 2, np.uint8)
    return cv2.dilate(mask.astype(np.uint8), square).astype(bool)


def stopped(cutout: CutoutResult) -> Gray:
    """Give how much light each pixel of a product stops: uint8 H x W, the alpha without glass."""
    if cutout.transmission is None:
        return cutout.alpha
    return np.asarray(np.maximum(cutout.alpha, 255 - cutout.transmission.min(axis=2)))


def presence(cutout: CutoutResult) -> Gray:
    """Give the alpha (uint8 H x W) of a product with its glass counted in.

    Clear glass stops light at its contour and here and there: the outline of that is filled.
    """
    if cutout.transmission is None:
        return cutout.alpha
    side = 2 * max(1, round(_GAPS * max(cutout.alpha.shape))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    marks = cv2.morphologyEx((stopped(cutout) > 0).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    contours, _ = cv2.findContours(marks, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(cutout.alpha)
    cv2.drawContours(filled, contours, -1, 255, cv2.FILLED)
    return np.maximum(cutout.alpha, filled)


def _ground(border: BorderModel, size: tuple[int, int]) -> NDArray[np.float32]:
    """Give the fitted ground as sRGB levels 0..255 at the photo's size."""
    unit = np.clip(cv2.cvtColor(border.ground, cv2.COLOR_LAB2RGB), 0, 1) * 255.0
    large = cv2.resize(unit, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, dtype=np.float32)


def _silhouette(alpha: Gray, border: BorderModel) -> Mask:
    """Fill the outline of what was cut out and of the faint contours that hang on it."""
    seen = cv2.resize(alpha, border.size, interpolation=cv2.INTER_AREA) > 127
    lines = (border.distance > _CONTOUR * border.threshold) & ~border.shadow
    side = 2 * max(int(_CLOSE * max(border.size)), 1) + 1
    kernel = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    marks = (seen | lines).astype(np.uint8)
    closed = cv2.morphologyEx(marks, cv2.MORPH_CLOSE, kernel)
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(marks)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    _, labels = cv2.connectedComponents(filled)
    wanted = np.unique(np.asarray(labels)[seen])
    mask = np.isin(labels, wanted[wanted > 0]).astype(np.uint8)
    size = (alpha.shape[1], alpha.shape[0])
    large = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    return np.asarray((large > 0) | (alpha > 127))


def _is_opaque(passed: NDArray[np.floating]) -> Mask:
    """Mark the lid, the label and the deep edge lines: what dims or tints more than clear glass."""
    tint = passed.max(axis=2) - passed.min(axis=2)
    dark = (passed.mean(axis=2) < _LEAST_LIGHT) | (tint > _MOST_TINT)
    solid = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, labels, figures, _ = cv2.connectedComponentsWithStats(solid)
    large = figures[:, cv2.CC_STAT_AREA] > _SMALLEST * dark.size
    large[0] = False
    found = large[np.asarray(labels)].astype(np.uint8)
    side = 2 * max(round(_SOLID_GAPS * max(dark.shape)), 1) + 1
    return cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)) > 0
