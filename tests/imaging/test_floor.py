from __future__ import annotations

from typing import get_args

import cv2
import numpy as np
import pytest

from generation.imaging.compose import Layer, darkened, laid_over
from generation.imaging.floor import Kind, grounded, shadow_zone
from generation.imaging.geometry import Region, product_box
from generation.imaging.grounds import plain
from generation.imaging.standing import floor_line, stands
from generation.types import Pixels

_SIDE = 500
_WHOLE = Region(0, 0, _SIDE, _SIDE)


def _bottle() -> Pixels:
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.rectangle(alpha, (190, 90), (290, 340), 255, -1)
    cv2.ellipse(alpha, (240, 340), (50, 18), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return alpha


def _carton() -> Pixels:
    """A box over its corner: two lower edges that rise from one point."""
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    corners = [(100, 150), (400, 140), (400, 300), (170, 360), (100, 320)]
    cv2.fillPoly(alpha, [np.array(corners, np.int32)], 255, cv2.LINE_AA)
    return alpha


def _under(alpha: Pixels, kind: Kind) -> Pixels:
    """The ground, white before, that the product changes; the product is bright red."""
    color = np.full((_SIDE, _SIDE, 3), (220, 30, 20), np.uint8)
    layer = Layer(color, alpha, _WHOLE)
    footing = grounded(layer, alpha, product_box(alpha), kind=kind, strength=1.0)
    white = plain((255, 255, 255), width=_SIDE, height=_SIDE)
    return laid_over([footing.mirror] if footing.mirror else [], darkened(white, footing.shade))


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("alpha", [_bottle(), _carton()], ids=["bottle", "carton"])
def test_nothing_reaches_out_of_its_zone_or_to_the_canvas_edge(kind: Kind, alpha: Pixels) -> None:
    ground = _under(alpha, kind)

    zone = shadow_zone(alpha, product_box(alpha), kind)
    away = np.ones(alpha.shape, np.bool_)
    if zone is not None:
        away[zone.slices] = False
    assert np.all(ground[away] == 255)
    assert np.all(ground[[0, -1]] == 255)
    assert np.all(ground[:, [0, -1]] == 255)
    assert (ground[alpha == 0] < 255).any() == (kind != "none")


@pytest.mark.parametrize("kind", ["contact", "drop", "natural"])
def test_a_shadow_is_neutral(kind: Kind) -> None:
    assert np.ptp(_under(_bottle(), kind), axis=2).max() == 0


def test_a_drop_shadow_is_on_every_side_and_heavier_below() -> None:
    gray = _under(_bottle(), "drop")[..., 0].astype(int)

    assert max(gray[200, 184], gray[200, 297], gray[364, 240], gray[84, 240]) < 254
    assert gray[364, 240] < gray[84, 240]


def test_a_natural_shadow_falls_to_the_right_and_softens_with_height() -> None:
    gray = _under(_bottle(), "natural")[..., 0].astype(int)

    right, left = 255 - gray[200:345, 300:460], 255 - gray[200:345, 20:180]
    assert right.sum() > 10 * left.sum()
    lowest, far = right[:, 5], right[:, 120]
    assert lowest.max() > far.max()
    # Its edge is crossed in fewer rows at the base than where what is higher up falls.
    assert np.abs(np.diff(lowest)).max() > 1.4 * np.abs(np.diff(far)).max()


def test_a_mirror_image_is_the_product_upside_down_and_fades() -> None:
    alpha = _bottle()
    color = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    color[320:, :] = (200, 0, 0)
    color[:320, :] = (0, 0, 200)
    layer = Layer(color, alpha, _WHOLE)

    mirror = grounded(layer, alpha, product_box(alpha), kind="reflection", strength=1.0).mirror

    assert mirror is not None
    full = np.zeros((_SIDE, _SIDE), np.uint8)
    tint = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    full[mirror.region.slices], tint[mirror.region.slices] = mirror.alpha, mirror.color
    column = full[359:, 240].astype(int)
    assert 80 < column[1] < 140
    assert np.all(np.diff(column[1:]) <= 1)
    assert 0 < column[60] < column[10] / 2
    assert tint[365, 240, 0] > 180 > 60 > tint[365, 240, 2]
    assert tint[415, 240, 2] > 180 > 60 > tint[415, 240, 0]


def test_a_box_over_its_corner_stands_and_touches_along_both_edges() -> None:
    alpha = _carton()

    line = floor_line(alpha)

    assert stands(alpha, product_box(alpha))
    assert line[170] == pytest.approx(361, abs=2)
    assert line[285] == pytest.approx(331, abs=3)
    assert line[110] == pytest.approx(326, abs=4)


def test_a_bowl_touches_the_floor_with_its_foot_alone() -> None:
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.ellipse(alpha, (250, 200), (170, 130), 0, 0, 180, 255, -1, cv2.LINE_AA)
    cv2.rectangle(alpha, (200, 300), (300, 336), 255, -1)

    line = floor_line(alpha)

    assert np.ptp(line[200:300]) < 2
    assert line[110] == pytest.approx(337, abs=3)
