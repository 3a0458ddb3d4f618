"""What the registry puts beside a model's own weights: a LoRA, another decoder, a schedule."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from generation.inference.engines.diffusion.files import folder_of
from generation.inference.engines.diffusion.model import Model
from tests.diffusion import models
from tests.diffusion.asking import Make, paint, painted, pixels, unpainted
from tests.diffusion.models import KLEIN, LICENCE, SDXL
from tests.diffusion.painting.conftest import NewPainter

pytestmark = pytest.mark.torch
LAYER = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
FILE = "tiny_lora.safetensors"


def beside(entry: Model, **own: Any) -> Model:
    """The entry with further parts."""
    return Model.model_validate(entry.model_dump() | own)


def source(hub_id: str) -> dict[str, Any]:
    """Where a part comes from."""
    return {"hub_id": hub_id, "files": ["*"], **LICENCE}


@pytest.fixture
def own_models(tiny_models: Path, tmp_path: Path) -> Path:
    """The tiny models, to add files to."""
    copytree(tiny_models, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_lora_is_fused_with_its_strength(
    own_models: Path, new_painter: NewPainter, asks: Make
) -> None:
    import torch
    from safetensors.torch import save_file

    entry = beside(SDXL, beside={"lora": source("tests/lora")}, lora=f"lora/{FILE}", lora_scale=0.5)
    folder = folder_of(SDXL.name, own_models) / "lora"
    folder.mkdir()
    down, up = torch.randn(2, 32), torch.randn(32, 2)
    names = (f"unet.{LAYER}.lora_A.weight", f"unet.{LAYER}.lora_B.weight")
    save_file(dict(zip(names, (down, up), strict=True)), folder / FILE)
    models.note(own_models, entry)

    plain, painter = new_painter(), new_painter(entry, folder=own_models)
    (answer,) = painted(paint(painter, [asks(SDXL.name)]))

    before, after = (
        one._pool.get(model).pipes["inpaint"].unet.get_submodule(LAYER).weight
        for one, model in ((plain, SDXL), (painter, entry))
    )
    torch.testing.assert_close(after, before + 0.5 * up @ down)
    assert answer.facts["lora"] == f"lora/{FILE} 0.5"


def test_a_small_decoder_takes_the_place_of_the_own_one(
    own_models: Path, new_painter: NewPainter, asks: Make
) -> None:
    import diffusers
    import torch

    torch.manual_seed(1)
    sizes = {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (8,) * 4}
    diffusers.AutoencoderTiny(**sizes).save_pretrained(
        folder_of(SDXL.name, own_models) / "vae_tiny"
    )
    entry = beside(SDXL, beside={"vae_tiny": source("tests/vae")}, vae="tiny")
    models.note(own_models, entry)
    painter = new_painter(entry, folder=own_models)
    two = [asks(SDXL.name, seed) for seed in range(2)]

    own, small = (pixels(paint(one, two)) for one in (new_painter(), painter))
    again = pixels(paint(painter, [two[1], two[0]]))

    pipe = painter._pool.get(entry).pipes["inpaint"]
    assert type(pipe.vae).__name__ == "AutoencoderTiny"
    assert not np.array_equal(own[0], small[0])
    assert np.array_equal(small[0], again[1])


def test_a_part_that_is_no_decoder_is_refused(
    own_models: Path, new_painter: NewPainter, asks: Make, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folder_of(KLEIN.name, own_models)
    copytree(folder / "transformer", folder / "vae_odd")
    entry = beside(KLEIN, beside={"vae_odd": source("tests/odd")}, vae="odd")
    models.note(own_models, entry)

    (answer,) = unpainted(paint(new_painter(entry, folder=own_models), [asks(KLEIN.name)]))

    assert answer.code == "model_unavailable"
    assert "which is no decoder" in caplog.text


def test_few_step_weights_get_the_schedule_that_they_were_made_for(
    new_painter: NewPainter,
) -> None:
    painter = new_painter()

    scheduler = painter._pool.get(SDXL).pipes["inpaint"].scheduler

    assert type(scheduler).__name__ == "EulerDiscreteScheduler"
    assert scheduler.config.timestep_spacing == "trailing"
