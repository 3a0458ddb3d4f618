"""A registry of tiny models for tests, of the shape that painters read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generation.inference.engine import EngineUnavailable
from tests.diffusion import tiny

REVISION = "0" * 40


@dataclass(frozen=True)
class TinyLicence:
    """A licence's name."""

    name: str = "test"


@dataclass(frozen=True)
class TinyLora:
    """A LoRA file below ``lora``."""

    hub: str = "tests/lora"
    revision: str = REVISION
    files: tuple[str, ...] = ("lora.safetensors",)
    scale: float = 1.0


@dataclass(frozen=True)
class TinyModel:
    """One model; the defaults are those of few-step models without guidance."""

    name: str
    family: str
    hub: str = "tests/tiny"
    revision: str = REVISION
    variant: str | None = None
    licences: tuple[TinyLicence, ...] = (TinyLicence(),)
    dtype: str = "fp32"
    memory: Mapping[str, int] = field(default_factory=dict)
    steps: int = 2
    guidance: float = 1.0
    scheduler: str = "own"
    text_pad: int = 64
    lora: TinyLora | None = None
    vae: str = ""
    batch: int = 8

    @property
    def is_guided(self) -> bool:
        """Whether each step takes two passes."""
        return self.guidance > 1

    def most_at_once(self, width: int, height: int) -> int:
        """How many pictures fit one go."""
        return self.batch


class TinyRegistry:
    """Models by name."""

    def __init__(self, *models: TinyModel) -> None:
        self.models = {model.name: model for model in models}

    def get(self, name: str) -> TinyModel:
        """Give a model; EngineUnavailable for a strange name."""
        if name not in self.models:
            raise EngineUnavailable(f"There is no model {name}.")
        return self.models[name]


SDXL = TinyModel("tiny-sdxl", "sdxl_inpaint", scheduler="euler_trailing", text_pad=77)
KLEIN = TinyModel("tiny-klein", "klein")
Z_IMAGE = TinyModel("tiny-z-image", "z_image", text_pad=128)
MODELS = (SDXL, KLEIN, Z_IMAGE)


def write(folder: Path, *models: TinyModel) -> None:
    """Save tiny weights for models, a folder each, as fetching would leave them."""
    for model in models:
        tiny.write(model.family, folder / model.name, hub_id=model.hub, revision=model.revision)
