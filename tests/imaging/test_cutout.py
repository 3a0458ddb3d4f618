from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from generation.imaging.mask_scores import score_mask
from generation.imaging.pixels import Gray, ImageRejected, Rgb, Upright
from generation.preprocessing import networks
from generation.preprocessing.cutout import (
    CutoutResult,
    Strokes,
    available_networks,
    current_model,
    cut_out,
)

SMALL = ("u2netp",)


@pytest.fixture
def no_weights(settings: Settings, tmp_path: Path) -> None:
    settings.MODEL_DIR = tmp_path


def _jug(side: int = 600) -> Gray:
    """The true mask of a jug with a handle one can look through."""
    mask = np.zeros((side, side), np.uint8)
    unit = side / 600
    cv2.ellipse(mask, _at(400, 310, unit), _at(90, 100, unit), 0, 0, 360, 255, int(34 * unit))
    cv2.rectangle(mask, _at(170, 170, unit), _at(390, 470, unit), 255, -1)
    cv2.ellipse(mask, _at(280, 470, unit), _at(110, 28, unit), 0, 0, 360, 255, -1)
    cv2.ellipse(mask, _at(280, 170, unit), _at(110, 28, unit), 0, 0, 360, 255, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.8 * unit), dtype=np.uint8)


def _at(x: int, y: int, unit: float) -> tuple[int, int]:
    return int(x * unit), int(y * unit)


def _shoot(mask: Gray, ground: Rgb, color: tuple[int, int, int] = (176, 62, 38)) -> Upright:
    """Photograph the jug, round and with grain, on a ground."""
    side = mask.shape[0]
    light = 1.15 - 0.5 * np.abs(np.linspace(-0.8, 1, side))[None, :, None] ** 1.5
    grain = np.random.default_rng(5).normal(0, 2, (side, side, 1))
    body = np.clip(np.array(color) * light + grain, 0, 255)
    cover = mask[..., None] / 255.0
    return Upright((cover * body + (1 - cover) * ground + 0.5).astype(np.uint8), None, "JPEG")


def _paper(side: int = 600) -> Rgb:
    fall = np.linspace(244, 226, side)[:, None, None]
    return np.broadcast_to(fall, (side, side, 3)).astype(np.uint8)


def _pebbles(side: int = 600) -> Rgb:
    rough = np.random.default_rng(9).integers(60, 200, (side // 12, side // 12, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC))


@pytest.mark.usefixtures("no_weights")
def test_it_cuts_a_clear_product_from_plain_paper_without_any_network() -> None:
    mask = _jug()

    result = cut_out(_shoot(mask, _paper()))

    scores = score_mask(result.alpha, mask)
    assert scores.iou > 0.98
    assert scores.boundary_f > 0.98
    assert result.model == current_model()
    assert result.model.startswith("ground-colour@")


@pytest.mark.usefixtures("no_weights")
def test_it_asks_for_a_review_of_what_no_network_has_seen() -> None:
    result = cut_out(_shoot(_jug(), _paper()))

    assert result.needs_review
    assert result.confidence <= 0.5
    assert result.reasons == (
        "Cut out by the ground's colour alone, since no network is installed.",
    )


@pytest.mark.usefixtures("no_weights")
@pytest.mark.parametrize(
    ("ground", "color"),
    [(_pebbles(), (176, 62, 38)), (_paper(), (232, 232, 230))],
    ids=["busy ground", "white on white"],
)
def test_it_refuses_what_it_cannot_see_and_names_the_fix(
    ground: Rgb, color: tuple[int, int, int]
) -> None:
    with pytest.raises(ImageRejected) as caught:
        cut_out(_shoot(_jug(), ground, color))

    assert caught.value.code == "subject_not_found"
    assert "manage.py fetch_model u2netp u2net" in caught.value.message


@pytest.mark.usefixtures("no_weights")
def test_it_keeps_the_transparency_a_merchant_made() -> None:
    mask = _jug()
    photo = _shoot(mask, _pebbles())

    result = cut_out(Upright(photo.rgb, mask, "PNG"))

    assert np.array_equal(result.alpha, mask)
    assert np.array_equal(result.foreground, photo.rgb)
    assert result.model.startswith("source-alpha@")
    assert (result.confidence, result.needs_review) == (1.0, False)


@pytest.mark.usefixtures("no_weights")
def test_it_looks_for_the_product_where_transparency_only_rounds_a_corner() -> None:
    mask = _jug()
    photo = _shoot(mask, _paper())
    alpha = np.full_like(mask, 255)
    alpha[:8, :8] = 0

    result = cut_out(Upright(photo.rgb, alpha, "PNG"))

    assert result.model.startswith("ground-colour@")
    assert score_mask(result.alpha, mask).iou > 0.97


@pytest.mark.usefixtures("no_weights")
def test_it_does_what_a_person_painted() -> None:
    photo = _shoot(_jug(), _paper())
    remove = np.zeros((600, 600), np.uint8)
    remove[300:340, 200:240] = 255
    keep = np.zeros_like(remove)
    keep[20:30, 20:60] = 255

    result = cut_out(photo, strokes=Strokes(keep, remove))

    assert np.all(result.alpha[keep > 0] == 255)
    assert np.all(result.alpha[remove > 0] == 0)
    assert not result.needs_review


@pytest.mark.usefixtures("no_weights")
def test_it_gives_the_light_that_glass_lets_through_when_asked() -> None:
    photo = _shoot(_jug(), _paper())

    asked, plain = cut_out(photo, see_through=True), cut_out(photo)

    assert plain.transmission is None
    assert asked.transmission is not None
    assert asked.transmission.shape == photo.rgb.shape
    assert asked.needs_review


def test_it_has_the_small_network_to_test_with() -> None:
    assert "u2netp" in available_networks(), "run: manage.py fetch_model u2netp"


@pytest.fixture(scope="module")
def on_pebbles() -> CutoutResult:
    """The jug on a busy ground, cut out once for all that look at it."""
    return cut_out(_shoot(_jug(), _pebbles()), networks=SMALL)


def test_it_cuts_a_product_from_a_busy_ground_with_the_small_network(
    on_pebbles: CutoutResult,
) -> None:
    result = on_pebbles

    assert score_mask(result.alpha, _jug()).iou > 0.9
    assert result.model.startswith("u2netp@")
    assert result.agreement == 1.0


def test_it_never_changes_a_product_pixel() -> None:
    photo = _shoot(_jug(1500), _pebbles(1500))

    result = cut_out(photo, networks=SMALL)

    whole = result.alpha == 255
    assert result.alpha.shape == photo.rgb.shape[:2]
    assert np.mean(whole) > 0.1
    assert np.array_equal(result.foreground[whole], photo.rgb[whole])


def test_it_gives_the_same_cut_twice_and_opens_its_network_once(on_pebbles: CutoutResult) -> None:
    opened = networks._load.cache_info().misses

    second = cut_out(_shoot(_jug(), _pebbles()), networks=SMALL)

    assert networks._load.cache_info().misses == opened
    assert np.array_equal(on_pebbles.alpha, second.alpha)
    assert np.array_equal(on_pebbles.foreground, second.foreground)


def test_it_does_not_invent_a_product_on_an_empty_table() -> None:
    with pytest.raises(ImageRejected) as caught:
        cut_out(Upright(_paper(), None, "JPEG"), networks=SMALL)

    assert caught.value.code == "subject_not_found"
    assert "fetch_model" not in caught.value.message


def test_it_asks_for_a_review_of_a_product_cut_off_by_the_frame() -> None:
    photo = _shoot(_jug(), _paper())
    corner = np.ascontiguousarray(photo.rgb[280:600, 240:600])

    result = cut_out(Upright(corner, None, "JPEG"), networks=SMALL)

    assert result.needs_review
    assert any("cut off" in reason for reason in result.reasons)


def _evaluation_folder(folder: Path) -> Path:
    mask = _jug()
    cv2.imwrite(str(folder / "jug.png"), _shoot(mask, _paper()).rgb[..., ::-1])
    cv2.imwrite(str(folder / "jug_mask.png"), mask)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    rows = [
        {"image": "broken.jpg", "mask": "jug_mask.png"},
        {"image": "jug.png", "mask": "jug_mask.png"},
        {"image": "jug.png", "mask": "missing.png"},
        {"image": "jug.png", "mask": "small.png"},
        {"mask": "jug_mask.png"},
    ]
    cv2.imwrite(str(folder / "small.png"), mask[:9, :9])
    (folder / "manifest.json").write_text(json.dumps(rows))
    return folder


@pytest.mark.usefixtures("no_weights")
def test_evaluation_scores_every_photo_and_is_not_stopped_by_a_bad_one(tmp_path: Path) -> None:
    shown, figures = io.StringIO(), tmp_path / "figures.json"

    with pytest.raises(CommandError) as caught:
        call_command(
            "evaluate_cutout", str(_evaluation_folder(tmp_path)), json=str(figures), stdout=shown
        )

    rows = json.loads(figures.read_text())
    assert [row["iou"] is not None for row in rows] == [False, True, False, False]
    assert rows[1]["iou"] > 0.98
    for fault in ("broken.jpg: ", "missing.png: No such file", "small.png is 9 x 9", "entry 5: "):
        assert fault in str(caught.value)
    assert "Summary" in shown.getvalue()
    assert "plain, worst: jug.png" in shown.getvalue()


@pytest.mark.usefixtures("no_weights")
def test_evaluation_can_write_its_figures_alone_to_the_output(tmp_path: Path) -> None:
    folder, shown = _evaluation_folder(tmp_path), io.StringIO()
    rows = [{"image": "jug.png", "mask": "jug_mask.png"}]
    (folder / "manifest.json").write_text(json.dumps(rows))

    call_command("evaluate_cutout", str(folder), json="-", stdout=shown, stderr=io.StringIO())

    assert [row["image"] for row in json.loads(shown.getvalue())] == ["jug.png"]


def test_evaluation_says_what_a_manifest_looks_like(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"image": 1}')

    with pytest.raises(CommandError, match='must be a list of objects with the keys "image"'):
        call_command("evaluate_cutout", str(tmp_path))


def test_evaluation_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Cannot read .*manifest\.json"):
        call_command("evaluate_cutout", str(tmp_path))
