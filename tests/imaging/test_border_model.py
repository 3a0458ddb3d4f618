"""The ground in shade is told from the product by physics: less light, the same chromaticity."""

from __future__ import annotations

import cv2
import numpy as np

from generation.imaging.border_model import fit_border
from generation.imaging.pixels import Rgb

_TAN = (196, 154, 92)
_SHADOW, _THING = np.s_[160:240, 160:240], np.s_[60:120, 60:120]


def _photo() -> Rgb:
    """A tan ground with a deep soft shadow, and a thing as dark as it but grey."""
    light = np.ones((400, 400, 1), np.float32)
    light[140:260, 140:260] = 0.3
    soft = np.asarray(cv2.GaussianBlur(light, (0, 0), 12))[..., None]
    linear = (np.array(_TAN, np.float32) / 255) ** 2.2 * soft
    rgb = 255 * linear ** (1 / 2.2)
    rgb[40:140, 40:140] = 100
    rgb += np.random.default_rng(4).normal(0, 1, (400, 400, 1))
    return np.clip(rgb, 0, 255).astype(np.uint8)


def test_shade_on_a_coloured_ground_loses_colour_with_its_light() -> None:
    border = fit_border(_photo())

    assert np.mean(border.distance[_SHADOW] > 3 * border.threshold) > 0.9
    assert np.mean(border.shadow[_SHADOW]) > 0.9
    assert np.mean(border.shadow[_THING]) < 0.05
