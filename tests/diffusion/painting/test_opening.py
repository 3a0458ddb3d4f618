"""A model that does not open says so for itself alone, whatever went wrong beneath it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, get_args

import pytest

from generation.inference.engines.diffusion.model import Switch
from tests.diffusion.asking import Make, paint, painted, unpainted
from tests.diffusion.models import KLEIN, SDXL
from tests.diffusion.painting.conftest import NewPainter

pytestmark = pytest.mark.torch


@pytest.fixture
def opening_raises(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that has diffusers raise where it opens SDXL."""
    from generation.inference.engines.diffusion.painting.families import sdxl

    def have(error: Exception) -> None:
        def from_pretrained(*parts: object, **options: object) -> None:
            raise error

        monkeypatch.setattr(sdxl, "BASE", SimpleNamespace(from_pretrained=from_pretrained))

    return have


@pytest.mark.parametrize(
    "error",
    [
        ImportError("Qwen2VLProcessor requires the Torchvision library"),
        AttributeError("module diffusers has no attribute X"),
        TypeError("unexpected keyword argument"),
        OSError("/srv/models/diffusion/tiny-sdxl holds no config.json"),
    ],
)
def test_whatever_a_library_raises_others_are_painted(
    error: Exception, opening_raises: Any, new_painter: NewPainter, asks: Make
) -> None:
    opening_raises(error)
    painter = new_painter()

    (answer,) = unpainted(paint(painter, [asks(SDXL.name)]))

    assert (answer.code, answer.is_down) == ("model_unavailable", True)
    assert "manage.py fetch_model tiny-sdxl" in answer.message
    assert str(error) not in answer.message, "merchants read it"
    assert painted(paint(painter, [asks(KLEIN.name)]))


def test_a_device_that_is_lost_while_a_model_is_opened_ends_the_go(
    opening_raises: Any, new_painter: NewPainter, asks: Make
) -> None:
    from generation.inference.engines.diffusion.painting.faults import DeviceLost

    opening_raises(RuntimeError("CUDA driver error: unknown error"))

    with pytest.raises(DeviceLost):
        paint(new_painter(), [asks(SDXL.name)])


def test_a_switch_that_does_not_exist_is_no_end_of_the_process(
    new_painter: NewPainter, asks: Make
) -> None:
    (answer,) = unpainted(paint(new_painter(switches=["compiel"]), [asks(SDXL.name)]))

    assert answer.code == "model_unavailable"


def test_a_licence_without_commercial_use_is_asked_for_at_a_preload_too(
    new_painter: NewPainter, asks: Make
) -> None:
    closed = SDXL.model_copy(update={"commercial": "no"})

    failed = new_painter(closed).preload([SDXL.name])

    assert "forbids commercial use" in failed[SDXL.name]
    assert new_painter(closed, allow_noncommercial=True).preload([SDXL.name]) == {}


def test_the_registry_knows_every_switch() -> None:
    from generation.inference.engines.diffusion.painting import speed

    assert get_args(Switch) == speed.NAMES
