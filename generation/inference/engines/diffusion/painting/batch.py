"""One filled batch on its way through a model: asks, their words, their noise, their progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from generation.inference.engines.diffusion.ask import Ask, Watch
from generation.inference.engines.diffusion.model import Model
from generation.types import Pixels

Words = dict[str, torch.Tensor]  # what a family's encoders make of one prompt, no batch axis


class Steps:
    """Tells every waiting caller of a batch how far it is; ends it when nobody waits any more."""

    def __init__(self, watches: Sequence[Watch], of: int) -> None:
        self._watches = list(watches)
        self._of = of
        self.canceled = [False] * len(self._watches)

    def __call__(self, pipe: Any, step: int, time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """Be a diffusers ``callback_on_step_end``."""
        self.done(step + 1)
        if self.is_over:
            pipe._interrupt = True
        return {}

    def done(self, steps: int) -> None:
        """Say that so many steps are done, and ask who still waits."""
        for place, watch in enumerate(self._watches):
            self.canceled[place] = self.canceled[place] or watch.is_canceled()
            if not self.canceled[place]:
                watch.step(steps, self._of)

    @property
    def is_over(self) -> bool:
        """Whether every caller has gone."""
        return all(self.canceled)


@dataclass(frozen=True, slots=True)
class Batch:
    """``asks`` fill a batch size; all share one key. ``encode`` gives a prompt's words."""

    model: Model
    asks: Sequence[Ask]
    device: torch.device
    steps: Steps
    encode: Callable[[str], Words]

    @property
    def first(self) -> Ask:
        """The ask whose size and task are all others'."""
        return self.asks[0]

    def generators(self) -> list[torch.Generator]:
        """One source of noise a picture, on the CPU: the same noise on every device."""
        return [torch.Generator("cpu").manual_seed(ask.seed) for ask in self.asks]

    def words(self, *, negative: bool = False) -> Words:
        """The prompts' words, stacked."""
        each = [self.encode(ask.negative_prompt if negative else ask.prompt) for ask in self.asks]
        return {name: torch.stack([words[name] for words in each]) for name in each[0]}

    def images(self) -> torch.Tensor:
        """float32 B x 3 x H x W in 0..1: what is painted on."""
        return self._picture([_given(ask.image, "image") for ask in self.asks])

    def masks(self) -> torch.Tensor:
        """float32 B x 1 x H x W in 0..1: 1 where the model paints."""
        return self._picture([_given(ask.mask, "mask")[..., None] for ask in self.asks])

    def references(self) -> torch.Tensor | None:
        """float32 B x 3 x h x w in 0..1: each picture's own first reference; None without any."""
        if not self.first.references:
            return None
        return self._picture([ask.references[0] for ask in self.asks])

    def _picture(self, arrays: list[Pixels]) -> torch.Tensor:
        stacked = torch.from_numpy(np.stack(arrays)).to(self.device)
        return stacked.permute(0, 3, 1, 2).float() / 255


def _given(picture: Pixels | None, name: str) -> Pixels:
    if picture is None:
        raise ValueError(f"This task needs the ask's {name}.")
    return picture
