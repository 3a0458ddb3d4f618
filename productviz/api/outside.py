"""Calls to a store inside a request: each may take minutes and holds a thread of the web process.

Only a few may at a time, so that stores that answer slowly leave threads to everybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings

from productviz.api.problems import Problem

BUSY = "temporary-reduced-capacity"
_RETRY_SECONDS = 5

_places = BoundedSemaphore(settings.API_CALLS_OUT)


@contextmanager
def place() -> Iterator[None]:
    """A place to call somebody from; raises Problem where this process has none left."""
    if not _places.acquire(blocking=False):
        raise Problem(
            BUSY,
            "Other requests are waiting for their stores. Repeat this one in a few seconds.",
            headers={"Retry-After": str(_RETRY_SECONDS)},
        )
    try:
        yield
    finally:
        _places.release()
