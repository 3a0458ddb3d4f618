"""A painter in a process of its own on this machine, started by us and started again when it dies.

Only that process loads models and touches the GPU: a worker that is forked may not, and one that
lives through a lost GPU can say so.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from .ask import Answer, Ask, Unpainted, Watch
from .doubling import doubled
from .painter_process import Died, PainterProcess, Silent, UnusableHere
from .troubles import ModelTroubles
from .wire import Standing

log = structlog.get_logger(__name__)

LONGEST_START = 300.0  # importing the libraries takes up to 20 seconds, a preload its time
LONGEST_SILENCE = 300.0  # a model of 58 GB is read from a disk in less
LONGEST_BACK_OFF = 60.0
# So many goes in a row that ended a process: no picture's fault, unless it was the same one again.
IN_TROUBLE = 2
TROUBLE = (
    "The painter stops again and again. Ask the operator to look at the log of the GPU worker."
)
MOST_AT_ONCE = 8  # the largest bucket; the process takes what fits and says so


def alike(ask: Ask) -> str:
    """What asks have in common that may share a go: all but what is each picture's own."""
    sizes = [reference.shape[:2] for reference in ask.references]
    has_mask = ask.mask is not None
    return f"{ask.model} {ask.task} {ask.width}x{ask.height} x{ask.factor} {has_mask} {sizes}"


class LocalPainter:
    """Paints by a child process, which ``command`` starts; one go at a time.

    ``key`` says what may go together. When the child dies or hangs, the asks in hand are answered
    as retryable, and the next go starts it anew, later each time. A picture that ends a second
    child by itself is to blame for it, and nobody else waits. ``obstacle`` is why no child can
    paint on this machine, as far as is known; empty where one can. ``troubles`` has the models that
    it could not load; ``memory`` is its device's in bytes, once it has said so.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        key: Callable[[Ask], str] = alike,
        longest_start: float = LONGEST_START,
        longest_silence: float = LONGEST_SILENCE,
    ) -> None:
        self._command = list(command)
        self._environment = {**os.environ, **(environment or {})}
        self._key = key
        self._longest_start, self._longest_silence = longest_start, longest_silence
        self._child: PainterProcess | None = None
        self._most: dict[str, int] = {}
        self._failures = 0
        self._suspects: set[str] = set()  # what was in hand when the last process ended
        self._is_in_go = False
        self._mourned: PainterProcess | None = None  # whose end is noted
        self._not_before = 0.0
        self.obstacle = ""
        self.troubles = ModelTroubles()
        self.memory = 0
        self._starting = threading.Lock()
        self._closed = threading.Event()

    def key(self, ask: Ask) -> str:
        """As it was told; without asking the child."""
        return self._key(ask)

    def most_at_once(self, ask: Ask) -> int:
        """What the child said after its last go of this key."""
        return self._most.get(self.key(ask), MOST_AT_ONCE)

    def paint(self, asks: Sequence[Ask], watches: Sequence[Watch]) -> list[Answer]:
        """Have the child paint them. Whatever becomes of it is an answer."""
        if trouble := self.troubles.answer(asks[0].model):
            return [trouble] * len(asks)
        has_begun, self._is_in_go = False, True
        try:
            child = self._ready_child()
            has_begun = True
            answers, most = child.paint(asks, watches, longest_silence=self._longest_silence)
        except (Died, Silent, UnusableHere) as fault:
            in_hand = {_suspect(ask) for ask in asks} if has_begun else set[str]()
            is_guilty = len(in_hand) == len(asks) == 1 and in_hand <= self._suspects
            self._suspects = in_hand
            self._note_failure(fault, is_guilty=is_guilty)
            is_down = not is_guilty and (not in_hand or self._failures >= IN_TROUBLE)
            return [_unpainted(fault, is_down=is_down, is_suspect=bool(in_hand)) for _ in asks]
        finally:
            self._is_in_go = False
        self._failures, self._suspects, self.obstacle = 0, set(), ""
        self._most[self.key(asks[0])] = most
        self.troubles.note(asks[0].model, answers)
        return answers

    def standing(self) -> Standing | None:
        """How the child stands; starts it where none lives. None while it cannot say."""
        if time.monotonic() < self._not_before or self._closed.is_set():
            return None
        if self._has_ended_unnoted():
            return None
        standing = self._living_child().standing(longest_silence=self._longest_silence)
        if standing is not None:
            self.obstacle, self.memory = "", standing.total
        elif not self._closed.is_set():
            self._has_ended_unnoted()
        return standing

    def close(self) -> None:
        """Let the child end, or end it."""
        self._closed.set()
        with self._starting:
            if self._child is not None:
                self._child.stop()

    def _ready_child(self) -> PainterProcess:
        self._closed.wait(max(self._not_before - time.monotonic(), 0.0))
        if self._closed.is_set():
            raise Died("The painter is being closed.")
        child = self._living_child()
        child.wait_until_ready(self._longest_start)
        return child

    def _living_child(self) -> PainterProcess:
        with self._starting:
            if self._child is None or self._child.has_ended:
                self._child = PainterProcess(self._command, self._environment)
            return self._child

    def _has_ended_unnoted(self) -> bool:
        """Whether the child has ended and nobody has said so; noted, unless a go will do that."""
        child = self._child
        if child is None or child is self._mourned or not (child.has_ended or child.unusable):
            return False
        if not self._is_in_go:
            idle = Died("It ended while nothing was painted.")
            self._note_failure(UnusableHere(child.unusable) if child.unusable else idle)
        return True

    def _note_failure(self, fault: Exception, *, is_guilty: bool = False) -> None:
        """``is_guilty``: one picture alone has done it again, so the painter is not to blame."""
        self._failures = 1 if is_guilty else self._failures + 1
        self._mourned = self._child
        if isinstance(fault, UnusableHere):
            self.obstacle = str(fault)
        elif self._failures >= IN_TROUBLE:
            self.obstacle = TROUBLE
        back_off = doubled(1.0, self._failures - 1, LONGEST_BACK_OFF)
        self._not_before = time.monotonic() + back_off
        log.error("the painter failed and is started again", fault=str(fault), after=back_off)


def _suspect(ask: Ask) -> str:
    """Tell a picture from any other: a catalog's share their words and their seed."""
    digest = hashlib.sha256(repr((ask.model, ask.task, ask.prompt, ask.seed)).encode())
    for pixels in (ask.image, ask.mask, *ask.references):
        if pixels is not None:
            digest.update(repr(pixels.shape).encode() + pixels.tobytes())
    return digest.hexdigest()


def _unpainted(
    fault: Died | Silent | UnusableHere, *, is_down: bool, is_suspect: bool
) -> Unpainted:
    return Unpainted(
        "model_timeout" if isinstance(fault, Silent) else "model_unavailable",
        str(fault),
        is_retryable=True,
        is_down=is_down,
        is_suspect=is_suspect,
    )
