"""Light that spills over the edge between a product and its ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from generation.imaging.compose import Layer, laid_over
from generation.imaging.geometry import Region
from generation.imaging.wrap import wrapped
from generation.types import Pixels

SIDE = 480
MIDDLE = SIDE // 2


def disc(color: int) -> Layer:
    """A disc of one grey with a soft edge, 120 pixels in radius."""
    alpha = np.zeros((300, 300), np.uint8)
    cv2.circle(alpha, (150, 150), 120, 255, -1, lineType=cv2.LINE_AA)
    soft = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1.2), np.uint8)
    rgb = np.full((300, 300, 3), color, np.uint8)
    return Layer(rgb, soft, Region(90, 90, 390, 390))


def plain(color: int) -> Pixels:
    return np.full((SIDE, SIDE, 3), color, np.uint8)


def alpha_of(layer: Layer) -> Pixels:
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[layer.region.slices] = layer.alpha
    return alpha


@pytest.mark.parametrize(("product", "ground"), [(240, 12), (20, 230), (128, 128)])
def test_opaque_pixels_stay_and_nothing_gets_darker(product: int, ground: int) -> None:
    layer, bare = disc(product), plain(ground)

    lit = wrapped([layer], bare)

    before, after = laid_over([layer], bare), laid_over([layer], lit)
    assert np.array_equal(after[alpha_of(layer) == 255], before[alpha_of(layer) == 255])
    assert np.all(lit >= bare)


def test_a_bright_product_glows_a_little_on_a_dark_ground() -> None:
    lit = wrapped([disc(240)], plain(12)).astype(float)[..., 1]

    right = lit[MIDDLE - 4 : MIDDLE + 4].mean(axis=0)[MIDDLE + 124 :]
    assert 4 < right[0] - 12 < 40
    assert right[0] > right[8] > right[16]
    assert right[40:].max() == 12


def test_a_bright_ground_spills_over_a_dark_products_soft_edge_alone() -> None:
    layer, bare = disc(20), plain(200)
    alpha = alpha_of(layer)

    lit = wrapped([layer], bare)

    gain = laid_over([layer], lit).astype(int) - laid_over([layer], bare)
    assert np.all(lit[alpha == 0] == 200)
    assert gain[(alpha > 90) & (alpha < 170)].mean() > 5
    assert gain.max() < 25


def test_what_is_as_bright_as_its_ground_changes_nothing() -> None:
    assert np.array_equal(wrapped([disc(128)], plain(128)), plain(128))


def test_the_glow_of_a_group_is_that_of_all_its_products() -> None:
    near = disc(240)
    far = Layer(near.color, near.alpha, Region(0, 0, 300, 300))

    both = wrapped([far, near], plain(12))

    assert np.all(both >= wrapped([near], plain(12)).astype(int) - 1)
    assert both[20, 20:280].mean() > 12
