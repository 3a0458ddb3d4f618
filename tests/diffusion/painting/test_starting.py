"""What a painter's process says before it can paint."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.painting import __main__ as process

pytestmark = pytest.mark.torch


def test_a_machine_without_a_gpu_is_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    with pytest.raises(EngineUnavailable, match=r"shows no GPU.*PRODUCTVIZ_GPU_DEVICE=cpu"):
        process.device("auto")
    assert process.device("cpu") == "cpu"


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)

    assert process.device("auto") == "cuda"
    with pytest.raises(EngineUnavailable, match="cuda:1, and this machine shows 1 GPUs"):
        process.device("cuda:1")


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        sys.modules, "generation.inference.engines.diffusion.painting.painter", None
    )

    with pytest.raises(EngineUnavailable, match=r"productviz\[gpu\]"):
        process.make_painter()


@pytest.mark.parametrize(
    ("allowed", "reason"), [(False, "forbids commercial use"), (True, "klein-9b is not there")]
)
def test_what_is_loaded_at_the_start_needs_a_permission_too(
    allowed: bool,
    reason: str,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.GPU_DEVICE, settings.MODEL_DIR, settings.DATA_DIR = "cpu", tmp_path, tmp_path
    settings.GPU_PRELOAD = ["klein-9b"]
    settings.ALLOW_NONCOMMERCIAL_MODELS = allowed

    process.make_painter().close()

    assert reason in capsys.readouterr().err
