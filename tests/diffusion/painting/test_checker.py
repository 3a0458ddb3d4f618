"""The look at what was painted: what it refuses, and what happens where it cannot look."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from generation.inference.engines.diffusion.files import folder_of
from tests.diffusion import models
from tests.diffusion.asking import Make, paint, painted, unpainted
from tests.diffusion.models import SDXL
from tests.diffusion.painting.conftest import NewPainter

pytestmark = pytest.mark.torch
ENTRY = models.model("tiny-checker", "checker", buckets={})
NewChecker = Callable[..., Any]


@pytest.fixture
def with_checker(tiny_models: Path, tmp_path: Path, new_painter: NewPainter) -> NewChecker:
    """A function that makes a painter beside a checker of these labels, sure of the second."""
    import transformers

    copytree(tiny_models, tmp_path, dirs_exist_ok=True)

    def new(labels: tuple[str, str] = ("normal", "nsfw"), lean: float = -9.0) -> Any:
        config = transformers.ViTConfig(
            hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
            image_size=32, patch_size=16, id2label=dict(enumerate(labels)),
        )  # fmt: skip
        network = transformers.ViTForImageClassification(config)
        network.classifier.weight.data.zero_()
        network.classifier.bias.data[1] = lean
        folder = folder_of(ENTRY.name, tmp_path)
        network.save_pretrained(folder)
        transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
        models.note(tmp_path, ENTRY)
        return new_painter(ENTRY, folder=tmp_path)

    return new


def _two(asks: Make) -> list[Any]:
    return [asks(SDXL.name, seed) for seed in range(2)]


@pytest.mark.parametrize("label", ["nsfw", "NSFW", "porn"])
def test_the_checker_refuses_what_it_flags_and_only_that(
    label: str, with_checker: NewChecker, asks: Make
) -> None:
    harmless = paint(with_checker(("normal", label)), _two(asks))
    adult = paint(with_checker(("normal", label), lean=9.0), _two(asks))

    assert [each.code for each in unpainted(adult)] == ["content_policy"] * 2
    assert [each.facts["image_check"] for each in painted(harmless)] == ["tiny-checker"] * 2


def test_a_model_that_names_no_adult_content_is_no_checker(
    with_checker: NewChecker, asks: Make, caplog: pytest.LogCaptureFixture
) -> None:
    painter = with_checker(("cat", "dog"), lean=9.0)

    with caplog.at_level(logging.WARNING):
        answers = painted(paint(painter, _two(asks)))

    assert [each.facts["image_check"] for each in answers] == ["none"] * 2
    assert "tiny-checker looks at no picture: its labels (cat, dog) name no adult" in caplog.text


@pytest.mark.parametrize(
    ("file", "held"), [("model.safetensors", b"no weights"), ("config.json", b"{}")]
)
def test_a_broken_checker_loses_no_picture(
    file: str,
    held: bytes,
    with_checker: NewChecker,
    new_painter: NewPainter,
    asks: Make,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with_checker()
    (folder_of(ENTRY.name, tmp_path) / file).write_bytes(held)
    models.note(tmp_path, ENTRY)

    with caplog.at_level(logging.WARNING):
        answers = painted(paint(new_painter(ENTRY, folder=tmp_path), _two(asks)))

    assert [each.facts["image_check"] for each in answers] == ["none"] * 2
    assert "tiny-checker looks at no picture" in caplog.text


def test_a_look_that_does_not_fit_is_taken_in_parts(
    with_checker: NewChecker, asks: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter = with_checker()
    seen = _full_above(painter, 1, monkeypatch)

    answers = painted(paint(painter, _two(asks)))

    assert [each.facts["image_check"] for each in answers] == ["tiny-checker"] * 2
    assert seen == [2, 1, 1]


def test_a_picture_that_nobody_could_look_at_is_not_handed_out(
    with_checker: NewChecker, asks: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter = with_checker()
    with monkeypatch.context() as patch:
        _full_above(painter, 0, patch)
        answers = unpainted(paint(painter, _two(asks)))

    assert [each.code for each in answers] == ["gpu_out_of_memory"] * 2
    assert len(painted(paint(painter, _two(asks)))) == 2


def _full_above(painter: Any, most: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the checker run out of memory above so many pictures; how many it was given."""
    import torch

    given, look = [], painter._checker._looked

    def looked(model: Any, pictures: Any) -> list[bool]:
        given.append(len(pictures))
        if len(pictures) > most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return list(look(model, pictures))

    monkeypatch.setattr(painter._checker, "_looked", looked)
    return given
