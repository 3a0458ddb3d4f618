from __future__ import annotations

import numpy as np
import pytest

from generation.imaging.color import to_linear
from generation.imaging.grounds import Shape, gradient, plain

_NEAR, _FAR = (246, 244, 240), (150, 146, 138)


def test_a_plain_ground_has_its_bytes() -> None:
    assert np.all(plain((18, 120, 233), width=7, height=5) == (18, 120, 233))


@pytest.mark.parametrize(
    ("shape", "near", "far"),
    [
        pytest.param("radial", (184, 200), (399, 0), id="from the middle to the corners"),
        pytest.param("vertical", (390, 200), (0, 200), id="from the floor to the top"),
    ],
)
def test_a_gradient_runs_from_one_colour_to_the_other(
    shape: Shape, near: tuple[int, int], far: tuple[int, int]
) -> None:
    ground = gradient((_NEAR, _FAR), shape, width=400, height=400).astype(int)

    assert np.abs(ground[near] - _NEAR).max() <= 1
    assert np.abs(ground[far] - _FAR).max() <= 2


def test_a_gradient_mixes_light_not_bytes() -> None:
    ground = gradient(((255, 255, 255), (0, 0, 0)), "vertical", width=40, height=1000)

    light = to_linear(ground).mean(axis=(1, 2))
    halfway = round(1000 * (1 - 0.12) / 2)
    assert light[halfway] == pytest.approx(0.5, abs=0.01)


def test_a_gradient_has_no_bands() -> None:
    ground = gradient((_NEAR, (236, 234, 230)), "vertical", width=400, height=400)

    plane = ground[..., 1].astype(float)
    rows = plane.mean(axis=1)
    assert np.unique(plane).size <= 12
    assert np.abs(np.diff(rows)).max() < 0.3
    assert plane.std(axis=1).max() < 0.6


def test_a_gradient_can_be_made_again() -> None:
    one = gradient((_NEAR, _FAR), "radial", width=301, height=203)

    assert np.array_equal(one, gradient((_NEAR, _FAR), "radial", width=301, height=203))
