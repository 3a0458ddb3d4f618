"""Faults that a picture may come out with, made by code, to measure how well each is caught.

Pure functions on arrays. Lengths are given for a canvas of 1,000 pixels and grow with it. A fault
that a picture cannot have (lost text where there is none) gives None.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.imaging.metrics import Mask, dilated, eroded, lab_of
from generation.imaging.text_lines import Quad
from generation.types import Pixels

Floats = NDArray[np.float32]

_NOMINAL_SIDE = 1000
# Energy of fine detail under which a surface has nothing on it that could be warped.
_LEAST_DETAIL = 60.0
_PRINT = 0.12
# How far a rim must differ from the new ground to be one, in steps of 255.
_VISIBLE_RIM = 40
# A cut-out's edge is soft by so many pixels; from this mean on (of 255) a ground is white paper.
_SOFT_EDGE, _PAPER = 3, 240


@dataclass(frozen=True, slots=True)
class Shot:
    """A good picture, taken apart: what the faults are made of.

    ``rgb`` and ``ground`` are uint8 H x W x 3 sRGB, ``alpha`` uint8 H x W: the product's.
    ``old_ground`` is the photograph's own; ``lines`` are the product's text, largest first;
    ``other`` shows another product on the same canvas: its rgb and alpha.
    """

    rgb: Pixels
    alpha: Pixels
    ground: Pixels
    old_ground: tuple[int, int, int]
    lines: tuple[Quad, ...]
    other: tuple[Pixels, Pixels]

    def pixels(self, nominal: float) -> float:
        """A length on this canvas, from one on a canvas of 1,000 pixels."""
        return float(nominal * max(self.alpha.shape) / _NOMINAL_SIDE)


@dataclass(frozen=True, slots=True)
class Damage:
    """A kind of fault at two magnitudes: as it happens, and so small that it is hard to see."""

    name: str
    unit: str
    realistic: float
    small: float
    apply: Callable[[Shot, float], Pixels | None]


@dataclass(frozen=True, slots=True)
class CutoutDamage:
    """A kind of fault of a cut-out: takes the photograph's rgb and the alpha, gives another."""

    name: str
    unit: str
    realistic: float
    small: float
    apply: Callable[[Pixels, Pixels, float], Pixels | None]


def tint(shot: Shot, amount: float) -> Pixels:
    """Shift the product's hue: ``amount`` in CIE Lab, towards magenta."""
    lab = lab_of(shot.rgb.astype(np.float32))
    moved = lab + np.array([0.0, amount, -amount / 2], dtype=np.float32)
    rgb = cv2.cvtColor(moved, cv2.COLOR_LAB2RGB) * np.float32(255.0)
    return _inside(shot, np.asarray(rgb, dtype=np.float32))


def blur(shot: Shot, amount: float) -> Pixels:
    """Blur the product: ``amount`` is the Gaussian's sigma in pixels."""
    soft = cv2.GaussianBlur(shot.rgb, (0, 0), max(shot.pixels(amount), 0.4))
    return _inside(shot, soft.astype(np.float32))


def warp_print(shot: Shot, amount: float) -> Pixels | None:
    """Bend the busiest part of the product, its logo or print, by ``amount`` pixels."""
    spot = _busiest(shot)
    if spot is None:
        return None
    y, x, radius = spot
    height, width = shot.alpha.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot(rows - y, columns - x) / radius
    window = np.clip(1.0 - distance, 0.0, 1.0) ** 0.5
    wave = np.sin((rows - y) * np.float32(2 * np.pi / radius))
    bent = cv2.remap(
        shot.rgb,
        columns + np.float32(shot.pixels(amount)) * wave * window,
        rows,
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _inside(shot, bent.astype(np.float32))


def lose_text(shot: Shot, amount: float) -> Pixels | None:
    """Paint over the end of the largest line of text: ``amount`` is the share of it."""
    if not shot.lines:
        return None
    quad = shot.lines[0].astype(np.float64)
    start = 1.0 - amount
    part = np.stack(
        [
            quad[0] + (quad[1] - quad[0]) * start,
            quad[1],
            quad[2],
            quad[3] + (quad[2] - quad[3]) * start,
        ]
    )
    mask = np.zeros(shot.alpha.shape, dtype=np.uint8)
    cv2.fillPoly(mask, [np.rint(part).astype(np.int32)], 255)
    left, top, width, height = cv2.boundingRect(mask)
    pad = 16
    here = (
        slice(max(0, top - pad), top + height + pad),
        slice(max(0, left - pad), left + width + pad),
    )
    changed = shot.rgb.copy()
    near = np.ascontiguousarray(shot.rgb[here])
    changed[here] = cv2.inpaint(near, np.ascontiguousarray(mask[here]), 3, cv2.INPAINT_TELEA)
    return changed


def add_halo(shot: Shot, amount: float) -> Pixels:
    """Leave a rim of ``amount`` pixels around the product, half of it the old ground."""
    rim = dilated(shot.alpha > 0, max(1, round(shot.pixels(amount)))) & (shot.alpha == 0)
    color = np.array(shot.old_ground, dtype=np.float32)
    ground = shot.ground[rim].astype(np.float32)
    if np.abs(ground - color).max(initial=0.0) / 2 < _VISIBLE_RIM:
        color = np.maximum(color - 3 * _VISIBLE_RIM, 0.0)
    changed = shot.rgb.copy()
    changed[rim] = np.rint(0.5 * ground + 0.5 * color).astype(np.uint8)
    return changed


def shrink(shot: Shot, amount: float) -> Pixels:
    """Make the product smaller about its centre: ``amount`` is the share taken off."""
    rows, columns = np.nonzero(shot.alpha)
    centre = (float(columns.mean()), float(rows.mean()))
    return _moved(shot, np.asarray(cv2.getRotationMatrix2D(centre, 0.0, 1.0 - amount)))


def move(shot: Shot, amount: float) -> Pixels:
    """Move the product down and to the right by ``amount`` pixels each."""
    step = max(1.0, round(shot.pixels(amount)))
    return _moved(shot, np.array([[1.0, 0.0, step], [0.0, 1.0, step]]))


def crop(shot: Shot, amount: float) -> Pixels:
    """Cut the lowest ``amount`` of the product's height off."""
    rows = np.flatnonzero((shot.alpha >= 128).any(axis=1))
    start = round(rows[-1] + 1 - amount * (rows[-1] + 1 - rows[0]))
    changed = shot.rgb.copy()
    changed[start:] = np.where(
        shot.alpha[start:, :, None] > 0, shot.ground[start:], changed[start:]
    )
    return changed


def recompress(shot: Shot, amount: float) -> Pixels:
    """Save the picture as a JPEG of quality ``amount`` on its way."""
    buffer = io.BytesIO()
    Image.fromarray(shot.rgb).save(buffer, "JPEG", quality=round(amount))
    with Image.open(buffer) as image:
        return np.asarray(image.convert("RGB"))


def replace_product(shot: Shot, amount: float) -> Pixels:
    """Show another product (1), or this one mirrored (0)."""
    if amount:
        rgb, alpha = shot.other
    else:
        rgb, alpha = shot.rgb[:, ::-1], shot.alpha[:, ::-1]
    return _laid(rgb, alpha, shot.ground)


def keep_old_ground(rgb: Pixels, alpha: Pixels, amount: float) -> Pixels | None:
    """Widen the cut-out by ``amount`` pixels: the photograph's ground comes along.

    White paper is no fault: faults are put into pictures on white.
    """
    if np.median(rgb[alpha == 0]) > _PAPER:
        return None
    reach = max(1, round(amount * max(alpha.shape) / _NOMINAL_SIDE))
    side = 2 * reach + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.dilate(alpha, kernel), dtype=np.uint8)


def fill_gap(rgb: Pixels, alpha: Pixels, amount: float) -> Pixels | None:
    """Fill the smallest gap that is at least ``amount`` of the product, such as a handle's.

    White paper seen through it is no fault either.
    """
    _, labels, figures, _ = cv2.connectedComponentsWithStats((alpha < 128).astype(np.uint8))
    least = amount * np.count_nonzero(alpha >= 128)
    no_gaps = {0, *labels[0], *labels[-1], *labels[:, 0], *labels[:, -1]}
    gaps = [
        np.asarray(labels == number)
        for number in np.argsort(figures[:, cv2.CC_STAT_AREA])
        if number not in no_gaps and figures[number, cv2.CC_STAT_AREA] >= least
    ]
    if not gaps or rgb[gaps[0]].mean() > _PAPER:
        return None
    return np.where(dilated(gaps[0], _SOFT_EDGE), np.uint8(255), alpha)


DAMAGES: tuple[Damage, ...] = (
    Damage("hue shift", "Lab", 6.0, 2.5, tint),
    Damage("warped print", "px", 6.0, 2.0, warp_print),
    Damage("halo", "px", 3.0, 1.0, add_halo),
    Damage("shrunk", "share", 0.05, 0.01, shrink),
    Damage("blurred", "px", 2.0, 0.8, blur),
    Damage("JPEG", "quality", 30, 75, recompress),
    Damage("lost text", "share of line", 1.0, 0.25, lose_text),
    Damage("wrong product", "1, or 0 mirrored", 1.0, 0.0, replace_product),
    Damage("moved", "px", 20.0, 2.0, move),
    Damage("cropped", "share", 0.10, 0.03, crop),
)
"""Faults of the finished picture."""

CUTOUT_DAMAGES: tuple[CutoutDamage, ...] = (
    CutoutDamage("old ground", "px", 10.0, 4.0, keep_old_ground),
    CutoutDamage("filled gap", "share of product", 0.01, 0.001, fill_gap),
)
"""Faults of the cut-out, which the engine then renders."""


def _inside(shot: Shot, rgb: Floats) -> Pixels:
    """The changed colours where the product is, by its alpha."""
    weight = (shot.alpha.astype(np.float32) / np.float32(255.0))[..., None]
    mixed = rgb * weight + shot.rgb * (np.float32(1.0) - weight)
    return np.asarray(np.rint(np.clip(mixed, 0.0, 255.0)), dtype=np.uint8)


def _moved(shot: Shot, matrix: NDArray[np.float64]) -> Pixels:
    size = (shot.alpha.shape[1], shot.alpha.shape[0])
    rgb, alpha = (
        np.asarray(
            cv2.warpAffine(
                pixels, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
            ),
            dtype=np.uint8,
        )
        for pixels in (shot.rgb, shot.alpha)
    )
    return _laid(rgb, alpha, shot.ground)


def _laid(rgb: Pixels, alpha: Pixels, ground: Pixels) -> Pixels:
    weight = alpha.astype(np.float32)[..., None] / np.float32(255.0)
    return np.asarray(np.rint(rgb * weight + ground * (np.float32(1.0) - weight)), dtype=np.uint8)


def _busiest(shot: Shot) -> tuple[float, float, float] | None:
    """Where the product has most detail: row, column and radius in pixels."""
    solid: Mask = eroded(shot.alpha == 255, 4)
    rows, columns = np.nonzero(solid)
    if rows.size == 0:
        return None
    radius = _PRINT * max(float(np.ptp(rows)), float(np.ptp(columns)), 8.0)
    gray = cv2.cvtColor(shot.rgb, cv2.COLOR_RGB2GRAY)
    energy = np.where(solid, cv2.Laplacian(gray, cv2.CV_32F, ksize=1) ** 2, 0.0)
    side = 2 * int(radius / 2) + 1
    mean = cv2.blur(energy.astype(np.float32), (side, side))
    y, x = np.unravel_index(int(np.argmax(mean)), mean.shape)
    return (float(y), float(x), radius) if mean[y, x] >= _LEAST_DETAIL else None
