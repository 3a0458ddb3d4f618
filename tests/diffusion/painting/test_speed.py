"""Switches for speed, at tiny size: what each changes, and that what must not change does not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.inference.engines.diffusion.model import Model
from tests.diffusion.asking import Make, paint, painted, picture, pixels
from tests.diffusion.models import KLEIN, MODELS, SDXL, Z_IMAGE
from tests.diffusion.painting.conftest import NewPainter

pytestmark = pytest.mark.torch
EACH = pytest.mark.parametrize("model", [SDXL, KLEIN, Z_IMAGE], ids=lambda model: model.name)


@EACH
def test_kept_words_change_no_bit_and_are_not_encoded_again(
    model: Model, new_painter: NewPainter, asks: Make
) -> None:
    painter = new_painter(switches=["embedding_cache"])
    batch = [asks(model.name, seed, prompt="the same words") for seed in range(2)]

    plain = pixels(paint(new_painter(switches=[]), batch))
    first, again = (pixels(paint(painter, batch)) for _ in range(2))

    assert all(np.array_equal(*three[:2]) for three in zip(plain, first, strict=True))
    assert all(np.array_equal(*pair) for pair in zip(plain, again, strict=True))
    assert painter.embeddings.misses == 1
    assert painter.embeddings.hits > 1


def test_kept_words_are_bounded_and_the_oldest_go() -> None:
    import torch

    from generation.inference.engines.diffusion.painting.embeddings import Embeddings

    kept = Embeddings(most_bytes=100)
    made: list[str] = []

    def encode(text: str) -> dict[str, Any]:
        made.append(text)
        return {"words": torch.zeros(10)}  # 40 bytes

    for text in ("a", "b", "a", "c", "a", "b"):
        kept.get("encoder", text, 8, encode)

    assert made == ["a", "b", "c", "b"]
    assert kept.used == 80
    kept.forget("encoder")
    assert kept.used == 0


def test_words_of_an_evicted_model_are_forgotten(new_painter: NewPainter, asks: Make) -> None:
    painter = new_painter(switches=["embedding_cache"])
    paint(painter, [asks(KLEIN.name)])
    held = painter.embeddings.used

    painter._pool.evict_others(keep="")

    assert held == 64 * 48 * 4
    assert painter.embeddings.used == 0


@EACH
def test_channels_last_changes_almost_nothing(
    model: Model, new_painter: NewPainter, asks: Make
) -> None:
    batch = [asks(model.name, seed) for seed in range(2)]

    plain = pixels(paint(new_painter(switches=[]), batch))
    fast = pixels(paint(new_painter(switches=["channels_last"]), batch))

    for one, other in zip(plain, fast, strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 1


@EACH
def test_tiles_decode_only_what_is_larger_than_one(
    model: Model, new_painter: NewPainter, asks: Make
) -> None:
    small = asks(model.name)
    large = asks(model.name, width=128, height=128, image=picture(1, 128, 128),
                 mask=np.full((128, 128), 255, np.uint8))  # fmt: skip

    plain, tiled = (new_painter(switches=own) for own in ([], ["tiled_decode"]))
    whole, parts = (pixels(paint(painter, [large]))[0].astype(int) for painter in (plain, tiled))

    one, other = (pixels(paint(painter, [small]))[0] for painter in (plain, tiled))
    assert np.array_equal(one, other)
    assert parts.shape == (128, 128, 3)
    assert 0 < np.abs(whole - parts).mean() < 40


def test_switches_that_need_cuda_are_off_on_a_cpu(new_painter: NewPainter, asks: Make) -> None:
    painter = new_painter(switches=["cudnn_attention", "compile", "fp8", "embedding_cache"])

    (answer,) = painted(paint(painter, [asks(SDXL.name)]))

    assert answer.facts["speed"] == ["embedding_cache"]


def test_a_switch_that_does_not_exist_is_named() -> None:
    import torch

    from generation.inference.engines.diffusion.painting.speed import switches

    with pytest.raises(ValueError, match="no such speed switch: warp"):
        switches(["warp"], torch.device("cpu"))


def test_every_switch_of_the_registry_exists() -> None:
    import torch

    from generation.inference.engines.diffusion.painting.speed import switches
    from generation.inference.engines.diffusion.registry import load

    for model in load().models:
        assert switches(model.speed, torch.device("cuda")).names == tuple(sorted(model.speed))


@EACH
def test_compiled_blocks_paint_the_same(model: Model, tiny_models: Path) -> None:
    import torch

    from generation.inference.engines.diffusion.files import folder_of
    from generation.inference.engines.diffusion.painting import families, speed
    from generation.inference.engines.diffusion.painting.speed import Switches

    torch._dynamo.reset()
    plain, fast = (
        families.open_base(model, folder_of(model.name, tiny_models), torch.float32)
        for _ in range(2)
    )
    # The tracer alone: what it hands on is run as it is, so that no compiler of C++ is needed.
    speed.apply(fast, Switches(compile=True), backend="eager")

    assert _any_compiled(speed.core_of(fast))
    assert not _any_compiled(speed.core_of(plain))
    pictures = [_one_picture(model, base) for base in (plain, fast)]
    assert np.abs(pictures[0].astype(int) - pictures[1].astype(int)).max() <= 1


def _any_compiled(network: Any) -> bool:
    return any(module._compiled_call_impl is not None for module in network.modules())


def _one_picture(model: Any, base: Any) -> Any:
    import torch

    from generation.inference.engines.diffusion.painting import families
    from generation.inference.engines.diffusion.painting.embeddings import Embeddings
    from generation.inference.engines.diffusion.painting.going import Going
    from generation.inference.engines.diffusion.painting.loading import Loaded
    from generation.inference.engines.diffusion.painting.speed import Switches
    from tests.diffusion.asking import Watching

    loaded = Loaded(model, families.pipelines(model, base), Switches(), 0)
    going = Going(torch.device("cpu"), Embeddings())
    return going.go(loaded, [Make()(model.name)], [Watching()]).pictures[0]


def test_eight_bit_layers_come_near_to_what_they_replace() -> None:
    import torch

    from generation.inference.engines.diffusion.painting.fp8 import Fp8Linear, use_fp8

    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 8))
    given = torch.randn(2, 5, 64)
    small = copy.deepcopy(network)

    assert use_fp8(small, smallest_side=16) == 1
    assert isinstance(small[0], Fp8Linear)
    assert isinstance(small[2], torch.nn.Linear)
    exact, near = network[0](given), small[0](given)
    assert near.shape == exact.shape
    assert 0 < (exact - near).norm() / exact.norm() < 0.05
    assert small[0].weight.element_size() == 1


def test_all_models_share_their_weights_between_tasks(new_painter: NewPainter) -> None:
    painter = new_painter()
    painter.preload([model.name for model in MODELS])
    pipes = painter._pool.get(KLEIN).pipes

    assert pipes["inpaint"].transformer is pipes["edit"].transformer
    assert pipes["edit"].config.is_distilled
    assert pipes["inpaint"].config.is_distilled
