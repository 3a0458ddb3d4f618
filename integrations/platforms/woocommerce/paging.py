"""Walks a product list by id, although WooCommerce can only skip a number of rows.

Each page overlaps the one before by a row; where rows vanished meanwhile, the walk steps back
until it overlaps again, so that nothing is left out. It never trusts the store to end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from integrations.contract import Permanent, Retryable

MAX_PAGES = 20_000
_MAX_IDLE = 50

Raw = Mapping[str, Any]
Fetch = Callable[[int], tuple[list[Raw], int | None]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """New rows of one page; ``cursor`` goes on after them, None at the end."""

    rows: tuple[Raw, ...]
    cursor: str | None
    total: int | None


def walk(fetch: Fetch, cursor: str | None, *, size: int) -> Iterator[Chunk]:
    """Yield every row once in the order of ids. ``fetch`` takes an offset."""
    offset, last = _parse(cursor)
    idle = 0
    for _ in range(MAX_PAGES):
        offset, rows, total = _overlapping(fetch, offset, last=last, size=size)
        numbers = [int(row["id"]) for row in rows]
        _require_order(numbers)
        fresh = tuple(row for row in rows if int(row["id"]) > last)
        idle = 0 if fresh else idle + 1
        if idle > _MAX_IDLE:
            break
        last = max([last, *numbers])
        offset += max(len(rows) - 1, 0)
        at_end = len(rows) < size
        if fresh or at_end:
            yield Chunk(fresh, None if at_end else f"{offset}:{last}", total)
        if at_end:
            return
    raise Retryable("The store's product list does not end: it repeats the same page.")


def _parse(cursor: str | None) -> tuple[int, int]:
    offset, _, last = (cursor or "0:0").partition(":")
    return int(offset), int(last)


def _overlapping(
    fetch: Fetch, offset: int, *, last: int, size: int
) -> tuple[int, list[Raw], int | None]:
    while True:
        rows, total = fetch(offset)
        if not last or (rows and int(rows[0]["id"]) <= last):
            return offset, rows, total
        if offset == 0 and not rows:
            raise Retryable("The store suddenly lists no products at all.")
        if offset == 0:
            return offset, rows, total
        offset = max(offset - size + 1, 0)


def _require_order(numbers: list[int]) -> None:
    if any(after <= before for before, after in pairwise(numbers)):
        raise Permanent(
            "A plug-in in the store changes the order of product lists of its REST API, so that a"
            " complete sync is not possible. Switch that off for the API.",
            code="store_refused",
        )
