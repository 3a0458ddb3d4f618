from __future__ import annotations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000
from skimage.metrics import structural_similarity

from generation.imaging.metrics import (
    delta_e2000,
    detail,
    dilated,
    eroded,
    lab_of,
    mean_inside,
    overlap,
    ssim_map,
)

# Sharma, Wu, Dalal 2005, table 1: pairs that catch the usual mistakes in the formula.
_SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((50.0, -0.001, 2.49), (50.0, 0.0011, -2.49), 4.7461),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), _SHARMA)
def test_delta_e2000_gives_the_published_values(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    found = delta_e2000(np.array([one], np.float32), np.array([other], np.float32))

    assert found[0] == pytest.approx(expected, abs=2e-4)


def test_delta_e2000_agrees_with_scikit_image_on_random_colours() -> None:
    noise = np.random.default_rng(1)
    one, other = (noise.uniform((0, -90, -90), (100, 90, 90), (500, 3)) for _ in range(2))

    found = delta_e2000(one.astype(np.float32), other.astype(np.float32))

    reference = deltaE_ciede2000(one, other)  # type: ignore[no-untyped-call]
    assert np.allclose(found, reference, atol=2e-3)


def test_ssim_agrees_with_scikit_image() -> None:
    noise = np.random.default_rng(2)
    one = noise.integers(0, 255, (80, 90), dtype=np.uint8)
    other = np.clip(one + noise.normal(0, 20, one.shape), 0, 255).astype(np.uint8)

    _, reference = structural_similarity(  # type: ignore[no-untyped-call]
        one, other, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )

    inner = (slice(8, -8), slice(8, -8))
    assert np.allclose(ssim_map(one, other)[inner], reference[inner], atol=2e-3)


def test_lab_keeps_fractions_of_a_byte() -> None:
    steps = lab_of(np.array([[[100.0, 100.0, 100.0], [100.5, 100.5, 100.5]]], np.float32))

    assert 0.1 < steps[0, 1, 0] - steps[0, 0, 0] < 0.3


def test_overlap_is_the_shared_part_of_both() -> None:
    one, other = np.zeros((4, 8), np.uint8), np.zeros((4, 8), np.uint8)
    one[:, :4], other[:, 2:6] = 255, 255

    assert overlap(one, other) == pytest.approx(1 / 3)
    assert overlap(np.zeros_like(one), np.zeros_like(one)) == 1.0


def test_detail_falls_when_a_picture_is_blurred() -> None:
    sharp = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (20, 20))
    everywhere = np.ones(sharp.shape, np.bool_)

    assert detail(sharp, everywhere) > detail(sharp // 4 + 90, everywhere) > 0
    assert detail(sharp, ~everywhere) == 0.0


def test_erosion_counts_the_outside_of_the_picture_as_outside() -> None:
    full = np.ones((9, 9), np.bool_)

    assert eroded(full, 2).sum() == 25
    assert dilated(eroded(full, 4), 1).sum() == 9


def test_colours_are_carried_outwards_as_far_as_the_radius() -> None:
    pixels = np.zeros((9, 9, 3), np.uint8)
    mask = np.zeros((9, 9), np.bool_)
    pixels[4, 4], mask[4, 4] = (10, 20, 30), True

    colours, reached = mean_inside(pixels, mask, 2)

    assert reached.sum() == 25
    assert np.allclose(colours[2, 6], (10, 20, 30))
