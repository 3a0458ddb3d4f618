"""A canvas laid into a model's picture and cut out of it again, at every size."""

from __future__ import annotations

import numpy as np
import pytest

from generation.imaging.fitted import Fit

# What the models of the registry paint, width x height.
PICTURES = [(768, 768), (896, 640), (640, 896), (1024, 1024), (1152, 896), (896, 1152)]
SHAPES = [1 / 2, 9 / 16, 2 / 3, 3 / 4, 4 / 5, 1, 5 / 4, 4 / 3, 3 / 2, 16 / 9, 2]


@pytest.mark.parametrize("inner", PICTURES)
def test_a_canvas_of_any_size_lies_inside_the_picture(inner: tuple[int, int]) -> None:
    for width in range(64, 4001):
        for shape in SHAPES:
            left, top, right, bottom = Fit((width, max(1, round(width * shape))), inner)._box()
            assert 0 <= left < right <= inner[0], (width, shape)
            assert 0 <= top < bottom <= inner[1], (width, shape)


@pytest.mark.parametrize(
    ("canvas", "inner"),
    [
        ((1000, 1500), (640, 896)),
        ((1600, 900), (896, 640)),
        ((1600, 2000), (896, 1152)),
        ((1080, 1350), (896, 1152)),
        ((333, 1001), (640, 896)),
        ((2000, 2000), (768, 768)),
    ],
)
def test_what_is_laid_in_comes_out_in_its_place(
    canvas: tuple[int, int], inner: tuple[int, int]
) -> None:
    across = np.linspace(0, 250, canvas[0], dtype=np.float32)[None, :]
    down = np.linspace(0, 250, canvas[1], dtype=np.float32)[:, None]
    picture = np.dstack(
        [across + 0 * down, 0 * across + down, (across + down) / 2],
    ).astype(np.uint8)
    fit = Fit(canvas, inner)

    out = fit.out_of(fit.into(picture))

    assert fit.into(picture).shape == (inner[1], inner[0], 3)
    assert out.shape == picture.shape
    # Half a pixel of the smaller picture is a few levels of this slope.
    assert np.abs(out.astype(int) - picture).max() <= 4
