"""Connections: cursors, first/last, before/after, pageInfo.

A cursor is the base64 of the last row's sort value and number, so a page continues where the
last one ended even when rows were added or changed in between.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from graphql import GraphQLError

Row = TypeVar("Row")
MAX_PAGE = 250
# No argument of a document can be called this; bulk operations read connections whole.
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Edge(Generic[Row]):
    """A row and its cursor."""

    node: Row
    cursor: str


@dataclass(frozen=True, slots=True)
class Connection(Generic[Row]):
    """One page of rows."""

    edges: list[Edge[Row]]
    has_next: bool
    has_previous: bool

    @property
    def nodes(self) -> list[Row]:
        """The rows without their cursors."""
        return [edge.node for edge in self.edges]


def page(
    rows: Sequence[Row], arguments: Mapping[str, object], key: Callable[[Row], tuple[object, int]]
) -> Connection[Row]:
    """Cut the page that the arguments ask for out of rows in their order.

    `key` gives a row's sort value and number. Raises GraphQLError as Shopify does for a page
    without a size, of more than 250 rows, or from a cursor that is none.
    """
    ordered = list(reversed(rows)) if arguments.get("reverse") else list(rows)
    if arguments.get(EVERYTHING):
        return Connection([Edge(row, "") for row in ordered], has_next=False, has_previous=False)
    forward, size = _size(arguments)
    start, end = 0, len(ordered)
    if arguments.get("after"):
        start = _place(ordered, str(arguments["after"]), key) + 1
    if arguments.get("before"):
        end = _place(ordered, str(arguments["before"]), key)
    end = max(start, end)
    low, high = (start, min(end, start + size)) if forward else (max(start, end - size), end)
    edges = [Edge(row, cursor(*key(row))) for row in ordered[low:high]]
    return Connection(edges, has_next=high < len(ordered), has_previous=low > 0)


def cursor(value: object, number: int) -> str:
    """Return the cursor of a row."""
    text = json.dumps({"last_id": number, "last_value": value}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _size(arguments: Mapping[str, object]) -> tuple[bool, int]:
    first, last = arguments.get("first"), arguments.get("last")
    size = first if isinstance(first, int) else last
    if not isinstance(size, int):
        raise GraphQLError("you must provide one of first or last")
    name = "first" if isinstance(first, int) else "last"
    if not 0 <= size <= MAX_PAGE:
        raise GraphQLError(f"{name} must be between 0 and {MAX_PAGE}")
    return isinstance(first, int), size


def _place(rows: Sequence[Row], text: str, key: Callable[[Row], tuple[object, int]]) -> int:
    """Find the row of a cursor; where it is gone, the place at which it would stand."""
    try:
        read = json.loads(base64.b64decode(text, validate=True))
        value, number = read["last_value"], int(read["last_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.") from error
    keys = [key(row) for row in rows]
    exact = next((i for i, (_, own) in enumerate(keys) if own == number), None)
    if exact is not None and keys[exact][0] == value:
        return exact
    return _between(keys, (value, number))


def _between(keys: Sequence[tuple[object, int]], wanted: tuple[object, int]) -> int:
    """Return the index of the last row before `wanted`, in either direction of sorting."""
    falling = len(keys) > 1 and _less(keys[-1], keys[0])
    passed = [_less(wanted, one) if falling else _less(one, wanted) for one in keys]
    return passed.index(False) - 1 if False in passed else len(keys) - 1


def _less(left: tuple[object, int], right: tuple[object, int]) -> bool:
    if type(left[0]) is not type(right[0]):
        raise GraphQLError("Invalid cursor for current pagination sort.")
    return bool(left < right)
