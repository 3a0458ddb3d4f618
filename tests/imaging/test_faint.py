from __future__ import annotations

import cv2
import numpy as np
import pytest

from generation.imaging.faint import faint_lines
from generation.quality.thresholds import DEFAULTS
from generation.types import Pixels


def _jar(*, grain: float = 1.0) -> tuple[Pixels, Pixels]:
    """A lid on clear glass, of which only the lid was cut out."""
    picture = np.full((500, 500, 3), 225.0)
    picture[120:160, 180:320] = (150, 100, 50)
    for depth in (0, 90):
        cv2.ellipse(picture, (250, 300 + depth), (70, 16), 0, 0, 360, (205.0,) * 3, 3)
    picture += np.random.default_rng(2).normal(0, grain, (500, 500, 1))
    alpha = np.zeros((500, 500), np.uint8)
    alpha[120:160, 180:320] = 255
    return np.clip(picture, 0, 255).astype(np.uint8), alpha


def test_the_contour_of_glass_below_its_lid_is_seen() -> None:
    assert faint_lines(*_jar()) == pytest.approx(2 * 145 / 146, abs=0.25)


def test_a_shadow_is_no_line() -> None:
    photo, alpha = _jar()
    clean = np.full_like(photo, 225)
    clean[120:160, 180:320] = (150, 100, 50)
    clean[161:400, 200:420] = 190

    assert faint_lines(clean, alpha) < DEFAULTS.left_out


def test_nothing_is_said_of_a_grainy_ground_nor_of_a_photo_without_ground() -> None:
    photo, alpha = _jar(grain=25.0)

    assert faint_lines(photo, alpha) == 0.0
    assert faint_lines(photo, np.full_like(alpha, 255)) == 0.0
