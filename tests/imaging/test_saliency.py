from __future__ import annotations

import cv2
import numpy as np
import pytest

from generation.imaging.pixels import Plane, Rgb
from generation.imaging.saliency import Network, Recipe, Tensor, box_of, look_twice

_SIDE = 400
_PLAIN = Recipe(320, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def _bottle(*, holed: bool = False) -> Plane:
    """A small bottle with a dropper on top; `holed` with a gap one can look through."""
    plane = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.rectangle(plane, (160, 180), (240, 300), 255, -1)
    cv2.rectangle(plane, (190, 120), (210, 180), 255, -1)
    if holed:
        cv2.circle(plane, (200, 240), 20, 0, -1)
    return np.asarray(plane / 255, dtype=np.float32)


def _photo(plane: Plane) -> Rgb:
    return np.repeat((plane * 255).astype(np.uint8)[..., None], 3, axis=2)


class _Eyes:
    """Sees what is light; at the second look it does as told to what it sees."""

    def __init__(self, rub_out: slice | None = None) -> None:
        self.looks = 0
        self._rub_out = rub_out

    def __call__(self, tensor: Tensor) -> Plane:
        self.looks += 1
        seen = np.asarray(tensor[0].mean(axis=0), dtype=np.float32)
        if self.looks == 2 and self._rub_out is not None:
            seen[self._rub_out] = 0
        return seen


def test_a_closer_look_may_not_take_off_what_the_first_was_sure_of() -> None:
    true, eyes = _bottle(), _Eyes(rub_out=slice(0, 100))

    seen = look_twice(_photo(true), Network(eyes, _PLAIN))

    assert eyes.looks == 2
    assert seen[130:170, 195:205].min() > 0.9


def test_a_closer_look_may_open_a_hole() -> None:
    class Later(_Eyes):
        def __call__(self, tensor: Tensor) -> Plane:
            seen = super().__call__(tensor)
            if self.looks == 1:
                filled = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((61, 61), np.uint8))
                return np.asarray(filled, dtype=np.float32)
            return seen

    seen = look_twice(_photo(_bottle(holed=True)), Network(Later(), _PLAIN))

    assert seen[235:245, 195:205].max() < 0.1


@pytest.mark.parametrize(("side", "looks"), [(120, 2), (300, 1)], ids=["small", "fills the frame"])
def test_it_looks_closer_only_at_what_is_small(side: int, looks: int) -> None:
    plane = np.zeros((_SIDE, _SIDE), np.float32)
    plane[50 : 50 + side, 50 : 50 + side] = 1
    eyes = _Eyes()

    look_twice(_photo(plane), Network(eyes, _PLAIN))

    assert eyes.looks == looks


def test_a_network_that_sees_everything_at_once_looks_once() -> None:
    eyes = _Eyes()

    look_twice(_photo(_bottle()), Network(eyes, Recipe(1024, (0.0,) * 3, (1.0,) * 3)))

    assert eyes.looks == 1


def test_a_box_leaves_stray_pixels_out() -> None:
    plane = _bottle()
    plane[3, 3] = 1

    left, top, right, bottom = box_of(plane, level=0.5, margin=0.0)

    assert 155 < left <= 162
    assert 115 < top <= 130
    assert 238 < right <= 245
    assert 295 < bottom <= 305
