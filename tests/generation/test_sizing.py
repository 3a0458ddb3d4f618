"""Small photographs make smaller files; large ones and stubborn presets keep their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from generation.sizing import SMALLEST_SIDE, fit_to_source
from generation.spec import WHITE_BACKGROUND, Composition, Output, PresetSpec
from generation.types import Prepared
from tests.props import prepared


def photo(product: int) -> Prepared:
    """A square product of that many pixels in a picture twice its size."""
    pixels = np.zeros((product * 2, product * 2), np.uint8)
    pixels[product // 2 : product // 2 + product, product // 2 : product // 2 + product] = 255
    rgb = np.dstack([pixels] * 3)
    return prepared(rgb, rgb, pixels)


def sizes(spec: PresetSpec) -> list[tuple[int, int]]:
    """Width and height of every output."""
    return [(output.width, output.height) for output in spec.outputs]


def test_it_keeps_the_size_for_a_large_photograph() -> None:
    assert fit_to_source(WHITE_BACKGROUND, photo(1000)) == WHITE_BACKGROUND


def test_it_shrinks_to_what_the_photograph_can_fill() -> None:
    fitted = fit_to_source(WHITE_BACKGROUND, photo(500))

    # 500 px enlarged twice, between margins of 6 %: 1000 / 0.88
    assert sizes(fitted) == [(1136, 1136), (400, 400)]


def test_it_stops_at_the_smallest_side() -> None:
    assert sizes(fit_to_source(WHITE_BACKGROUND, photo(100)))[0] == (SMALLEST_SIDE, SMALLEST_SIDE)


def test_it_never_leaves_a_thumbnail_larger_than_main() -> None:
    outputs = (
        Output(name="main", width=2000, height=1000),
        Output(name="grid", width=1800, height=900),
    )

    fitted = fit_to_source(PresetSpec(outputs=outputs), photo(220))

    assert sizes(fitted)[0] == sizes(fitted)[1]


@pytest.mark.parametrize("side", [100, 500])
def test_it_obeys_a_preset_that_insists(side: int) -> None:
    spec = PresetSpec(composition=Composition(shrink_to_source=False))

    assert fit_to_source(spec, photo(side)) == spec
