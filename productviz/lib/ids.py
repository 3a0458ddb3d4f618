"""Identifiers: UUIDs of version 7 in the database, Crockford base32 with a prefix outside.

Ids made by one process sort in the order they were made. They are names, not secrets:
anything that must not be guessed needs ``secrets``.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
import uuid

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = {letter: value for value, letter in enumerate(_ALPHABET)}
# 26 letters carry 130 bits, so the first one may use only three of its five.
_PUBLIC = re.compile(f"[0-7][{_ALPHABET}]{{25}}")

_COUNTER_BITS = 42
_TAIL_BITS = 32


class _Clock:
    """The last (milliseconds, counter) given out; never goes back when the system clock does."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.milliseconds = 0
        self.counter = 0

    def tick(self) -> tuple[int, int]:
        """A pair greater than every earlier one of this process."""
        with self.lock:
            now = time.time_ns() // 1_000_000
            if now > self.milliseconds:
                self._start(now)
            elif self.counter + 1 < 1 << _COUNTER_BITS:
                self.counter += 1
            else:
                self._start(self.milliseconds + 1)
            return self.milliseconds, self.counter

    def _start(self, milliseconds: int) -> None:
        # The top bit starts at zero, so that a millisecond has room for 2**41 ids (RFC 9562, 6.2).
        self.milliseconds, self.counter = milliseconds, secrets.randbits(_COUNTER_BITS - 1)


_clock = _Clock()


def _renew_clock() -> None:
    # The lock may be held by a thread that does not exist in the forked child.
    global _clock
    _clock = _Clock()


os.register_at_fork(after_in_child=_renew_clock)


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 42 of counter, 32 random."""
    milliseconds, counter = _clock.tick()
    high, low = counter >> 30, counter & ((1 << 30) - 1)
    value = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << 32
    return uuid.UUID(int=value | secrets.randbits(_TAIL_BITS))


def public_id(prefix: str, value: uuid.UUID) -> str:
    """``prefix_`` and the 26 letters of ``value``, in Crockford's base32."""
    letters = (_ALPHABET[value.int >> shift & 31] for shift in range(125, -1, -5))
    return f"{prefix}_{''.join(letters)}"


def parse_public_id(prefix: str, text: str) -> uuid.UUID | None:
    """The UUID in ``text``, or None when it is not exactly what ``public_id`` writes."""
    head, _, letters = text.partition("_")
    if head != prefix or not _PUBLIC.fullmatch(letters):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _DIGITS[letter]
    return uuid.UUID(int=number)


def id_schema(prefix: str) -> dict[str, str]:
    """The JSON schema of such ids."""
    return {"type": "string", "pattern": f"^{prefix}_{_PUBLIC.pattern}$"}
