"""Enlarging by a network: real code, tiny weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from generation.inference.engines.diffusion.ask import Ask
from generation.inference.engines.diffusion.files import folder_of
from tests.diffusion import models
from tests.diffusion.asking import Watching, paint, painted, picture, pixels, unpainted
from tests.diffusion.painting.conftest import NewPainter

pytestmark = pytest.mark.torch
NAME = "tiny-upscaler"
ENTRY = models.model(NAME, "upscaler", steps=1)


def write(folder: Path, scale: int) -> None:
    """Save a network of one block."""
    import torch
    from safetensors.torch import save_file

    from generation.inference.engines.diffusion.painting.upscaling.network import Upscaler

    torch.manual_seed(0)
    network = Upscaler(scale=scale, features=8, blocks=1, growth=4)
    torch.nn.init.constant_(network.conv_last.bias, 0.5)  # grey, not a black that hides all else
    at = folder_of(NAME, folder)
    at.mkdir(parents=True)
    save_file(network.state_dict(), at / "tiny.safetensors")
    models.note(folder, ENTRY)


def ask(factor: int, width: int = 40, height: int = 26) -> Ask:
    """An ask to enlarge noise."""
    return Ask(NAME, "upscale", "", "", 0, width, height, picture(1, width, height), factor=factor)


@pytest.mark.parametrize(("scale", "factor"), [(4, 4), (4, 2), (4, 3), (2, 2), (2, 4), (2, 3)])
def test_any_factor_gives_its_size(
    scale: int, factor: int, new_painter: NewPainter, tmp_path: Path
) -> None:
    write(tmp_path, scale)

    (large,) = pixels(paint(new_painter(ENTRY, folder=tmp_path), [ask(factor)]))

    assert large.shape == (26 * factor, 40 * factor, 3)
    assert large.dtype == np.uint8
    assert large.std() > 0


@pytest.mark.parametrize("scale", [2, 4])
def test_tiles_leave_no_seam(scale: int) -> None:
    import torch

    from generation.inference.engines.diffusion.painting.upscaling.network import Upscaler
    from generation.inference.engines.diffusion.painting.upscaling.tiles import enlarge

    torch.manual_seed(0)
    network = Upscaler(scale=scale, features=8, blocks=1, growth=4)
    given = torch.rand(1, 3, 70, 90)
    with torch.no_grad():
        # Fifteen convolutions of 3 x 3 in the block and five around it see 20 pixels (folded: 40).
        whole = network(torch.nn.functional.pad(given, (48,) * 4, mode="replicate"))
        tiled = enlarge(network, given, scale=scale, tick=lambda done, of: True, tile=32, margin=48)

    edge = 48 * scale
    torch.testing.assert_close(tiled, whole[..., edge:-edge, edge:-edge], atol=1e-5, rtol=1e-5)


def test_progress_is_told_by_the_tile_and_a_cancel_ends_it(
    new_painter: NewPainter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.inference.engines.diffusion.painting.upscaling import enlarging

    monkeypatch.setattr(enlarging, "TILE", 32)
    write(tmp_path, 4)
    painter = new_painter(ENTRY, folder=tmp_path)
    patient, hasty = Watching(), Watching(until=1)

    answers = painter.paint([ask(4, 60, 50), ask(4, 60, 50)], [patient, hasty])

    assert patient.told == [(done, 4) for done in range(1, 5)]
    assert hasty.told == [(1, 4)]
    assert painted(answers[:1])
    assert unpainted(answers[1:])[0].code == "canceled"


def test_pictures_beside_change_no_bit(new_painter: NewPainter, tmp_path: Path) -> None:
    write(tmp_path, 4)
    painter = new_painter(ENTRY, folder=tmp_path)

    alone = pixels(paint(painter, [ask(2)]))
    beside = pixels(paint(painter, [ask(2), ask(2)]))

    assert np.array_equal(alone[0], beside[1])


def test_no_network_is_no_picture(new_painter: NewPainter, tmp_path: Path) -> None:
    (answer,) = unpainted(paint(new_painter(ENTRY, folder=tmp_path), [ask(2)]))

    assert answer.code == "model_unavailable"


def test_memory_is_reckoned_for_a_tile_and_the_result_not_for_the_photograph(
    new_painter: NewPainter, tmp_path: Path
) -> None:
    write(tmp_path, 4)
    large, result = ask(2, 384, 300), 3 * (4 + 8) * 384 * 300 * 16
    free = new_painter(ENTRY, folder=tmp_path)
    assert free.preload([NAME]) == {}
    tile = 3 * 8 * 4 * (448 * 4) ** 2
    room = free.status().used + result + tile
    assert room < 1000 * 4 * 384 * 300

    fits, full = (
        new_painter(ENTRY, folder=tmp_path, memory_budget=budget) for budget in (room, room - 1)
    )

    assert pixels(paint(fits, [large]))[0].shape == (600, 768, 3)
    assert unpainted(paint(full, [large]))[0].code == "gpu_out_of_memory"
