"""What a painter does when something is missing, full, broken, canceled or lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.ask import Answer, Painted, Unpainted
from generation.inference.engines.diffusion.files import folder_of
from tests.diffusion.asking import Make, Watching, batches, paint, picture, pixels, unpainted
from tests.diffusion.model_files import REVISION
from tests.diffusion.painting.conftest import NewPainter

pytestmark = pytest.mark.torch
SDXL, KLEIN, Z_IMAGE = "tiny-sdxl", "tiny-klein", "tiny-z-image"
ONE_PICTURE = 1000 * 4 * 64 * 64  # bytes that 64 x 64 pixels in float32 are reckoned at


def codes(answers: list[Answer]) -> list[str]:
    """The codes of answers, "painted" for pictures."""
    return [answer.code if isinstance(answer, Unpainted) else "painted" for answer in answers]


def weights(painter: Any, name: str) -> int:
    """Bytes that a model alone takes."""
    assert painter.preload([name]) == {}
    used: int = painter.status().used
    return used


def test_a_manifest_can_name_all_that_decided(new_painter: NewPainter, asks: Make) -> None:
    (answer,) = paint(new_painter(), [asks(SDXL, 7)])

    assert isinstance(answer, Painted)
    assert answer.rgb.shape == (64, 64, 3)
    assert answer.rgb.dtype == np.uint8
    facts = answer.facts
    assert "torch-2" in str(facts.pop("libraries"))
    assert facts == {
        "model": SDXL, "hub_id": "tests/tiny", "revision": REVISION, "licences": ["Test"],
        "family": "sdxl", "task": "inpaint", "dtype": "fp32", "steps": 2, "guidance": 1.0,
        "lora": "", "vae": "full", "speed": [], "size": [64, 64], "seed": 7, "batch": 1,
        "device": "cpu", "image_check": "none",
    }  # fmt: skip


# -- memory


def test_the_least_recently_used_model_goes_first(new_painter: NewPainter, asks: Make) -> None:
    sizes = {name: weights(new_painter(), name) for name in (SDXL, KLEIN, Z_IMAGE)}
    painter = new_painter(memory_budget=sum(sizes.values()) - 1)

    for name in (SDXL, KLEIN, SDXL, Z_IMAGE):
        assert painter.preload([name]) == {}

    assert painter.status().loaded == (Z_IMAGE, SDXL)
    assert painter.status().used == sizes[Z_IMAGE] + sizes[SDXL]


def test_a_budget_for_one_model_holds_the_one_that_is_asked(
    new_painter: NewPainter, asks: Make
) -> None:
    most = max(weights(new_painter(), name) for name in (SDXL, KLEIN))
    painter = new_painter(memory_budget=most + ONE_PICTURE)

    first = pixels(paint(painter, [asks(SDXL)]))[0]
    paint(painter, [asks(KLEIN)])
    held = painter.status()
    again = pixels(paint(painter, [asks(SDXL)]))[0]

    assert held.loaded == (KLEIN,)
    assert (held.device, held.total) == ("cpu", most + ONE_PICTURE)
    assert painter.status().loaded == (SDXL,)
    assert np.array_equal(first, again)


def test_a_batch_that_does_not_fit_is_halved_and_that_is_remembered(
    new_painter: NewPainter, asks: Make, tmp_path: Path
) -> None:
    budget = weights(new_painter(), SDXL) + 2 * ONE_PICTURE
    options = {"memory_budget": budget, "limits": tmp_path / "limits.json"}
    eight = [asks(SDXL, seed) for seed in range(8)]
    painter = new_painter(**options)

    answers = paint(painter, eight)

    assert batches(answers) == [2] * 8
    assert painter.most_at_once(eight[0]) == 2
    assert new_painter(**options).most_at_once(eight[0]) == 2
    assert new_painter().most_at_once(eight[0]) == 8


def test_the_devices_own_word_halves_a_batch_too(new_painter: NewPainter, asks: Make) -> None:
    import torch

    def full() -> None:
        if len(watches[0].told) == 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    watches = [Watching(), Watching(on_step=lambda: None)]
    watches[0].on_step = full
    painter = new_painter()

    answers = painter.paint([asks(SDXL, seed) for seed in range(2)], watches)

    assert codes(answers) == ["painted"] * 2
    assert painter.most_at_once(asks(SDXL)) == 1


def test_a_picture_that_does_not_fit_alone_says_so(new_painter: NewPainter, asks: Make) -> None:
    budget = weights(new_painter(), SDXL) + ONE_PICTURE // 2

    answers = paint(new_painter(memory_budget=budget), [asks(SDXL, seed) for seed in range(2)])

    for answer in unpainted(answers):
        assert answer.code == "gpu_out_of_memory"
        assert "one picture of 64 x 64 by tiny-sdxl" in answer.message
        assert answer.is_retryable, "somebody else may have held the memory"
        assert not answer.is_down


def test_a_model_above_the_budget_says_so_and_others_still_paint(
    new_painter: NewPainter, asks: Make
) -> None:
    small, large = sorted((weights(new_painter(), name), name) for name in (SDXL, KLEIN))
    painter = new_painter(memory_budget=large[0] - 1)

    (answer,) = unpainted(paint(painter, [asks(large[1])]))

    assert (answer.code, answer.is_down) == ("gpu_out_of_memory", True)
    assert f"to load the model {large[1]}" in answer.message
    assert painter.preload([small[1]]) == {}


def test_the_devices_own_word_lets_other_models_go_for_one_that_is_loaded(
    new_painter: NewPainter, asks: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    painter = new_painter()
    assert painter.preload([KLEIN]) == {}
    load = painter._pool._open

    def full(model: Any) -> Any:
        if painter.status().loaded:
            raise torch.AcceleratorError("CUDA error: out of memory")
        return load(model)

    monkeypatch.setattr(painter._pool, "_open", full)

    assert codes(paint(painter, [asks(SDXL)])) == ["painted"]
    assert painter.status().loaded == (SDXL,)


# -- a broken picture, a lost device


def test_one_picture_that_fails_leaves_its_neighbours(new_painter: NewPainter, asks: Make) -> None:
    painter = new_painter()
    good, bad, other = asks(SDXL, 1), asks(SDXL, 2, image=None), asks(SDXL, 3)

    answers = paint(painter, [good, bad, other])

    assert codes(answers) == ["painted", "internal_error", "painted"]
    assert isinstance(answers[0], Painted)
    assert np.array_equal(answers[0].rgb, pixels(paint(painter, [good]))[0])


def test_one_picture_that_is_no_number_leaves_its_neighbours(
    new_painter: NewPainter, asks: Make
) -> None:
    import torch

    painter = new_painter(switches=["embedding_cache"])
    two = [asks(KLEIN, 1), asks(KLEIN, 2, prompt="poison")]
    paint(painter, two)
    encoder = f"tests/tiny@{REVISION}/fp32"
    words = painter.embeddings.get(encoder, "poison", 64, lambda text: pytest.fail("not kept"))
    words["prompt_embeds"].fill_(torch.nan)

    assert codes(paint(painter, two)) == ["painted", "internal_error"]


def test_a_lost_device_ends_the_go(new_painter: NewPainter, asks: Make) -> None:
    import torch

    from generation.inference.engines.diffusion.painting.faults import DeviceLost

    def lost() -> None:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure")

    with pytest.raises(DeviceLost):
        new_painter().paint([asks(SDXL)], [Watching(on_step=lost)])


# -- canceled


def test_one_canceled_picture_is_dropped(new_painter: NewPainter, asks: Make) -> None:
    watches = [Watching(), Watching(until=1), Watching(until=0)]

    answers = new_painter().paint([asks(SDXL, seed) for seed in range(3)], watches)

    assert codes(answers) == ["painted", "canceled", "canceled"]
    assert [len(watch.told) for watch in watches] == [2, 1, 0]


@pytest.mark.parametrize("model", [SDXL, KLEIN, Z_IMAGE])
def test_steps_end_once_nobody_waits(model: str, new_painter: NewPainter, asks: Make) -> None:
    entry = new_painter()._registry.model(model).model_copy(update={"steps": 6})
    watches = [Watching(until=2), Watching(until=1)]

    answers = new_painter(entry).paint([asks(model, seed) for seed in range(2)], watches)

    assert codes(answers) == ["canceled"] * 2
    assert [len(watch.told) for watch in watches] == [2, 1]


# -- files


def test_a_model_that_is_not_there_says_how_to_get_it(
    new_painter: NewPainter, asks: Make, tmp_path: Path
) -> None:
    (answer,) = paint(new_painter(folder=tmp_path), [asks(SDXL)])

    assert isinstance(answer, Unpainted)
    assert answer.code == "model_unavailable"
    assert "manage.py fetch_model tiny-sdxl" in answer.message


def test_weights_of_another_network_say_so_and_the_painter_lives(
    new_painter: NewPainter, asks: Make, tiny_models: Path, tmp_path: Path
) -> None:
    from shutil import copytree

    from tests.diffusion.models import KLEIN as ENTRY, note

    copytree(tiny_models, tmp_path, dirs_exist_ok=True)
    folder = folder_of(KLEIN, tmp_path)
    weights_of = folder_of(SDXL, tmp_path) / "vae" / "diffusion_pytorch_model.safetensors"
    target = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    target.write_bytes(weights_of.read_bytes())
    note(tmp_path, ENTRY)
    painter = new_painter(folder=tmp_path)

    assert codes(paint(painter, [asks(KLEIN)])) == ["model_unavailable"]
    assert codes(paint(painter, [asks(SDXL)])) == ["painted"]


def test_a_task_that_a_model_lacks_says_so(new_painter: NewPainter, asks: Make) -> None:
    answers = paint(new_painter(), [asks(SDXL, 0, "edit", references=(picture(1),))])

    assert codes(answers) == ["model_unavailable"]


def test_a_strange_model_is_unavailable(new_painter: NewPainter, asks: Make) -> None:
    with pytest.raises(EngineUnavailable):
        new_painter().key(asks("nobody"))
    assert codes(paint(new_painter(), [asks("nobody")])) == ["model_unavailable"]


def test_what_the_device_says_is_told_apart() -> None:
    import torch

    from generation.inference.engines.diffusion.painting.faults import Fault, fault_of

    assert fault_of(torch.cuda.OutOfMemoryError("CUDA out of memory.")) is Fault.MEMORY
    assert fault_of(torch.AcceleratorError("CUDA error: out of memory")) is Fault.MEMORY
    assert fault_of(RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling")) is Fault.MEMORY
    assert fault_of(torch.AcceleratorError("CUDA error: device-side assert")) is Fault.DEVICE
    for lost in (
        "cuDNN: CUDNN_STATUS_EXECUTION_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "CUBLAS_STATUS_NOT_INITIALIZED",
        "CUDA driver error: unknown error",
    ):
        assert fault_of(RuntimeError(lost)) is Fault.DEVICE, lost
    assert fault_of(RuntimeError("CUDA driver error: out of memory")) is Fault.MEMORY
    assert fault_of(RuntimeError("shapes do not match")) is Fault.PICTURE
    assert fault_of(ValueError("CUDA error")) is Fault.PICTURE


@pytest.mark.parametrize("model", [SDXL, KLEIN, Z_IMAGE])
def test_a_warm_up_goes_through_every_size(model: str, new_painter: NewPainter) -> None:
    painter = new_painter(switches=["embedding_cache"])

    assert painter.warm_up(model) == 2  # 64 x 64: alone, and eight together
    assert painter.status().loaded == (model,)
    assert painter.embeddings.misses == 1
