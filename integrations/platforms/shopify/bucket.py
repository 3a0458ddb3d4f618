"""The points that a shop lends to this app: a leaky bucket of which other workers drink too.

What is known of it comes with every answer (``extensions.cost``), so the balance is a guess that
Shopify corrects: a request that the guess lets through may still be throttled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from random import SystemRandom
from typing import Any

# Seconds. Longer waits are the row's: a worker has other shops to serve.
LONGEST_WAIT = 10.0
SHORTEST_WAIT = 0.2
# Standard plan, 2026-11; every answer brings the shop's own rate.
_RESTORE_RATE = 100.0
_BEYOND_REASON = 1e9

Raw = Mapping[str, Any]
_random = SystemRandom()


def wait_after_throttle(cost: Raw) -> float:
    """Seconds until the points that Shopify asked for are there, with some jitter."""
    status = cost.get("throttleStatus") or {}
    missing = _number(cost.get("requestedQueryCost")) - _number(status.get("currentlyAvailable"))
    wait = missing / (_number(status.get("restoreRate")) or _RESTORE_RATE)
    return max(SHORTEST_WAIT, wait) * (1 + _random.uniform(0, 0.2))


class Bucket:
    """What this process knows of one shop's balance, and what each document costs there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._costs: dict[str, float] = {}
        self._available: float | None = None
        self._maximum = 0.0
        self._rate = _RESTORE_RATE
        self._read_at = 0.0

    def take(self, name: str) -> float:
        """Count the document's points as gone; the seconds to wait before it is sent."""
        with self._lock:
            cost = self._costs.get(name)
            if cost is None or self._available is None:
                return 0.0
            now = time.monotonic()
            grown = self._available + (now - self._read_at) * self._rate
            self._available = min(grown, self._maximum) - min(cost, self._maximum)
            self._read_at = now
            return min(max(-self._available / self._rate, 0.0), LONGEST_WAIT)

    def learn(self, name: str, cost: Raw) -> None:
        """Believe what an answer says of its cost and of the balance."""
        status = cost.get("throttleStatus")
        if not isinstance(status, Mapping):
            return
        with self._lock:
            self._costs[name] = _number(cost.get("requestedQueryCost"))
            self._available = _number(status.get("currentlyAvailable"))
            self._maximum = _number(status.get("maximumAvailable"))
            self._rate = _number(status.get("restoreRate")) or _RESTORE_RATE
            self._read_at = time.monotonic()


_buckets: dict[str, Bucket] = {}
_buckets_lock = threading.Lock()


def bucket_of(url: str) -> Bucket:
    """The bucket behind an address: one a shop, for as long as the process lives."""
    with _buckets_lock:
        return _buckets.setdefault(url, Bucket())


def _number(value: object) -> float:
    """The number, or 0 for what is none that one can reckon with."""
    if isinstance(value, int | float) and abs(value) < _BEYOND_REASON:
        return float(value)
    return 0.0
