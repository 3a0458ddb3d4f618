"""One painter's process as its worker sees it: started, spoken to, and noticed when it ends."""

from __future__ import annotations

import itertools
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue

import structlog

from .ask import Answer, Ask, Watch
from .wire import (
    PIPE,
    Answers,
    Cancel,
    Connection,
    Message,
    Paint,
    Standing,
    Step,
    Stop,
    Tell,
    Unusable,
)

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.05  # how soon a picture that was given up, or a silence, is noticed
STOP_SECONDS = 5.0
TELL_SECONDS = 2.0
_numbers = itertools.count(1)


class Died(Exception):
    """The process ended; the message is for the merchant, the reason is in the worker's log."""


class Silent(Exception):
    """The process gave no sign of life for too long, and was killed."""


class UnusableHere(Exception):
    """The process says that it cannot paint on this machine, and why."""


DIED = "The painter stopped while it was painting this image. It is tried again."
NOT_STARTED = (
    "The painter could not be started. Ask the operator to look at the log of the GPU worker."
)


@dataclass(slots=True)
class _Go:
    """What the process has in hand; ``heard`` is when it last gave a sign of life."""

    number: int
    watches: Sequence[Watch]
    heard: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)
    answers: Answers | None = None


class PainterProcess:
    """A process that ``command`` starts, the thread that starts and hears it, and one that sends.

    The first lives as long as the process: Linux tells a child of its parent's death when the
    thread ends that started it. The other is there since a process that does not listen any more
    blocks whoever sends to it.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours)
        self._process: subprocess.Popen[bytes] | None = None
        self._standing: Standing | None = None
        self._unusable = ""
        self._go: _Go | None = None
        self._asked_at = 0.0  # since when it has said nothing though it was asked to; 0 if it has
        self._outbox: SimpleQueue[Message | None] = SimpleQueue()
        self._ready, self._told, self._ended = (threading.Event() for _ in range(3))
        arguments = (list(command), dict(environment), theirs)
        threading.Thread(target=self._live, args=arguments, name="painter", daemon=True).start()
        threading.Thread(target=self._send, name="to the painter", daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """Whether it is no more, for whatever reason."""
        return self._ended.is_set()

    @property
    def unusable(self) -> str:
        """Why it cannot paint on this machine, as it says; empty where it can or has not said."""
        return self._unusable

    def wait_until_ready(self, seconds: float) -> None:
        """Return once it can paint. Raises Died, Silent or UnusableHere."""
        if not self._ready.wait(seconds):
            self.kill()
            raise Silent(f"The painter was not ready after {seconds:.0f} seconds.")
        if self._unusable:
            raise UnusableHere(self._unusable)
        if self._standing is None:
            raise Died(NOT_STARTED)

    def paint(
        self, asks: Sequence[Ask], watches: Sequence[Watch], *, longest_silence: float
    ) -> tuple[list[Answer], int]:
        """The answers, and how many such asks fit one go. Raises Died or Silent."""
        self._go = go = _Go(next(_numbers), watches)
        if self.has_ended:
            raise Died(DIED)
        self._outbox.put(Paint(go.number, tuple(asks)))
        self._see_to_its_end(go, longest_silence)
        if go.answers is None:
            raise Died(DIED)
        return list(go.answers.answers), go.answers.most

    def standing(self, *, longest_silence: float) -> Standing | None:
        """How it stands now, or stood when it last said so; None before it is ready.

        One that has said nothing for so many seconds is ended.
        """
        self._told.clear()
        self._asked_at = self._asked_at or time.monotonic()
        self._outbox.put(Tell())
        if self._ready.is_set():
            self._told.wait(TELL_SECONDS)
            if 0 < self._asked_at < time.monotonic() - longest_silence:
                log.error("a painter has fallen silent and is ended")
                self.kill()
                self._ended.wait(STOP_SECONDS)
        return None if self.has_ended else self._standing

    def stop(self) -> None:
        """Let it end what it has in hand, or kill it."""
        self._outbox.put(Stop())
        if not self._ended.wait(STOP_SECONDS):
            self.kill()
            self._ended.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()

    def _see_to_its_end(self, go: _Go, longest_silence: float) -> None:
        """Until the answers are here or the process is gone, pass on who was given up."""
        given_up: set[int] = set()
        while not go.ended.wait(LOOK_SECONDS):
            for place, watch in enumerate(go.watches):
                if place not in given_up and watch.is_canceled():
                    given_up.add(place)
                    self._outbox.put(Cancel(go.number, place))
            if time.monotonic() - go.heard > longest_silence:
                self.kill()
                self._ended.wait(STOP_SECONDS)
                raise Silent(
                    f"The model gave no sign of life for {longest_silence:.0f} seconds and was"
                    " stopped. It is tried again."
                )

    def _live(self, command: list[str], environment: dict[str, str], theirs: socket.socket) -> None:
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command,
                    env={**environment, PIPE: str(theirs.fileno())},
                    stdin=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                )
            self._listen()
            log.info("a painter ended", code=self._process.wait())
        except OSError as error:
            log.error("a painter could not be started", error=str(error))
        finally:
            self._note_end()

    def _send(self) -> None:
        with suppress(OSError):  # it died: whoever reads will notice
            while (message := self._outbox.get()) is not None:
                self._connection.send(message)

    def _listen(self) -> None:
        with suppress(EOFError):
            while True:
                self._take(self._connection.receive())

    def _take(self, message: object) -> None:
        go, self._asked_at = self._go, 0.0
        match message:
            case Standing():
                self._standing = message
                self._told.set()
                self._ready.set()
            case Unusable(reason):
                self._unusable = reason
                self._ready.set()
            case Step(number, place, done, of) if go is not None and go.number == number:
                go.heard = time.monotonic()
                go.watches[place].step(done, of)
            case Answers(number) if go is not None and go.number == number:
                go.answers = message
                go.ended.set()

    def _note_end(self) -> None:
        self._connection.close()
        self._outbox.put(None)
        self._ended.set()
        for event in (self._ready, self._told):
            event.set()
        if self._go is not None:
            self._go.ended.set()
