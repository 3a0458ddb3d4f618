"""Asks of a painter, with real pictures, and somebody who waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from generation.inference.engines.diffusion.ask import Answer, Ask, Painted, Painter, Unpainted
from generation.types import Pixels


class Waiter:
    """Notes the steps; cancels when told to, or once so many steps were told."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.is_over = False

    def step(self, done: int, of: int) -> None:
        self.steps.append((done, of))

    def cancel_when(self, condition: Callable[[], object]) -> None:
        """Want nothing any more as soon as ``condition`` holds."""
        when(condition, lambda: setattr(self, "is_over", True))

    def is_canceled(self) -> bool:
        return self.is_over


def when(condition: Callable[[], object], act: Callable[[], object]) -> None:
    """Do ``act`` once, in a thread, as soon as ``condition`` holds."""

    def watch() -> None:
        while not condition():
            time.sleep(0.01)
        act()

    threading.Thread(target=watch, daemon=True).start()


def picture(width: int = 320, height: int = 256, shade: int = 0) -> Pixels:
    """A gradient, so that scaling and cutting can be seen; ``shade`` makes another one."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)
    rgb[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    rgb[..., 2] = shade
    return rgb


def left_half(width: int = 320, height: int = 256) -> Pixels:
    """A mask that has the left half painted."""
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 2] = 255
    return mask


INPAINT = Ask(
    model="klein-4b", task="inpaint", prompt="On a marble table", negative_prompt="people", seed=7,
    width=320, height=256, image=picture(), mask=left_half(),
)  # fmt: skip
EDIT = Ask(
    model="klein-4b", task="edit", prompt="Make it evening", negative_prompt="", seed=7,
    width=320, height=256, references=(picture(),),
)  # fmt: skip


def paint_one(painter: Painter, ask: Ask, waiter: Waiter | None = None) -> Answer:
    return painter.paint([ask], [waiter or Waiter()])[0]


def painted(painter: Painter, ask: Ask = INPAINT, **changed: Any) -> Painted:
    answer = paint_one(painter, replace(ask, **changed))
    assert isinstance(answer, Painted), answer
    return answer


def unpainted(painter: Painter, ask: Ask = INPAINT, **changed: Any) -> Unpainted:
    answer = paint_one(painter, replace(ask, **changed))
    assert isinstance(answer, Unpainted)
    return answer
