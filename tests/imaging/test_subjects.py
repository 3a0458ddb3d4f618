from __future__ import annotations

import cv2
import numpy as np
import pytest

from generation.imaging.pixels import Gray, Rgb
from generation.imaging.subjects import count_things, is_drawing, shows_person

_SIDE = 400
_SKIN, _CLOTH = (205, 150, 122), (40, 70, 120)


def _sheet() -> Rgb:
    return np.full((_SIDE, _SIDE, 3), 250, np.uint8)


def _logo() -> Rgb:
    sheet = cv2.circle(_sheet(), (200, 150), 90, (20, 80, 200), -1, cv2.LINE_AA)
    return np.asarray(cv2.putText(sheet, "ACME", (60, 340), 0, 3, (30, 30, 30), 9, cv2.LINE_AA))


def _text() -> Rgb:
    sheet = _sheet()
    for line in range(8):
        at = (20, 50 + 42 * line)
        cv2.putText(sheet, "Terms of delivery", at, 0, 1.1, (20, 20, 20), 2, cv2.LINE_AA)
    return sheet


def _ball(color: tuple[int, int, int]) -> tuple[Rgb, Gray]:
    """A shaded ball with a camera's grain."""
    y, x = np.mgrid[-1 : 1 : _SIDE * 1j, -1 : 1 : _SIDE * 1j]
    inside = np.hypot(x, y) < 0.6
    light = np.clip(1.1 - 0.7 * np.hypot(x + 0.3, y + 0.3), 0, 1.2)[..., None]
    picture = np.where(inside[..., None], light * color, 245.0)
    picture += np.random.default_rng(1).normal(0, 2, (_SIDE, _SIDE, 1))
    return np.clip(picture, 0, 255).astype(np.uint8), np.where(inside, 255, 0).astype(np.uint8)


@pytest.mark.parametrize("quality", [None, 85], ids=["lossless", "JPEG"])
@pytest.mark.parametrize("sheet", [_logo(), _text()], ids=["logo", "text"])
def test_it_knows_a_drawing(sheet: Rgb, quality: int | None) -> None:
    if quality is not None:
        _, data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality])
        sheet = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)

    assert is_drawing(sheet)


@pytest.mark.parametrize("color", [(200, 60, 40), (30, 30, 34), (235, 235, 232)])
def test_it_takes_no_photograph_for_a_drawing(color: tuple[int, int, int]) -> None:
    assert not is_drawing(_ball(color)[0])


def test_it_counts_separate_things_and_leaves_crumbs_aside() -> None:
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    assert count_things(alpha) == 0

    alpha[100:300, 40:160] = alpha[240:300, 220:390] = 255
    alpha[350:358, 200:208] = 255

    assert count_things(alpha) == 2


def _shoes(count: int) -> Gray:
    alpha = np.zeros((_SIDE, _SIDE), np.uint8)
    for number in range(count):
        left = 20 + 130 * number
        alpha[100:300, left : left + 60] = alpha[250:300, left : left + 100] = 255
    return alpha


def test_it_takes_a_pair_for_one_thing_and_three_for_three() -> None:
    pair = _shoes(2)
    pair[:, 140:260] = pair[:, 259:139:-1]

    assert [count_things(alpha) for alpha in (_shoes(2), pair, _shoes(3))] == [1, 1, 3]


def _figure(*, cut: bool) -> tuple[Rgb, Gray]:
    """A head, two bare arms and a shirt; cut: a torso whose arms leave the picture."""
    picture = _sheet()
    cv2.rectangle(picture, (150, 110), (250, 390), _CLOTH, -1)
    if not cut:
        cv2.circle(picture, (200, 60), 40, _SKIN, -1)
    for x in (135, 265):
        cv2.rectangle(picture, (x - 12, 120), (x + 12, 399 if cut else 250), _SKIN, -1)
    return picture, np.where((picture != 250).any(axis=2), 255, 0).astype(np.uint8)


@pytest.mark.parametrize("cut", [True, False], ids=["cut off", "whole"])
def test_it_notices_a_person(cut: bool) -> None:
    assert shows_person(*_figure(cut=cut))


def test_it_takes_no_wooden_ball_for_a_person() -> None:
    assert not shows_person(*_ball((196, 150, 110)))
