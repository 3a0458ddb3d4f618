"""Batches through real pipelines: who shares one changes nothing, and neither does its size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generation.inference.engines.diffusion.files import folder_of
from generation.inference.engines.diffusion.model import Model
from tests.diffusion.asking import Make, Watching, batches, paint, picture, pixels
from tests.diffusion.models import KLEIN, SDXL, Z_IMAGE
from tests.diffusion.painting.conftest import NewPainter

pytestmark = pytest.mark.torch
INPAINTING = pytest.mark.parametrize("model", [SDXL, KLEIN, Z_IMAGE], ids=lambda model: model.name)
MOST_LEVELS = 2


@INPAINTING
def test_a_batch_equals_its_pictures_one_by_one(
    model: Model, new_painter: NewPainter, asks: Make
) -> None:
    painter = new_painter()
    three = [asks(model.name, seed) for seed in range(3)]

    together = pixels(paint(painter, three))
    alone = [pixels(paint(painter, [ask]))[0] for ask in three]

    for one, other in zip(together, alone, strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).max() <= MOST_LEVELS
    assert not np.array_equal(together[0], together[1])


@INPAINTING
def test_neighbours_and_places_change_no_bit(
    model: Model, new_painter: NewPainter, asks: Make
) -> None:
    painter = new_painter()
    one, two, three = (asks(model.name, seed) for seed in range(3))
    # Z-Image's prompts meet those of their own padded length only.
    other = asks(model.name, 9, prompt="x" * (26 if model is Z_IMAGE else 70), image=picture(99))

    first = pixels(paint(painter, [one, two, three, asks(model.name, 3)]))
    moved = pixels(paint(painter, [other, three, other, one]))

    assert np.array_equal(moved[3], first[0])
    assert np.array_equal(moved[1], first[2])


def test_prompts_that_would_pad_each_other_go_apart(new_painter: NewPainter, asks: Make) -> None:
    painter = new_painter()
    short, long = asks(Z_IMAGE.name, 1), asks(Z_IMAGE.name, 2, prompt="x" * 90)

    alone = pixels(paint(painter, [short]))[0]
    answers = paint(painter, [short, long, short])

    assert np.array_equal(pixels(paint(painter, [short, long]))[0], alone)
    assert batches(answers) == [2, 1, 2]


@INPAINTING
def test_a_repeat_changes_no_bit(model: Model, new_painter: NewPainter, asks: Make) -> None:
    batch = [asks(model.name, seed) for seed in range(2)]

    first, again = (pixels(paint(new_painter(), batch)) for _ in range(2))

    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))


@INPAINTING
def test_seed_words_and_picture_each_decide(
    model: Model, new_painter: NewPainter, asks: Make
) -> None:
    ask = asks(model.name)
    changed = [
        replace(ask, seed=1),
        replace(ask, prompt="another place"),
        replace(ask, image=picture(5)),
    ]

    base, *others = pixels(paint(new_painter(), [ask, *changed]))

    assert not any(np.array_equal(base, other) for other in others)


def test_a_short_batch_is_filled_and_the_copies_dropped(
    new_painter: NewPainter, asks: Make
) -> None:
    answers = paint(new_painter(), [asks(SDXL.name, seed) for seed in range(3)])

    assert batches(answers) == [4] * 3


def test_one_workspaces_references_never_reach_anothers_edit(
    new_painter: NewPainter, asks: Make
) -> None:
    painter = new_painter()
    mine = asks(KLEIN.name, 1, "edit", image=None, references=(picture(1),))
    theirs = asks(KLEIN.name, 2, "edit", image=None, references=(picture(2),))
    others = replace(theirs, references=(picture(3),))

    alone = pixels(paint(painter, [mine]))[0]
    beside, other = pixels(paint(painter, [mine, theirs]))
    beside_others, changed = pixels(paint(painter, [mine, others]))

    assert painter.most_at_once(mine) == 1
    assert np.array_equal(alone, beside)
    assert np.array_equal(beside, beside_others)
    assert not np.array_equal(other, changed)


def test_each_inpainting_looks_at_its_own_reference(new_painter: NewPainter, asks: Make) -> None:
    painter = new_painter()
    mine = asks(KLEIN.name, 1, references=(picture(1),))
    theirs = [asks(KLEIN.name, 2, references=(picture(seed),)) for seed in (2, 3)]

    first, second = (pixels(paint(painter, [mine, one])) for one in theirs)

    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[1], second[1])


def test_the_pipeline_itself_refuses_two_edits_at_once(tiny_models: Path) -> None:
    import torch
    from PIL import Image

    from generation.inference.engines.diffusion.painting import families

    base = families.open_base(KLEIN, folder_of(KLEIN.name, tiny_models), torch.float32)
    pipe = families.pipelines(KLEIN, base)["edit"]

    with pytest.raises(ValueError, match="one at a time"):
        pipe(prompt=["a", "b"], image=[Image.fromarray(picture(seed)) for seed in (1, 2)],
             num_inference_steps=1, width=64, height=64, max_sequence_length=32)  # fmt: skip


@INPAINTING
def test_asks_of_one_shape_share_a_key_whatever_they_ask(
    model: Model, new_painter: NewPainter, asks: Make
) -> None:
    painter = new_painter()
    ask = asks(model.name)

    assert painter.key(ask) == painter.key(asks(model.name, 7, prompt="other"))
    assert painter.key(ask) != painter.key(replace(ask, width=128))
    assert painter.key(ask) != painter.key(replace(ask, references=(picture(1),)))
    assert painter.key(ask) != new_painter(model.model_copy(update={"steps": 3})).key(ask)


def test_every_caller_is_told_of_every_step(new_painter: NewPainter, asks: Make) -> None:
    watches = [Watching(), Watching()]

    new_painter().paint([asks(SDXL.name, seed) for seed in (1, 2)], watches)

    assert [watch.told for watch in watches] == [[(1, 2), (2, 2)]] * 2


@pytest.mark.parametrize("model", [SDXL, Z_IMAGE], ids=lambda model: model.name)
def test_guidance_takes_the_words_against_it(
    model: Model, new_painter: NewPainter, asks: Make
) -> None:
    painter = new_painter(model.model_copy(update={"guidance": 4.0}))
    first, second = (asks(model.name, seed, negative_prompt="blur") for seed in (1, 2))
    other = replace(first, negative_prompt="haze")

    together = pixels(paint(painter, [first, second]))
    (alone,), (changed,) = (pixels(paint(painter, [ask])) for ask in (first, other))
    (unguided,) = pixels(paint(new_painter(), [first]))

    assert np.abs(together[0].astype(int) - alone.astype(int)).max() <= MOST_LEVELS
    assert not np.array_equal(alone, changed)
    assert not np.array_equal(alone, unguided)
