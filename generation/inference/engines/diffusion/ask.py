"""What a painter is asked for and what it answers: plain arrays and words, no torch, no Django.

A painter is a process on this machine's GPU, or a serving system elsewhere; it knows nothing of
products, presets or rows. `kinds` makes the asks and turns the answers into pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from generation.types import Pixels

Task = Literal["inpaint", "edit", "upscale"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One picture asked of one model.

    ``model`` is a name of the registry. ``width`` and ``height`` are one of its size buckets in
    pixels (an upscaler's: those of ``image``). ``image`` is uint8 H x W x 3 sRGB, what is painted
    on or enlarged; ``mask`` is uint8 H x W, 255 where the model paints. ``references`` are uint8
    h x w x 3 sRGB pictures that it looks at, in the order in which the prompt names them.
    """

    model: str
    task: Task
    prompt: str
    negative_prompt: str
    seed: int
    width: int
    height: int
    image: Pixels | None = None
    mask: Pixels | None = None
    references: tuple[Pixels, ...] = ()
    factor: int = 1


@dataclass(frozen=True, slots=True)
class Painted:
    """A painter's picture, uint8 H x W x 3 sRGB, and its facts for the manifest (plain JSON)."""

    rgb: Pixels
    facts: dict[str, object]


@dataclass(frozen=True, slots=True)
class Unpainted:
    """Why there is no picture: a code of the API and a sentence; its neighbours go on.

    ``is_down``: the painter is at fault and would have failed whatever it was asked; the ask waits
    for it, or for another one, longer than where another try may help (``is_retryable``).
    ``after``: it asked to be left alone for so many seconds. ``is_suspect``: the painter ended with
    this in its hands, so it may be what ended it.
    """

    code: Literal[
        "model_unavailable",
        "model_timeout",
        "gpu_out_of_memory",
        "content_policy",
        "canceled",
        "internal_error",
    ]
    message: str
    is_retryable: bool = False
    is_down: bool = False
    after: float | None = None
    is_suspect: bool = False


class Watch(Protocol):
    """Whoever waits for a picture: told of its progress, and asked whether it is still wanted."""

    def step(self, done: int, of: int) -> None:
        """So many of the steps are done."""

    def is_canceled(self) -> bool:
        """Whether nobody wants the picture any more; asked between steps."""


Answer = Painted | Unpainted


class Painter(Protocol):
    """Paints several asks in one go; all share one ``key``. One answer for each, in their order.

    Never raises for one ask's fault. ``EngineUnavailable`` where no model can be reached at all.
    """

    def key(self, ask: Ask) -> str:
        """Asks of equal keys may share forward passes; also part of the cache key."""

    def most_at_once(self, ask: Ask) -> int:
        """How many such asks fit one go, as known now."""

    def paint(self, asks: Sequence[Ask], watches: Sequence[Watch]) -> list[Answer]:
        """Paint them."""

    def close(self) -> None:
        """Let models and processes go."""
