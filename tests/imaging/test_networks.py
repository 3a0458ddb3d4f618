from __future__ import annotations

import hashlib
import io
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.conf import settings as built_in
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from generation.imaging.mask_scores import score_mask
from generation.imaging.pixels import Gray, Rgb, Upright
from generation.imaging.saliency import look
from generation.preprocessing.cutout import available_networks, current_model, cut_out
from generation.preprocessing.cutout_names import METHODS, best_method
from generation.preprocessing.networks import RECIPES, network
from generation.preprocessing.prepare import licence_of
from tests.imaging.tiny_onnx import brightness_network

LARGER = ("isnet", "birefnet-lite", "birefnet")


@pytest.fixture
def models(settings: Settings, tmp_path: Path) -> Path:
    """A weights folder with the small network alone."""
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(Path(built_in.MODEL_DIR) / "u2netp.onnx", folder)
    settings.MODEL_DIR = folder
    return folder


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "mine.onnx"
    path.write_bytes(data)
    return path


def _bring(name: str, path: Path, licence: str = "Test-1.0") -> str:
    shown = io.StringIO()
    call_command("fetch_model", name, file=str(path), licence=licence, stdout=shown)
    return shown.getvalue()


def _plate() -> tuple[Rgb, Gray]:
    """A light plate on a dark ground, and its true mask."""
    mask = np.zeros((500, 500), np.uint8)
    cv2.circle(mask, (250, 250), 150, 255, -1, cv2.LINE_AA)
    grain = np.random.default_rng(4).normal(0, 1.5, (500, 500, 1))
    cover = mask[..., None] / 255.0
    colour = cover * np.array((214, 206, 190)) + (1 - cover) * np.array((34, 36, 40)) + grain
    return np.clip(colour + 0.5, 0, 255).astype(np.uint8), mask


@pytest.mark.parametrize("name", LARGER)
def test_a_larger_network_is_used_as_soon_as_it_is_there(
    models: Path, tmp_path: Path, name: str
) -> None:
    data = brightness_network()
    before = current_model()

    said = _bring(name, _file(tmp_path, data))

    digest = hashlib.sha256(data).hexdigest()
    assert before.startswith("u2netp@")
    assert "your own file, licence: Test-1.0" in said.replace("\n", " ")
    assert best_method() == (name, "u2netp")
    assert current_model().startswith(f"{name}~{digest[:6]}+u2netp@")
    assert len(current_model()) + len("+strokes:12345678") <= 60


def test_a_larger_network_leads_and_the_small_one_is_the_second_opinion(
    models: Path, tmp_path: Path
) -> None:
    _bring("isnet", _file(tmp_path, brightness_network(1024)))
    rgb, mask = _plate()

    result = cut_out(Upright(rgb, None, "JPEG"))

    assert result.model == current_model()
    assert score_mask(result.alpha, mask).iou > 0.98
    assert 0 < result.agreement < 1


def test_the_licences_of_all_networks_of_a_cut_out_are_told(models: Path, tmp_path: Path) -> None:
    _bring("birefnet-lite", _file(tmp_path, brightness_network()), licence="Research only")

    told = licence_of(current_model())

    assert "Research only" in told
    assert "Apache-2.0" in told
    assert licence_of("isnet+u2netp@4").startswith("Apache-2.0 (code")
    assert licence_of("isnet~000000@4").startswith("unknown")


def test_a_file_may_fix_the_side_it_is_fed(models: Path, tmp_path: Path) -> None:
    _bring("birefnet", _file(tmp_path, brightness_network(256)))

    found = network("birefnet")

    assert found.recipe.side == 256
    assert look(_plate()[0], found).shape == (500, 500)


@pytest.mark.parametrize("name", LARGER)
def test_an_answer_is_stretched_over_the_full_range(
    models: Path, tmp_path: Path, name: str
) -> None:
    _bring(name, _file(tmp_path, brightness_network(96)))
    rgb, mask = _plate()

    seen = look(rgb, network(name))

    assert np.median(seen[mask > 250]) == 1
    assert np.median(seen[mask < 5]) == 0


def test_a_recipe_feeds_colours_as_its_authors_did() -> None:
    assert RECIPES["isnet"].mean == (0.5, 0.5, 0.5)
    assert RECIPES["isnet"].side == RECIPES["birefnet"].side == 1024
    assert RECIPES["birefnet"].logits
    assert not RECIPES["isnet"].by_brightest


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"no network at all" * 40, "cannot be run"), (brightness_network(64, channels=1), "run")],
    ids=["not onnx", "one channel"],
)
def test_a_file_that_cannot_be_run_is_not_taken(
    models: Path, tmp_path: Path, data: bytes, reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        _bring("isnet", _file(tmp_path, data))

    assert available_networks() == ("u2netp",)
    assert [path.name for path in models.iterdir()] == ["u2netp.onnx"]


def test_a_file_that_is_not_the_pinned_one_needs_its_licence(models: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="name its licence with --licence"):
        _bring("isnet", _file(tmp_path, brightness_network()), licence="")

    assert available_networks() == ("u2netp",)


def test_the_pinned_file_may_be_brought_by_hand(models: Path, tmp_path: Path) -> None:
    pinned = shutil.move(models / "u2netp.onnx", tmp_path / "copy.onnx")

    said = _bring("u2netp", Path(pinned), licence="")

    assert "the pinned file, Apache-2.0" in said.replace("\n", " ")
    assert current_model().startswith("u2netp@")


def test_a_file_is_for_one_network(models: Path, tmp_path: Path) -> None:
    path = str(_file(tmp_path, brightness_network()))

    with pytest.raises(CommandError, match="Name the one network"):
        call_command("fetch_model", file=path)
    with pytest.raises(CommandError, match=r"There is no file .*missing"):
        call_command("fetch_model", "isnet", file=str(tmp_path / "missing.onnx"))


def test_the_list_tells_an_own_file_and_its_licence(models: Path, tmp_path: Path) -> None:
    _bring("isnet", _file(tmp_path, brightness_network()), licence="House-licence")
    shown = io.StringIO()

    call_command("fetch_model", list=True, stdout=shown)

    assert "House-" in shown.getvalue()
    assert "own" in shown.getvalue()


def test_it_knows_how_to_feed_every_network_of_every_method() -> None:
    assert set(RECIPES) == {name for names in METHODS.values() for name in names}
