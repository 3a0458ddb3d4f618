"""What a worker and its painter's process say to each other, and how it crosses the pipe.

Both ends are ours, on one machine, over a socket that nobody else can open: that is why pickle
will do. Arrays cross beside the pickle, from their own memory into memory that is theirs.
"""

from __future__ import annotations

import os
import pickle
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass

from .ask import Answer, Ask

PIPE = "PAINTER_PIPE"  # in the environment: which descriptor is the painter's end
_COUNT = struct.Struct("!I")
_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Standing:
    """A painter's device by name, what is used of its memory in bytes, and the models in it."""

    device: str
    used: int
    total: int
    loaded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paint:
    """To the painter: paint these; ``number`` tells goes apart."""

    number: int
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the painter: nobody wants the picture at this place of the go any more."""

    number: int
    place: int


@dataclass(frozen=True, slots=True)
class Tell:
    """To the painter: say how you stand."""


@dataclass(frozen=True, slots=True)
class Stop:
    """To the painter: end, once what is in hand is done."""


@dataclass(frozen=True, slots=True)
class Step:
    """From the painter: so many steps of one picture are done."""

    number: int
    place: int
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Answers:
    """From the painter: all answers of a go, and how many such asks fit the next one."""

    number: int
    answers: tuple[Answer, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """From the painter, instead of its first standing: why it cannot paint at all."""

    message: str


Message = Paint | Cancel | Tell | Stop | Step | Answers | Standing | Unusable


class Connection:
    """One end of the pipe. Any thread may send; one receives."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        """Send one message; OSError where the other end is gone."""
        aside: list[pickle.PickleBuffer] = []
        body = pickle.dumps(message, protocol=5, buffer_callback=aside.append)
        parts = [memoryview(body), *(one.raw() for one in aside)]
        head = _COUNT.pack(len(parts)) + b"".join(_LENGTH.pack(part.nbytes) for part in parts)
        with self._sending:
            self._socket.sendall(head)
            for part in parts:
                self._socket.sendall(part)

    def receive(self) -> Message:
        """The next message; EOFError once the other end is gone."""
        (count,) = _COUNT.unpack(self._read(_COUNT.size))
        heads = self._read(_LENGTH.size * count)
        body, *aside = [self._read(size) for (size,) in _LENGTH.iter_unpack(heads)]
        message: Message = pickle.loads(body, buffers=aside)  # noqa: S301 -- our own process's
        return message

    def close(self) -> None:
        """Let the other end know, and wake whoever receives here."""
        with suppress(OSError):  # it was gone before
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        left = memoryview(data)
        while left:
            try:
                count = self._socket.recv_into(left)
            except OSError as error:
                raise EOFError from error
            if not count:
                raise EOFError
            left = left[count:]
        return data


def inherited() -> Connection:
    """The end that the process which started this one has left open for it."""
    return Connection(socket.socket(fileno=int(os.environ[PIPE])))
