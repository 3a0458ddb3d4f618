from __future__ import annotations

import cv2
import numpy as np

from generation.imaging.pixels import Gray, Plane, Rgb
from generation.imaging.strokes import Strokes, impose, spread

_SHAPE = (200, 300)
NOTHING = np.zeros(_SHAPE, np.uint8)


def _photo() -> Rgb:
    """Two blue boxes and a red one on cream paper."""
    photo = np.full((*_SHAPE, 3), (240, 232, 210), np.uint8)
    photo[60:140, 30:90] = photo[60:140, 210:270] = (40, 60, 150)
    photo[60:140, 120:180] = (170, 40, 30)
    return photo


def _line(x: int) -> Gray:
    return np.asarray(cv2.line(NOTHING.copy(), (x, 90), (x, 110), 255, 5))


def _boxes(*lefts: int) -> Plane:
    alpha = np.zeros(_SHAPE, np.float32)
    for left in lefts:
        alpha[60:140, left : left + 60] = 1
    return alpha


def test_a_remove_stroke_takes_the_whole_part_it_touches_and_no_other_of_its_colour() -> None:
    found = spread(_photo(), _boxes(30, 120, 210), Strokes(NOTHING, _line(240)))

    assert np.abs(found - _boxes(30, 120)).mean() < 0.01


def test_a_keep_stroke_brings_back_the_part_it_touches() -> None:
    found = spread(_photo(), _boxes(30), Strokes(_line(150), NOTHING))

    assert np.abs(found - _boxes(30, 120)).mean() < 0.01


def test_a_keep_stroke_on_the_ground_keeps_only_what_was_painted() -> None:
    stroke = _line(105)

    found = spread(_photo(), _boxes(30), Strokes(stroke, NOTHING))

    assert np.array_equal(found > 0.5, (_boxes(30) > 0.5) | (stroke > 0))


def test_painted_pixels_are_certain_and_keep_wins() -> None:
    alpha = np.full(_SHAPE, 128, np.uint8)

    found = impose(alpha, Strokes(_line(40), np.maximum(_line(40), _line(240))))

    assert np.all(found[_line(40) > 0] == 255)
    assert np.all(found[_line(240) > 0] == 0)
    assert found[0, 0] == 128


def test_a_thin_stroke_survives_being_made_smaller() -> None:
    thin = NOTHING.copy()
    thin[100, 20:280] = 255

    assert Strokes(thin, NOTHING).resized((30, 20)).keep.any()
