"""A painter without a model: a picture's colour says what was asked for; its goes are noted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from generation.inference.engines.diffusion.ask import Answer, Ask, Painted, Unpainted, Watch
from generation.inference.engines.diffusion.wire import Standing

SIDE = 8


def ask(seed: int = 0, *, model: str = "tiny", prompt: str = "a table") -> Ask:
    """A small ask; its seed tells it apart."""
    image = np.full((SIDE, SIDE, 3), seed % 256, np.uint8)
    return Ask(model, "inpaint", prompt, "", seed, SIDE, SIDE, image=image)


def colour_of(wanted: Ask) -> int:
    """What a right picture is filled with."""
    return (wanted.seed * 7 + len(wanted.prompt)) % 256


class NumpyPainter:
    """Paints ``most`` at once, in ``steps`` steps of ``seconds`` each.

    ``on_paint`` is called with every go before it begins and may raise or kill.
    """

    def __init__(
        self,
        *,
        most: int = 8,
        steps: int = 2,
        seconds: float = 0.0,
        on_paint: Callable[[Sequence[Ask]], None] = lambda asks: None,
    ) -> None:
        self.most, self.steps, self.seconds, self.on_paint = most, steps, seconds, on_paint
        self.goes: list[list[int]] = []
        self.painting = threading.Lock()
        self.is_closed = False

    def key(self, ask: Ask) -> str:
        """Pictures of one model and size."""
        return f"{ask.model} {ask.width}x{ask.height}"

    def most_at_once(self, ask: Ask) -> int:
        """As it was told."""
        return self.most

    def paint(self, asks: Sequence[Ask], watches: Sequence[Watch]) -> list[Answer]:
        """Fill each picture with its colour, unless it is given up between two steps."""
        assert self.painting.acquire(blocking=False), "two goes at a time"
        try:
            self.goes.append([one.seed for one in asks])
            self.on_paint(asks)
            gone: set[int] = set()
            for step in range(self.steps):
                if len(gone) == len(asks):
                    break
                time.sleep(self.seconds)
                for place, watch in enumerate(watches):
                    if watch.is_canceled():
                        gone.add(place)
                    elif place not in gone:
                        watch.step(step + 1, self.steps)
            return [
                Unpainted("canceled", "Given up.") if place in gone else _picture(one)
                for place, one in enumerate(asks)
            ]
        finally:
            self.painting.release()

    def status(self) -> Standing:
        """Made-up figures."""
        return Standing("numpy", 1_000, 2_000, ("tiny",))

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def _picture(one: Ask) -> Painted:
    rgb = np.full((one.height, one.width, 3), colour_of(one), np.uint8)
    return Painted(rgb, {"model": one.model, "seed": one.seed})
