from __future__ import annotations

import cv2
import numpy as np

from generation.imaging.pixels import Gray, Rgb
from generation.imaging.transmission import see_through_parts

_SIDE = 300


def _jar(ground: Rgb) -> tuple[Rgb, Gray]:
    """A jar of clear glass with darker edges and a wooden lid; gives photo and a full cut-out."""
    photo = ground.astype(np.float32)
    photo[100:260, 90:210] *= 0.93
    cv2.rectangle(photo, (90, 100), (210, 260), (110.0, 118.0, 116.0), 5)
    photo[60:104, 84:216] = (176, 120, 60)
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    alpha[98:263, 87:214] = alpha[60:104, 84:216] = 255
    return photo.astype(np.uint8), alpha


def _white() -> Rgb:
    return np.full((_SIDE, _SIDE, 3), 255, np.uint8)


def _on(ground: Rgb, photo: Rgb, alpha: Gray, passed: Rgb) -> Rgb:
    cover = alpha[..., None] / 255.0
    return np.asarray(photo * cover + ground * (1 - cover) * (passed / 255.0) + 0.5).astype(
        np.uint8
    )


def test_glass_on_white_gives_the_photo_back() -> None:
    photo, alpha = _jar(_white())

    glass = see_through_parts(photo, alpha)

    assert glass is not None
    shown = _on(_white(), photo, glass.alpha, glass.transmission)
    assert np.abs(shown.astype(int) - photo).max() <= 2


def test_a_new_ground_shines_through_the_glass_and_not_through_the_lid() -> None:
    photo, alpha = _jar(_white())
    glass = see_through_parts(photo, alpha)
    assert glass is not None

    shown = _on(np.full_like(photo, (40, 120, 60)), photo, glass.alpha, glass.transmission)

    assert np.allclose(shown[180, 150], (37, 112, 56), atol=3)
    assert np.array_equal(shown[80, 150], photo[80, 150])
    assert np.all(glass.transmission[80, 150] == 0)
    assert np.all(glass.transmission[10, 10] == 255)


def test_glass_of_which_only_the_lid_was_found_is_completed_from_its_edges() -> None:
    photo, alpha = _jar(_white())
    alpha[106:] = 0

    glass = see_through_parts(photo, alpha)

    assert glass is not None
    assert np.all(glass.transmission[150:250, 110:190] < 245)


def test_it_does_not_look_through_glass_on_a_busy_ground() -> None:
    busy = np.random.default_rng(0).integers(0, 255, (_SIDE, _SIDE, 3)).astype(np.uint8)

    assert see_through_parts(*_jar(busy)) is None
