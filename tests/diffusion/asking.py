"""Asks and watches for tests of painters: plain arrays, no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from generation.inference.engines.diffusion.ask import Answer, Ask, Painted, Task, Unpainted
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


def painted(answers: list[Answer]) -> list[Painted]:
    """Answers that are all pictures."""
    pictures = [answer for answer in answers if isinstance(answer, Painted)]
    assert len(pictures) == len(answers), answers
    return pictures


def unpainted(answers: list[Answer]) -> list[Unpainted]:
    """Answers of which none is a picture."""
    reasons = [answer for answer in answers if isinstance(answer, Unpainted)]
    assert len(reasons) == len(answers), answers
    return reasons


def pixels(answers: list[Answer]) -> list[Pixels]:
    """The pictures of answers that are all pictures."""
    return [answer.rgb for answer in painted(answers)]


def batches(answers: list[Answer]) -> list[object]:
    """The filled batch sizes that pictures were in."""
    return [answer.facts["batch"] for answer in painted(answers)]
