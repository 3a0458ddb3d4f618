from __future__ import annotations

import cv2
import numpy as np
import pytest

from generation.imaging.border_model import fit_border
from generation.imaging.openings import Openings, find_openings
from generation.imaging.pixels import Gray, Rgb

_SIDE = 300
_PAPER = 236


def _photo(product: Gray) -> Rgb:
    """A dark red product on paper with a little grain."""
    grain = np.random.default_rng(3).normal(0, 1, (_SIDE, _SIDE, 1))
    cover = cv2.GaussianBlur(product, (0, 0), 0.8)[..., None] / 255.0
    color = cover * np.array((150, 40, 30)) + (1 - cover) * _PAPER
    return np.asarray(np.clip(color + grain + 0.5, 0, 255), dtype=np.uint8)


def _disc(radius: int) -> Gray:
    plane = np.zeros((_SIDE, _SIDE), np.uint8)
    return np.asarray(cv2.circle(plane, (150, 150), radius, 255, -1))


def _look(product: Gray, seen: Gray) -> Openings:
    return find_openings((seen / 255).astype(np.float32), fit_border(_photo(product)))


def test_it_opens_a_hoop_that_the_networks_have_filled() -> None:
    hole = _disc(88)

    found = _look(_disc(100) - hole, _disc(100))

    inner = _disc(80) > 0
    assert found.ground[inner].mean() > 0.98
    assert not found.ground[hole == 0].any()


def test_it_opens_every_mesh_of_a_grid() -> None:
    grid = np.zeros((_SIDE, _SIDE), np.uint8)
    for at in range(50, 251, 40):
        grid[at - 1 : at + 1, 49:251] = 255
        grid[49:251, at - 1 : at + 1] = 255
    filled = np.zeros_like(grid)
    filled[49:251, 49:251] = 255

    found = _look(grid, filled)

    assert found.ground[(grid == 0) & (filled > 0)].mean() > 0.7
    assert not found.ground[grid > 0].any()


def test_it_leaves_a_label_of_the_ground_s_colour_and_reports_the_doubt() -> None:
    found = _look(_disc(110) - _disc(40), _disc(110))

    assert not found.ground.any()
    assert found.doubtful


@pytest.mark.parametrize("radius", [100, 0], ids=["whole product", "nothing seen"])
def test_it_finds_nothing_where_nothing_is_open(radius: int) -> None:
    product = _disc(radius) if radius else np.zeros((_SIDE, _SIDE), np.uint8)

    found = _look(product, product)

    assert not found.ground.any()
    assert not found.doubtful


def test_it_opens_a_hoop_into_which_the_product_casts_its_own_shadow() -> None:
    hoop = _disc(100) - _disc(80)
    shade = cv2.GaussianBlur(np.roll(hoop, (14, 14), (0, 1)), (0, 0), 6)[..., None] / 255.0
    photo = (_photo(hoop) * (1 - 0.25 * shade * (hoop[..., None] == 0))).astype(np.uint8)

    found = find_openings((_disc(100) / 255).astype(np.float32), fit_border(photo))

    assert found.ground[_disc(70) > 0].mean() > 0.98
    assert not found.ground[hoop > 0].any()
