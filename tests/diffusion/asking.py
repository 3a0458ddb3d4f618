"""Asks and watches for tests of painters: plain arrays, no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from generation.inference.engines.diffusion.ask import Answer, Ask, Painted, Task
from generation.types import Pixels


def picture(seed: int, width: int = 64, height: int = 64) -> Pixels:
    """Noise, uint8 height x width x 3."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3))
    return cast("Pixels", noise.astype(np.uint8))


class Make:
    """Makes asks of 64 x 64 pixels; the left half is to be painted."""

    def __call__(self, model: str, seed: int = 0, task: Task = "inpaint", **own: Any) -> Ask:
        mask = np.zeros((64, 64), np.uint8)
        mask[:, :32] = 255
        given: dict[str, Any] = {
            "prompt": f"a bottle on stone number {seed}",
            "negative_prompt": "",
            "width": 64,
            "height": 64,
            "image": picture(seed),
            "mask": mask if task == "inpaint" else None,
        }
        return Ask(model=model, task=task, seed=seed, **(given | own))


@dataclass
class Watching:
    """Notes the steps that it is told of; says canceled once ``until`` steps are done."""

    until: int | None = None
    told: list[tuple[int, int]] = field(default_factory=list)
    on_step: Callable[[], None] = lambda: None

    def step(self, done: int, of: int) -> None:
        """Note progress."""
        self.told.append((done, of))
        self.on_step()

    def is_canceled(self) -> bool:
        """Whether enough was seen."""
        return self.until is not None and len(self.told) >= self.until


def paint(painter: Any, asks: list[Ask]) -> list[Answer]:
    """Paint asks that nobody cancels."""
    answers: list[Answer] = painter.paint(asks, [Watching() for _ in asks])
    return answers


def pixels(answers: list[Answer]) -> list[Pixels]:
    """The pictures of answers that are all pictures."""
    assert all(isinstance(answer, Painted) for answer in answers), answers
    return [answer.rgb for answer in answers if isinstance(answer, Painted)]
