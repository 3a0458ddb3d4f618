"""Where pictures that are made one by one meet, so that a model paints several in one go.

Many threads each ask for one; one thread of ours gives the painter what may go together. Nothing
is known here of models, processes or rows.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import structlog

from productviz.lib.favour import Favour

from .ask import Answer, Ask, Painter, Unpainted, Watch

log = structlog.get_logger(__name__)

WITHDRAW_SECONDS = 0.25  # how soon one that waits for its turn notices that it was given up
CANCELED = Unpainted("canceled", "The picture was given up before it was painted.")
CLOSED = Unpainted(
    "model_unavailable",
    "The painter is being closed; another one goes on.",
    is_retryable=True,
    is_down=True,
)


@dataclass(slots=True, eq=False)
class _Place:
    """One ask in the room, from its arrival to its answer (or to what the painter raised)."""

    ask: Ask
    key: str
    watch: Watch
    arrived: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)
    answer: Answer = CLOSED
    error: Exception | None = None

    def end(self, answer: Answer) -> None:
        self.answer = answer
        self.ended.set()

    def fail(self, error: Exception) -> None:
        self.error = error
        self.ended.set()


class Gathering:
    """A room in front of one painter, which paints one go at a time.

    Asks of one key that arrive within ``most_wait`` seconds go together, up to what the painter
    takes at once. The oldest goes first, but a key that was just painted has a bounded favour: its
    model is loaded.
    """

    def __init__(self, painter: Painter, most_wait: float = 0.08) -> None:
        self.painter = painter
        self._most_wait = most_wait
        self._waiting: list[_Place] = []
        self._changed = threading.Condition()
        self._favour = Favour()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def paint_one(self, ask: Ask, watch: Watch) -> Answer:
        """Wait for one picture; raises what the painter raised over the go that it was part of."""
        place = _Place(ask, self.painter.key(ask), watch)
        self._arrive(place)
        while not place.ended.wait(WITHDRAW_SECONDS):
            if watch.is_canceled() and self._withdraw(place):
                return CANCELED
        if place.error is not None:
            raise place.error
        return place.answer

    def close(self) -> None:
        """Answer whoever still waits, let a go in hand end, and close the painter."""
        with self._changed:
            self._is_closed = True
            left, self._waiting = self._waiting, []
            self._changed.notify_all()
        for place in left:
            place.end(CLOSED)
        if self._thread is not None:
            self._thread.join()
        self.painter.close()

    def _arrive(self, place: _Place) -> None:
        with self._changed:
            if self._is_closed:
                place.end(CLOSED)
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gathering", daemon=True)
                self._thread.start()
            self._waiting.append(place)
            self._changed.notify_all()

    def _withdraw(self, place: _Place) -> bool:
        """Whether it was still waiting for its turn, and now is not any more."""
        with self._changed:
            if place not in self._waiting:
                return False
            self._waiting.remove(place)
            return True

    def _run(self) -> None:
        while (go := self._next_go()) is not None:
            if go:
                self._paint(go)

    def _next_go(self) -> list[_Place] | None:
        """Those who go together next, once they are enough or the first has waited long enough.

        None at the end; empty where all of them were given up meanwhile.
        """
        with self._changed:
            while not self._waiting:
                if self._is_closed:
                    return None
                self._changed.wait()
            key = self._favour.choose([place.key for place in self._waiting])
            alike = self._fill(key)
            for place in alike:
                self._waiting.remove(place)
        wanted = [place for place in alike if not _is_given_up(place)]
        self._favour.note(key, len(wanted))
        return wanted

    def _fill(self, key: str) -> list[_Place]:
        """The first of a key, as many as fit; waits for more of them, but no longer than it may."""
        while True:
            alike = [place for place in self._waiting if place.key == key]
            if not alike:
                return []
            most = max(self.painter.most_at_once(alike[0].ask), 1)
            left = alike[0].arrived + self._most_wait - time.monotonic()
            if len(alike) >= most or left <= 0 or self._is_closed:
                return alike[:most]
            self._changed.wait(left)

    def _paint(self, go: list[_Place]) -> None:
        try:
            for place in go:
                place.watch.step(0, 1)  # begun: how many steps there are is not known yet
            answers = self.painter.paint([one.ask for one in go], [one.watch for one in go])
            pairs = list(zip(go, answers, strict=True))
        except Exception as error:
            log.warning("a go was not painted", key=go[0].key, asks=len(go), error=repr(error))
            for place in go:
                place.fail(error)
            return
        for place, answer in pairs:
            place.end(answer)


def _is_given_up(place: _Place) -> bool:
    if place.watch.is_canceled():
        place.end(CANCELED)
    return place.ended.is_set()
