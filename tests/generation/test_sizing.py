"""Small photographs make smaller files; large ones and stubborn presets keep their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from generation.sizing import SMALLEST_SIDE, fit_to_source
from generation.spec import WHITE_BACKGROUND, Composition, Kind, Output, Painting, PresetSpec
from generation.types import Prepared
from tests.props import prepared


def photo(product: int) -> Prepared:
    """A square product of that many pixels in a picture twice its size."""
    pixels = np.zeros((product * 2, product * 2), np.uint8)
    pixels[product // 2 : product // 2 + product, product // 2 : product // 2 + product] = 255
    rgb = np.dstack([pixels] * 3)
    return prepared(rgb, rgb, pixels)


def whole_photo(width: int, height: int) -> Prepared:
    """A photograph of that size, all of it product."""
    rgb = np.zeros((height, width, 3), np.uint8)
    return prepared(rgb, rgb, np.full((height, width), 255, np.uint8))


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


@pytest.mark.parametrize("kind", ["edit", "relight"])
@pytest.mark.parametrize("percent", [110, 115, 125, 133, 150, 200, 250])
def test_it_never_enlarges_a_whole_photograph_past_the_limit(percent: int, kind: Kind) -> None:
    limit = percent / 100
    spec = PresetSpec(
        kind=kind,
        painting=Painting(prompt="a red strap"),
        composition=Composition(max_upscale=limit),
        outputs=tuple(Output(name=name, width=4000, height=4000) for name in ("main", "zoom")),
    )

    for width in range(801, 1200, 7):
        main, zoom = fit_to_source(spec, whole_photo(width, 900)).outputs
        assert (zoom.width, zoom.height) == (main.width, main.height)
        assert width * limit - 1 < main.width <= width * limit + 1e-6
        assert main.width / width <= limit
        assert main.height == round(900 * limit)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(333, 500, (800, 1201)), (640, 640, (800, 800)), (3001, 2000, (2000, 1333))],
    ids=["smallest", "limit", "wish"],
)
def test_a_whole_photograph_keeps_the_sides_that_are_asked_for(
    width: int, height: int, expected: tuple[int, int]
) -> None:
    spec = PresetSpec(
        kind="edit",
        painting=Painting(prompt="a red strap"),
        composition=Composition(max_upscale=1.25),
    )

    assert sizes(fit_to_source(spec, whole_photo(width, height)))[0] == expected
