"""The painter's process: takes goes from the worker that started it, one at a time, until told.

It lives exactly as long as that worker: it hears its end on the pipe, and Linux kills it besides.
What raises out of a go ends the process: a device that is lost answers no other go either, and the
worker starts another one.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Protocol

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.ask import Answer, Ask, Painter
from generation.inference.engines.diffusion.wire import (
    Answers,
    Cancel,
    Connection,
    Paint,
    Standing,
    Step,
    Stop,
    Tell,
    Unusable,
)

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1


class Status(Protocol):
    """What a device has in memory, in bytes."""

    @property
    def device(self) -> str: ...
    @property
    def used(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def loaded(self) -> tuple[str, ...]: ...


class LocalModels(Painter, Protocol):
    """A painter that can say how it stands; asked by another thread while it paints."""

    def status(self) -> Status:
        """Its device, memory and models."""


def serve(make: Callable[[], LocalModels], connection: Connection) -> None:
    """Make the painter, say how it stands, and paint until told to stop."""
    _live_no_longer_than_the_parent()
    inbox = _Inbox(connection)
    try:
        painter = make()
    except EngineUnavailable as error:
        connection.send(Unusable(error.message))
        return
    connection.send(_standing(painter))
    inbox.painter = painter
    while (go := inbox.goes.get()) is not None:
        answers = _paint(painter, go, inbox)
        most = painter.most_at_once(go.asks[0])
        connection.send(Answers(go.number, tuple(answers), most))
    painter.close()


def _paint(painter: LocalModels, go: Paint, inbox: _Inbox) -> list[Answer]:
    """Paint a go in parts of what fits: the worker may not know yet how many do."""
    answers: list[Answer] = []
    while len(answers) < len(go.asks):
        left = go.asks[len(answers) :]
        part: Sequence[Ask] = left[: max(painter.most_at_once(left[0]), 1)]
        places = range(len(answers), len(answers) + len(part))
        answers += painter.paint(part, [_FarWatch(inbox, go.number, place) for place in places])
    return answers


def _standing(painter: LocalModels) -> Standing:
    status = painter.status()
    return Standing(status.device, status.used, status.total, tuple(status.loaded))


class _Inbox:
    """What the worker sends, read by a thread of its own so that a cancel is heard at once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.painter: LocalModels | None = None
        self.goes: SimpleQueue[Paint | None] = SimpleQueue()
        self.canceled: set[tuple[int, int]] = set()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def _read(self) -> None:
        try:
            while True:
                self._take(self.connection.receive())
        except (EOFError, OSError):
            os._exit(0)  # the worker is gone, and nobody wants what is being painted
        except Exception:  # a device that is lost says so here, where nothing is being painted
            log.exception("the painter cannot say how it stands, and ends")
            os._exit(1)

    def _take(self, message: object) -> None:
        match message:
            case Paint():
                self.canceled.clear()
                self.goes.put(message)
            case Cancel(number, place):
                self.canceled.add((number, place))
            case Tell() if self.painter is not None:
                self.connection.send(_standing(self.painter))
            case Stop():
                self.goes.put(None)


class _FarWatch:
    """Whoever waits for one picture at the other end of the pipe."""

    def __init__(self, inbox: _Inbox, number: int, place: int) -> None:
        self._inbox, self._number, self._place = inbox, number, place

    def step(self, done: int, of: int) -> None:
        """Tell the worker."""
        self._inbox.connection.send(Step(self._number, self._place, done, of))

    def is_canceled(self) -> bool:
        """Whether the worker has sent word."""
        return (self._number, self._place) in self._inbox.canceled


def _live_no_longer_than_the_parent() -> None:
    """Die when it dies, and of nothing else: who stops a whole group stops the worker, which ends
    what is in hand first."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
