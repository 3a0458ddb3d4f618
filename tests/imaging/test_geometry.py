from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from generation.imaging.geometry import (
    Box,
    Region,
    moved,
    place,
    product_box,
    region_around,
    warp,
    warp_alpha,
)
from generation.imaging.pixels import ImageRejected
from generation.types import Pixels, Transform


def _rectangle(height: int, width: int, rows: slice, columns: slice) -> Pixels:
    alpha = np.zeros((height, width), np.uint8)
    alpha[rows, columns] = 255
    return alpha


@pytest.mark.parametrize("size", [(300, 400), (1300, 2600)])
def test_the_box_is_exact_at_any_size(size: tuple[int, int]) -> None:
    alpha = _rectangle(*size, slice(101, 250), slice(37, 222))

    assert product_box(alpha) == Box(37, 101, 222, 250)


def test_the_box_ignores_specks_but_keeps_small_parts() -> None:
    alpha = _rectangle(1000, 1000, slice(300, 700), slice(300, 700))
    alpha[5, 5] = 255
    alpha[990:992, 10:12] = 255
    alpha[200:230, 480:510] = 255

    assert product_box(alpha) == Box(300, 200, 700, 700)


def test_the_box_holds_a_soft_edge() -> None:
    alpha = _rectangle(200, 200, slice(50, 150), slice(50, 150))
    alpha[30:50, 60:90] = np.linspace(10, 200, 20).astype(np.uint8)[:, None]

    assert product_box(alpha).top == 30


def test_an_empty_cutout_is_refused_with_a_way_out() -> None:
    with pytest.raises(ImageRejected, match="Choose a photo that shows the product") as refused:
        product_box(np.zeros((50, 50), np.uint8))

    assert refused.value.code == "no_usable_source"


@given(
    left=st.floats(0, 500),
    top=st.floats(0, 500),
    width=st.floats(5, 3000),
    height=st.floats(5, 3000),
    frame=st.tuples(st.integers(64, 4096), st.integers(64, 4096)),
    margin=st.floats(0.02, 0.4),
    anchor=st.sampled_from(["center", "bottom"]),
)
def test_a_placed_product_stays_within_its_margin(
    left: float,
    top: float,
    width: float,
    height: float,
    frame: tuple[int, int],
    margin: float,
    anchor: str,
) -> None:
    box = Box(left, top, left + width, top + height)

    placement = place(
        box, width=frame[0], height=frame[1], margin=margin, anchor=anchor, max_upscale=2.0
    )

    target, edge = moved(box, placement.transform), margin * min(frame)
    assert target.left >= edge - 1e-6
    assert target.right <= frame[0] - edge + 1e-6
    assert target.top >= edge - 1e-6
    assert target.bottom <= frame[1] - edge + 1e-6
    assert target.left + target.right == pytest.approx(frame[0])
    assert placement.transform.scale <= 2.0


def test_a_product_stands_on_the_lower_margin_when_asked_to() -> None:
    box = Box(0, 0, 100, 50)

    transform = place(
        box, width=1000, height=1000, margin=0.1, anchor="bottom", max_upscale=100
    ).transform

    assert moved(box, transform) == Box(100, 500, 900, 900)


def test_the_upscale_limit_is_kept_and_the_wish_reported() -> None:
    placement = place(
        Box(0, 0, 100, 100), width=1000, height=1000, margin=0.1, anchor="center", max_upscale=2.0
    )

    assert placement.transform.scale == 2.0
    assert placement.wanted_scale == 8.0


def test_a_move_by_whole_pixels_changes_no_byte() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (40, 50, 3), dtype=np.uint8)

    shifted = warp(noise, Transform(1.0, 7.0, 5.0), Region(7, 5, 57, 45))

    assert np.array_equal(shifted, noise)


@pytest.mark.parametrize("scale", [0.27, 0.5, 1.0, 1.7])
def test_a_feature_lands_where_the_transform_says(scale: float) -> None:
    ys, xs = np.mgrid[0:240, 0:240] + 0.5
    blob = np.exp(-((xs - 120.3) ** 2 + (ys - 90.7) ** 2) / (2 * 14.0**2)) * 255
    transform = Transform(scale, 11.4, 3.9)
    region = Region(0, 0, 440, 440)

    out = warp_alpha(np.rint(blob).astype(np.uint8), transform, region).astype(np.float64)

    rows, columns = np.mgrid[0:440, 0:440] + 0.5
    assert (out * columns).sum() / out.sum() == pytest.approx(120.3 * scale + 11.4, abs=0.1)
    assert (out * rows).sum() / out.sum() == pytest.approx(90.7 * scale + 3.9, abs=0.1)


def test_shrinking_fine_stripes_gives_their_mean_and_not_a_moire() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 200

    small = warp(stripes, Transform(0.23, 0.0, 0.0), Region(10, 10, 80, 80))

    assert small.min() >= 97
    assert small.max() <= 103


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.3])
def test_a_clipped_alpha_edge_never_rings(scale: float) -> None:
    alpha = _rectangle(100, 100, slice(30, 70), slice(30, 70))

    row = warp_alpha(alpha, Transform(scale, 0.3, 0.3), Region(0, 0, 230, 230))[int(50 * scale)]

    middle = int(50 * scale)
    assert np.all(np.diff(row[: middle + 1].astype(int)) >= 0)
    assert np.all(np.diff(row[middle:].astype(int)) <= 0)


def test_outside_the_photo_alpha_is_clear_and_colour_goes_on() -> None:
    region = Region(0, 0, 60, 60)
    transform = Transform(1.0, 20.0, 20.0)

    alpha = warp_alpha(np.full((20, 20), 255, np.uint8), transform, region)
    color = warp(np.full((20, 20, 3), 90, np.uint8), transform, region)

    assert alpha[:18].max() == 0
    assert alpha[20:40, 20:40].min() == 255
    assert color.min() == color.max() == 90


def test_a_region_keeps_to_the_canvas_and_is_never_empty() -> None:
    assert region_around(Box(-5, 10, 900, 20), pad=3, width=100, height=50) == Region(0, 7, 100, 23)
    assert region_around(Box(300, 300, 310, 310), pad=1, width=100, height=50).size == (1, 1)
