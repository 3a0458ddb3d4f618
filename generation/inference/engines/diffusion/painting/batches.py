"""How asks are put into forward passes: sizes, padding by repetition, and the copies dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

# Kernels choose their algorithm by batch size, so a result is bit-equal only at a fixed size:
# few sizes, always filled (measured 2026-11-22 over ten pipelines).
SIZES = (1, 2, 4, 8)


def size_for(count: int) -> int:
    """Give the smallest batch size that holds ``count`` asks, at most the largest there is."""
    return next((size for size in SIZES if size >= count), SIZES[-1])


def largest_within(limit: int) -> int:
    """Give the largest batch size that is not above ``limit``, at least one."""
    return max((size for size in SIZES if size <= limit), default=1)


def filled(items: Sequence[T]) -> list[T]:
    """Fill a batch up to its size by repeating its last item; the caller drops the copies."""
    return [*items, *[items[-1]] * (size_for(len(items)) - len(items))]


def chunks(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """Cut ``items`` into runs of at most ``size``."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
