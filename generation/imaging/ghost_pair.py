"""Whether two photographs can be the front and the inside of one garment, judged by colour.

A print shows on the outside only and each photo is exposed anew, so that the question asked is
the mildest useful one: does the inside show any of the front's cloth at all?
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .color import to_lab
from .palette import main_colours
from .pixels import Mask, Rgb

Floats = NDArray[np.float32]

_THUMBNAIL = 48
# Re-encoding moves a thumbnail's pixels by a level or two; a second shot by far more.
_SAME_LEVELS = 3.0
_COLOURS = 6
# Exposure moves lightness, hardly hue.
_WEIGHT = np.array([0.35, 1.0, 1.0], dtype=np.float32)
_KIN = 11.0
_LEAST_SHARE = 0.05
_LEAST_GAIN, _MOST_GAIN = 0.6, 1.7


@dataclass(frozen=True, slots=True)
class Kinship:
    """How much of the inside has a colour of the front (0..1), and the nearest colours' distance.

    `gain` is the factor, in linear light, that gives the inside the front's exposure.
    """

    share: float
    distance: float
    gain: float


def is_same_picture(one: Rgb, other: Rgb) -> bool:
    """Say whether two pictures (uint8 H x W x 3) show the same shot, maybe at another size."""
    small = [
        cv2.resize(rgb, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA).astype(np.float32)
        for rgb in (one, other)
    ]
    aspect = one.shape[0] * other.shape[1] / (one.shape[1] * other.shape[0])
    alike = float(np.mean(np.abs(small[0] - small[1]))) < _SAME_LEVELS
    return alike and abs(aspect - 1.0) < 0.02


def kinship(front: Rgb, cloth: Mask, inside: Rgb, piece: Mask) -> Kinship:
    """Compare the cloth seen in both pictures (uint8 sRGB, each with the garment's mask)."""
    (colours, shares), (others, other_shares) = _palette(front, cloth), _palette(inside, piece)
    apart = np.linalg.norm((others[:, None] - colours[None]) * _WEIGHT, axis=-1)
    apart[:, shares < _LEAST_SHARE] = np.inf
    nearest = apart.min(axis=1)
    kin = nearest <= _KIN
    share = float(other_shares[kin].sum())
    if not kin.any():
        return Kinship(0.0, float(nearest.min()), 1.0)
    twins = (apart[kin] <= _KIN).any(axis=0)
    ratio = _luminance(colours[twins], shares[twins]) / _luminance(others[kin], other_shares[kin])
    # Half of the stops between them: the rest may be how the light fell, and not the exposure.
    gain = np.sqrt(ratio)
    return Kinship(share, float(nearest.min()), float(np.clip(gain, _LEAST_GAIN, _MOST_GAIN)))


def _luminance(lab: Floats, shares: Floats) -> float:
    """Give the mean luminance of colours (CIE 1976; its straight part near black is left out)."""
    return float(np.average(((lab[:, 0] + 16.0) / 116.0) ** 3, weights=shares))


def _palette(rgb: Rgb, mask: Mask) -> tuple[Floats, Floats]:
    """Give the main colours (Lab) under a mask and the share of each."""
    return main_colours(to_lab(rgb)[mask], _COLOURS)
