"""How long to leave alone what fails again and again."""

from __future__ import annotations

_MOST_DOUBLINGS = 30  # a float ends at 1,024 of them, which a trouble of a day may come to


def doubled(first: float, count: int, longest: float) -> float:
    """Seconds, twice as many after each of ``count`` earlier troubles, at most ``longest``."""
    return min(first * 2.0 ** min(count, _MOST_DOUBLINGS), longest)
