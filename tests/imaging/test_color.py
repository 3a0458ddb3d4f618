from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from generation.imaging import color
from generation.imaging.hashing import difference_hash, digest_pixels, hamming
from generation.imaging.pixels import Rgb, Upright


def test_it_brings_every_byte_back_from_linear_light() -> None:
    every = np.arange(256, dtype=np.uint8)

    assert np.array_equal(color.to_srgb(color.to_linear(every)), every)


def test_it_knows_that_middle_grey_is_a_fifth_of_the_light() -> None:
    assert color.to_linear(np.array([119], np.uint8))[0] == pytest.approx(0.184, abs=0.001)


@given(st.floats(-1, 2, allow_nan=False))
def test_it_clips_light_outside_the_range(light: float) -> None:
    byte = int(color.to_srgb(np.array([light]))[0])

    assert (byte == 0) if light <= 0 else (byte == 255) if light >= 1 else 0 <= byte <= 255


def test_it_gives_the_known_lab_of_primaries() -> None:
    red = np.full((1, 1, 3), (255, 0, 0), np.uint8)

    assert color.to_lab(red)[0, 0] == pytest.approx((53.24, 80.09, 67.20), abs=0.2)


def test_it_measures_the_distance_of_black_and_white_as_a_hundred() -> None:
    pair = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    black, white = color.to_lab(pair)[0]

    assert color.delta_e76(black, white) == pytest.approx(100, abs=0.1)


def _picture() -> Rgb:
    rng = np.random.default_rng(4)
    return np.kron(rng.integers(0, 256, (9, 9, 3)), np.ones((30, 30, 1))).astype(np.uint8)


def test_its_difference_hash_hardly_moves_with_brightness() -> None:
    picture = _picture()
    darker = (picture * 0.9).astype(np.uint8)

    assert hamming(difference_hash(picture), difference_hash(darker)) <= 4


def test_its_difference_hash_tells_a_mirrored_picture_apart() -> None:
    picture = _picture()
    mirrored = np.ascontiguousarray(picture[:, ::-1])

    assert hamming(difference_hash(picture), difference_hash(mirrored)) > 10


def test_its_pixel_digest_sees_one_changed_transparency() -> None:
    rgb = _picture()
    alpha = np.full(rgb.shape[:2], 255, np.uint8)
    other = alpha.copy()
    other[0, 0] = 254

    digests = {digest_pixels(Upright(rgb, a, "PNG")) for a in (None, alpha, other)}

    assert len(digests) == 3
