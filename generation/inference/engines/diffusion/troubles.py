"""The models that could not be loaded on this machine lately: why, and when each is tried again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from .ask import Answer, Painted, Unpainted
from .doubling import doubled

log = structlog.get_logger(__name__)

FIRST_SECONDS, LONGEST_SECONDS = 10.0, 300.0


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Of one model: what it answered, how often with no picture between, and until when."""

    answer: Unpainted
    count: int
    until: float


class ModelTroubles:
    """Fed with a painter's answers by one thread; any may ask.

    A load takes up to minutes and mostly fails again for the same reason, so each trouble after the
    first, with nothing painted between, lasts twice as long.
    """

    def __init__(self) -> None:
        self._of: dict[str, _Trouble] = {}

    def reasons(self) -> dict[str, str]:
        """By name: why a model is not tried now."""
        return {name: answer.message for name in list(self._of) if (answer := self.answer(name))}

    def answer(self, model: str) -> Unpainted | None:
        """What is answered instead of a try; None where the model may be tried."""
        one = self._of.get(model)
        return one.answer if one is not None and time.monotonic() < one.until else None

    def note(self, model: str, answers: Sequence[Answer]) -> None:
        """Take what a model answered that was tried."""
        if any(isinstance(answer, Painted) for answer in answers):
            self._of.pop(model, None)
        for answer in answers:
            if isinstance(answer, Unpainted) and answer.is_down:
                self._begin(model, answer)
                return

    def _begin(self, model: str, answer: Unpainted) -> None:
        count = self._of[model].count + 1 if model in self._of else 0
        seconds = doubled(FIRST_SECONDS, count, LONGEST_SECONDS)
        log.error("a model is not tried for a while", model=model, seconds=seconds)
        self._of[model] = _Trouble(answer, count, time.monotonic() + seconds)
