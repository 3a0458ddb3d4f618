from __future__ import annotations

import cv2
import numpy as np
import pytest

from generation.imaging.foreground import estimate_colors, transfer_foreground
from generation.imaging.guided import upsample_alpha
from generation.imaging.mask_scores import score_mask
from generation.imaging.matting import GROUND, OBJECT, UNKNOWN, closed_form_alpha
from generation.imaging.pixels import Gray, Plane, Rgb
from generation.imaging.trimap import refine, trimap_of

_OBJECT = np.array((190, 60, 40), np.float32)
_GROUND = np.array((40, 90, 170), np.float32)


def _soft_disc(side: int = 240, *, blur: float = 2.0) -> Plane:
    y, x = np.mgrid[0:side, 0:side]
    far = np.hypot(y - side / 2, x - side / 2)
    return np.asarray(np.clip(0.5 - (far - side / 4) / (2 * blur), 0, 1), dtype=np.float32)


def _photo(alpha: Plane) -> Rgb:
    """Mix two gently shaded colours by the true alpha."""
    shade = np.linspace(0.85, 1.15, alpha.shape[1], dtype=np.float32)[None, :, None]
    mixed = alpha[..., None] * _OBJECT * shade + (1 - alpha[..., None]) * _GROUND * shade
    return (mixed + 0.5).astype(np.uint8)


def _trimap(alpha: Plane, radius: int) -> Gray:
    hard = (alpha > 0.5).astype(np.uint8)
    kernel = np.ones((2 * radius + 1,) * 2, np.uint8)
    grown, shrunk = cv2.dilate(hard, kernel), cv2.erode(hard, kernel)
    return np.where(shrunk > 0, OBJECT, np.where(grown > 0, UNKNOWN, GROUND)).astype(np.uint8)


def test_closed_form_finds_the_true_alpha_from_a_blunt_guess() -> None:
    true = _soft_disc()
    trimap = _trimap(true, 6)
    guess = cv2.GaussianBlur((true > 0.5).astype(np.float32), (0, 0), 5)

    found = closed_form_alpha(_photo(true), trimap, prior=np.asarray(guess), prior_weight=1e-4)

    open_band = trimap == UNKNOWN
    assert np.abs(found - true)[open_band].mean() < 0.02
    assert np.abs(guess - true)[open_band].mean() > 0.1


def test_closed_form_leaves_known_pixels_alone() -> None:
    true = _soft_disc()
    trimap = _trimap(true, 6)

    found = closed_form_alpha(_photo(true), trimap, prior=true, prior_weight=1e-4)

    assert np.all(found[trimap == OBJECT] == 1)
    assert np.all(found[trimap == GROUND] == 0)


def test_closed_form_keeps_the_guess_where_colour_says_nothing() -> None:
    flat = np.full((60, 60, 3), 200, np.uint8)
    prior = np.tile(np.linspace(0, 1, 60, dtype=np.float32), (60, 1))
    trimap = np.full((60, 60), UNKNOWN, np.uint8)

    found = closed_form_alpha(flat, trimap, prior=prior, prior_weight=1.0)

    assert np.abs(found - prior).max() < 0.1


def test_closed_form_reaches_pixels_on_the_frame() -> None:
    photo = np.zeros((20, 20, 3), np.uint8)
    photo[:, 10:] = 250
    trimap = np.full((20, 20), UNKNOWN, np.uint8)
    trimap[5:15, :3], trimap[5:15, -3:] = GROUND, OBJECT
    prior = np.full((20, 20), 0.5, np.float32)

    found = closed_form_alpha(photo, trimap, prior=prior, prior_weight=1e-6)

    assert found[0, 0] < 0.05
    assert found[-1, -1] > 0.95


def test_a_trimap_opens_the_edge_and_nothing_else() -> None:
    true = _soft_disc(400)

    trimap = trimap_of(_photo(true), true)

    assert trimap[200, 200] == OBJECT
    assert trimap[5, 5] == GROUND
    assert 0.005 < np.mean(trimap == UNKNOWN) < 0.05


@pytest.mark.parametrize(("grain", "wanted"), [(0, OBJECT), (120, UNKNOWN)])
def test_a_trimap_takes_doubt_in_a_flat_area_for_doubt_and_in_a_hairy_one_for_hair(
    grain: int, wanted: int
) -> None:
    alpha = _soft_disc(400)
    alpha[170:230, 170:230] = 0.7
    photo = _photo(alpha)
    noise = np.random.default_rng(2).integers(-grain, grain + 1, photo.shape)
    hairy = np.clip(photo.astype(int) + noise, 0, 255).astype(np.uint8)

    assert trimap_of(hairy, alpha)[200, 200] == wanted


def test_refining_moves_a_wrong_outline_to_the_true_one() -> None:
    true = _soft_disc(400)
    shifted = np.roll(true, 2, axis=1)

    refined = refine(_photo(true), shifted)

    assert np.abs(refined - true).mean() < 0.3 * np.abs(shifted - true).mean()


def test_refining_gives_back_an_empty_mask_as_it_was() -> None:
    empty = np.zeros((80, 80), np.float32)

    assert refine(np.zeros((80, 80, 3), np.uint8), empty) is empty


def test_foreground_takes_the_ground_out_of_soft_pixels() -> None:
    true = _soft_disc(blur=8)
    photo = _photo(true)
    front, back = estimate_colors(photo, true)

    found = transfer_foreground(photo, (true * 255 + 0.5).astype(np.uint8), front, back)

    soft = (true > 0.1) & (true < 0.9)
    wanted = np.linspace(0.85, 1.15, true.shape[1])[None, :, None] * _OBJECT
    wanted = np.broadcast_to(wanted, photo.shape)
    assert np.abs(found[soft] - wanted[soft]).mean() < 6
    assert np.abs(photo[soft] - wanted[soft]).mean() > 40


@pytest.mark.parametrize("factor", [1, 3])
def test_foreground_never_changes_a_pixel_inside(factor: int) -> None:
    large = _soft_disc(240 * factor)
    photo = np.random.default_rng(1).integers(0, 256, (*large.shape, 3)).astype(np.uint8)
    small = np.ascontiguousarray(photo[::factor, ::factor])
    colors = estimate_colors(small, np.ascontiguousarray(large[::factor, ::factor]))
    alpha = (large * 255 + 0.5).astype(np.uint8)

    found = transfer_foreground(photo, alpha, *colors)

    inside = alpha == 255
    assert np.array_equal(found[inside], photo[inside])


def test_foreground_does_not_touch_its_inputs() -> None:
    alpha = _soft_disc()
    photo = _photo(alpha)
    before = photo.copy(), alpha.copy()

    colors = estimate_colors(photo, alpha)
    transfer_foreground(photo, (alpha * 255).astype(np.uint8), *colors)

    assert np.array_equal(photo, before[0])
    assert np.array_equal(alpha, before[1])


def test_upsampling_follows_the_edge_of_the_large_picture() -> None:
    true = _soft_disc(720, blur=1)
    photo = _photo(true)
    guide = np.asarray(cv2.resize(photo, (240, 240), interpolation=cv2.INTER_AREA), np.uint8)
    small = np.asarray(cv2.resize(true, (240, 240), interpolation=cv2.INTER_AREA), np.float32)
    stretched = cv2.resize(small, (720, 720), interpolation=cv2.INTER_LINEAR)

    found = upsample_alpha(small, guide, photo)

    truth = (true * 255).astype(np.uint8)
    plain = (np.asarray(stretched) * 255).astype(np.uint8)
    assert score_mask(found, truth).edge_mae < 0.5 * score_mask(plain, truth).edge_mae


def test_scores_of_a_perfect_mask_are_perfect() -> None:
    mask = (_soft_disc() * 255).astype(np.uint8)

    scores = score_mask(mask, mask)

    assert (scores.iou, scores.mae, scores.boundary_f, scores.edge_mae) == (1, 0, 1, 0)


def test_scores_fall_when_half_the_object_is_missing() -> None:
    mask = ((_soft_disc() > 0.5) * 255).astype(np.uint8)
    half = mask.copy()
    half[:, :120] = 0

    scores = score_mask(half, mask)

    assert scores.iou == pytest.approx(0.5, abs=0.01)
    assert scores.boundary_f < 0.8


def test_scores_of_an_empty_answer_are_the_worst() -> None:
    mask = ((_soft_disc() > 0.5) * 255).astype(np.uint8)

    scores = score_mask(np.zeros_like(mask), mask)

    assert (scores.iou, scores.boundary_f) == (0, 0)


def test_foreground_is_the_source_itself_where_no_pixel_is_soft() -> None:
    hard = np.where(_soft_disc() > 0.5, 255, 0).astype(np.uint8)
    photo = _photo((hard / 255).astype(np.float32))
    front, back = estimate_colors(photo, (hard / 255).astype(np.float32))

    assert np.array_equal(transfer_foreground(photo, hard, front, back), photo)
