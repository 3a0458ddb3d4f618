"""Qwen-Image-Edit's own pipeline, tiny.

Its processor needs torchvision, which does not import beside torch for CPUs (0.28.0 on 2.13.0,
2026-11-22). So the pipeline is given a processor of the two parts that it uses: a picture's
patches, and words with as many places for them. All else comes from the folder.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.diffusion import models, tiny
from tests.diffusion.asking import Make, Watching, paint, picture, pixels
from tests.diffusion.painting.conftest import NewPainter

pytestmark = pytest.mark.torch
ENTRY = models.model("tiny-qwen", "qwen_edit", text_pad=512)


@pytest.fixture
def painter(tmp_path: Path, new_painter: NewPainter, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A painter with a tiny Qwen whose pipeline sees references at 64 x 64."""
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as module

    from generation.inference.engines.diffusion.painting.families import qwen_edit

    monkeypatch.setattr(module, "VAE_IMAGE_SIZE", 64 * 64)
    load = partial(
        qwen_edit.BASE.from_pretrained,
        processor=tiny.QwenProcessor(tiny.qwen_tokenizer(), most_pixels=56 * 56),
    )
    monkeypatch.setattr(qwen_edit, "BASE", SimpleNamespace(from_pretrained=load))
    models.write(tmp_path, ENTRY)
    return new_painter(ENTRY, folder=tmp_path)


def test_an_edit_looks_at_all_its_pictures(painter: Any, asks: Make) -> None:
    pair = (picture(1), picture(2))
    ask = asks(ENTRY.name, 1, "edit", image=None, references=pair)

    first, again, other = (
        pixels(paint(painter, [one]))[0]
        for one in (
            ask,
            ask,
            asks(ENTRY.name, 1, "edit", image=None, references=(pair[0], picture(3))),
        )
    )

    assert first.shape == (64, 64, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_edits_go_one_at_a_time_and_each_is_told(painter: Any, asks: Make) -> None:
    two = [asks(ENTRY.name, seed, "edit", references=(picture(seed),)) for seed in (1, 2)]
    watches = [Watching(), Watching()]

    together = pixels(painter.paint(two, watches))
    alone = [pixels(paint(painter, [ask]))[0] for ask in two]

    assert painter.most_at_once(two[0]) == 1
    assert [watch.told for watch in watches] == [[(1, 2), (2, 2)]] * 2
    assert all(np.array_equal(*pair) for pair in zip(together, alone, strict=True))


def test_guidance_takes_the_words_against_it(tmp_path: Path, painter: Any, asks: Make) -> None:
    guided = ENTRY.model_copy(update={"guidance": 4.0})
    loaded = painter._pool.get(ENTRY)
    loaded.model = guided
    ask = asks(ENTRY.name, 1, "edit", references=(picture(1),))

    first = pixels(paint(painter, [ask]))[0]
    against = asks(ENTRY.name, 1, "edit", references=ask.references, negative_prompt="blur")
    other = pixels(paint(painter, [against]))[0]

    assert not np.array_equal(first, other)
