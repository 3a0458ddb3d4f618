"""Requests to the serving system: time-outs, repeats with back-off, and what every failure means.

A request that may have been taken is repeated only where the caller knows that to be harmless.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.inference.engines.diffusion.ask import Watch
from generation.inference.engines.diffusion.remote.answers import (
    NotPainted,
    canceled,
    not_painted,
    stopping,
)
from productviz.lib import http
from productviz.lib.http import OutboundError, Reply
from productviz.remote import RemoteEngine

ATTEMPTS = 4
CONNECT_SECONDS = 5.0
LONGEST_REST = 30.0  # that an ask sits out in its place; a longer one is the row's to wait for
# The server said that it did not do it, against: a gateway gave up, and the server may be at it.
NOT_DONE = frozenset({429, 500, 503})
PERHAPS_DONE = frozenset({502, 504})

_SLICE_SECONDS = 0.25
_MOST_LETTERS = 200
_UNLISTED = ("url_forbidden_address", "url_port_not_allowed")


@dataclass(frozen=True, slots=True)
class Errand:
    """One ask on its way: when it must be back, and whether anybody still waits for it."""

    watch: Watch
    deadline: float
    closing: threading.Event

    def is_given_up(self) -> bool:
        """Whether there is no reason to go on: its time is over, or nobody waits."""
        is_late = time.monotonic() >= self.deadline
        return is_late or self.closing.is_set() or self.watch.is_canceled()

    def left(self) -> float:
        """Seconds left. Raises `NotPainted` when there are none, or nobody waits."""
        if self.watch.is_canceled():
            raise canceled()
        if self.closing.is_set():
            raise stopping()
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise not_painted(
                "model_timeout",
                "The remote engine took longer than PRODUCTVIZ_REMOTE_TIMEOUT allows.",
                is_retryable=True,
            )
        return seconds

    def wait(self, seconds: float) -> None:
        """Sleep; `NotPainted` as soon as there is no reason to go on."""
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            self.closing.wait(min(rest, self.left(), _SLICE_SECONDS))
        self.left()


class Unwatched:
    """Waits whatever happens: for work that nobody may break off."""

    def step(self, done: int, of: int) -> None:
        """Nobody wants to know."""

    def is_canceled(self) -> bool:
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class Server:
    """The serving system's address, and the key that goes with every request to it.

    ``pause`` is the first wait before a repeat, in seconds; it doubles.
    """

    engine: RemoteEngine
    pause: float = 1.0

    def once(
        self,
        method: str,
        path: str,
        errand: Errand,
        *,
        max_bytes: int = http.MAX_BYTES,
        **parts: Any,
    ) -> Reply:
        """One request, whatever the answer's status. Raises OutboundError and `NotPainted`."""
        left = errand.left()
        return http.request(
            method,
            self.engine.url + path,
            headers=self._headers(),
            timeout=(min(CONNECT_SECONDS, left), left),
            total_timeout=left,
            max_bytes=max_bytes,
            **parts,
        )

    def ask(
        self, method: str, path: str, errand: Errand, *, is_harmless_twice: bool, **parts: Any
    ) -> Reply:
        """A request repeated while that may help, and its 2xx answer. Raises `NotPainted`."""
        repeated = NOT_DONE | PERHAPS_DONE if is_harmless_twice else NOT_DONE
        for attempt in range(1, ATTEMPTS + 1):
            is_last = attempt == ATTEMPTS
            try:
                reply = self.once(method, path, errand, **parts)
            except OutboundError as error:
                if is_last or not (is_harmless_twice and error.retryable):
                    raise self.unreached(error) from error
                errand.wait(self.back_off(attempt))
                continue
            if reply.ok:
                return reply
            if is_last or reply.status not in repeated or wants_long(reply, errand):
                break
            errand.wait(self.back_off(attempt, reply))
        raise self.refused(reply)

    def json(self, reply: Reply) -> object:
        """An answer's JSON. Raises `NotPainted`."""
        try:
            return reply.json()
        except OutboundError as error:
            raise self.unreached(error) from error

    def back_off(self, attempt: int, reply: Reply | None = None) -> float:
        """Seconds to wait after so many attempts; the server's own wish where it has one."""
        asked = reply.retry_after if reply is not None else None
        return self.pause * 2 ** (attempt - 1) if asked is None else asked

    def unreached(self, error: OutboundError) -> NotPainted:
        """What a request that got no answer means for the picture."""
        host = self.engine.host
        if error.code in _UNLISTED:
            return not_painted(
                "model_unavailable",
                f"The remote engine at {host} is on a private network or an unusual port. List"
                f" {host} in PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS.",
                is_down=True,
            )
        if error.code == "source_timeout":
            return not_painted(
                "model_timeout",
                f"The remote engine at {host} did not answer in time. Look at its queue, or raise"
                " PRODUCTVIZ_REMOTE_TIMEOUT.",
                is_retryable=True,
            )
        return not_painted(
            "model_unavailable",
            f"The remote engine at {host} gave no usable answer: {error.message}",
            is_retryable=error.retryable,
            is_down=error.code != "payload_too_large",  # that is one picture's
        )

    def refused(self, reply: Reply, said: str = "") -> NotPainted:
        """What an answer other than 2xx means; ``said`` are the server's words, if it has any."""
        host, status = self.engine.host, reply.status
        if status in (401, 403):
            fix = "does not accept our key. Check PRODUCTVIZ_REMOTE_ENGINE_KEY."
        elif 300 <= status < 400:
            fix = "sends us elsewhere. Enter the address it ends at in PRODUCTVIZ_REMOTE_ENGINE."
        elif status == 404:
            fix = "has no such address. Check the path in PRODUCTVIZ_REMOTE_ENGINE."
        elif status == 429 or status >= 500:
            fix = f"is busy or in trouble (status {status}). It is asked again later."
        else:
            fix = f"refused the request (status {status}){self._quoted(said)}."
        is_known = status in (401, 403, 404, 429) or 300 <= status < 400 or status >= 500
        return not_painted(
            "model_unavailable",
            f"The remote engine at {host} {fix}",
            is_retryable=status == 429 or status >= 500,
            is_down=is_known,
            after=reply.retry_after,
            status=status,
        )

    def words(self, text: object) -> str:
        """A server's own words, short, in one line, and never with our key in them."""
        plain = str(text)
        if self.engine.key:
            plain = plain.replace(self.engine.key, "[key]")
        letters = (" " if unicodedata.category(c).startswith("C") else c for c in plain)
        return " ".join("".join(letters).split())[:_MOST_LETTERS]

    def _quoted(self, said: str) -> str:
        return f': "{said}"' if said else ""

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.engine.key}"} if self.engine.key else {}


def wants_long(reply: Reply, errand: Errand) -> bool:
    """Whether it asks to be left alone for longer than is worth keeping a place for."""
    asked = reply.retry_after
    return asked is not None and asked > min(LONGEST_REST, errand.left())


def look(value: object, *path: str | int) -> object:
    """What lies at ``path`` in an answer's JSON; None where anything of it is missing."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value
