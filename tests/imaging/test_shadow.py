from __future__ import annotations

import cv2
import numpy as np
import pytest

from generation.imaging.geometry import Box, product_box
from generation.imaging.shadow import cast_shadow, shadow_zone
from generation.imaging.standing import stands
from generation.types import Pixels

_SIDE = 600


def _box_shape() -> Pixels:
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    alpha[120:480, 200:400] = 255
    return alpha


def _mug_from_above() -> Pixels:
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.rectangle(alpha, (200, 200), (400, 400), 255, -1)
    cv2.ellipse(alpha, (300, 400), (100, 50), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(alpha, (430, 290), (50, 60), 0, 0, 360, 255, 18, cv2.LINE_AA)
    return alpha


def _lying_pen() -> Pixels:
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.line(alpha, (120, 480), (480, 120), 255, 24, cv2.LINE_AA)
    return alpha


def _opacity(alpha: Pixels) -> Pixels:
    shade = cast_shadow(alpha, product_box(alpha), strength=1.0)
    full = np.zeros_like(alpha)
    full[shade.region.slices] = shade.opacity
    return full


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [
        pytest.param(_box_shape(), True, id="a box stands"),
        pytest.param(_mug_from_above(), True, id="a mug stands"),
        pytest.param(_lying_pen(), False, id="a pen across the picture lies"),
    ],
)
def test_a_product_stands_on_its_base_or_lies(alpha: Pixels, expected: bool) -> None:
    assert stands(alpha, product_box(alpha)) is expected


def test_a_contact_shadow_is_darkest_at_the_contact_and_fades_out() -> None:
    below = _opacity(_box_shape())[480:, 300].astype(int)

    assert below[0] >= 100
    assert np.all(np.diff(below) <= 1)
    assert below[0] > 2 * below[8] > 0
    assert below[70:].max() == 0


def test_a_contact_shadow_fades_sideways_and_stays_low() -> None:
    opacity = _opacity(_box_shape())

    assert opacity[478, 402] > opacity[478, 410] > 0
    assert opacity[:380].max() == 0


def test_a_contact_shadow_follows_a_curved_base_and_misses_the_handle() -> None:
    opacity = _opacity(_mug_from_above())

    assert opacity[452, 300] > 60
    assert opacity[440, 352] > 25
    assert opacity[365:372, 430].max() < 12


def test_a_lying_product_gets_a_faint_shadow_on_all_sides() -> None:
    alpha = _lying_pen()
    opacity = _opacity(alpha)
    around = cv2.dilate(alpha, np.ones((9, 9), np.uint8)) > 0

    assert 10 < opacity[around].mean() < 70
    assert opacity[(alpha == 0)].max() < 70


@pytest.mark.parametrize("alpha", [_box_shape(), _mug_from_above(), _lying_pen()])
def test_a_shadow_keeps_to_its_zone_and_off_the_edge_of_the_canvas(alpha: Pixels) -> None:
    box = product_box(alpha)
    shade = cast_shadow(alpha, box, strength=1.5)

    assert shade.region == shadow_zone(alpha, box)
    assert shade.opacity.shape == (shade.region.size[1], shade.region.size[0])
    rim = np.concatenate(
        [shade.opacity[0], shade.opacity[-1], shade.opacity[:, 0], shade.opacity[:, -1]]
    )
    assert rim.max() == 0


def test_a_product_on_the_canvas_edge_still_ends_in_clean_ground() -> None:
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    alpha[100:590, 100:500] = 255

    assert _opacity(alpha)[-1].max() == 0


def test_strength_scales_the_shadow() -> None:
    alpha, box = _box_shape(), Box(200, 120, 400, 480)

    soft, strong = (cast_shadow(alpha, box, strength=s).opacity.max() for s in (0.5, 1.0))

    assert 0.45 < soft / strong < 0.55


def test_the_shadow_scales_with_the_picture() -> None:
    small = _box_shape()
    large = np.kron(small, np.ones((3, 3), np.uint8))

    one, other = _opacity(small), _opacity(large)
    shrunk = cv2.resize(other, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)

    visible = small == 0
    assert np.abs(one[visible].astype(int) - shrunk[visible].astype(int)).mean() < 0.5
