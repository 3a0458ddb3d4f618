"""Bulk results as JSON lines, with `groupObjects: false`: children are not next to parents.

Roots are taken in chunks: first the chunk's root lines, then for each connection the children of
the whole chunk, one level after the other. So memory stays small and nobody can rely on order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType, is_leaf_type

from .bulk_query import Leaf, Walk
from .connections import EVERYTHING, Connection
from .resolve import Context, kind_of, value_of
from .state import gid
from .tables import Json

CHUNK = 50


@dataclass(slots=True)
class Counts:
    """Lines written so far: all, and those of root objects."""

    objects: int = 0
    roots: int = 0


def write(
    out: BinaryIO, context: Context, walk: Walk, counts: Counts, wanted: Callable[[], bool]
) -> None:
    """Write every line of a bulk query; stop early when `wanted` says so, between chunks."""
    with context.state.lock:
        rows = _rows(context, walk, None)
    for start in range(0, len(rows), CHUNK):
        if not wanted():
            return
        with context.state.lock:
            chunk = [(row, "") for row in rows[start : start + CHUNK]]
            for line in _level(context, walk, chunk):
                out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode())
                out.write(b"\n")
                counts.objects += 1
        counts.roots += len(chunk)


def _rows(context: Context, walk: Walk, parent: object) -> list[object]:
    arguments = {**walk.arguments, EVERYTHING: True}
    found = value_of(walk.on, walk.name, parent, context=context, arguments=arguments)
    return list(found.nodes) if isinstance(found, Connection) else []


def _level(context: Context, walk: Walk, rows: list[tuple[object, str]]) -> Iterator[Json]:
    """Yield the lines of these rows, then those of each connection below them."""
    for row, parent in rows:
        line = _object(context, walk.leaves, row)
        if parent:
            line["__parentId"] = parent
        yield line
    for child in walk.children:
        below = [
            (inner, gid(kind_of(row) or "", row.id))  # type: ignore[attr-defined]
            for row, _ in rows
            for inner in _rows(context, child, row)
        ]
        yield from _level(context, child, below)


def _object(context: Context, leaves: list[Leaf], source: object) -> Json:
    kind = kind_of(source)
    line: Json = {}
    for leaf in leaves:
        # An inline fragment on another type adds nothing.
        if kind is not None and leaf.on not in (kind, "Media", "File", "Node"):
            continue
        line[leaf.key] = _value(context, leaf, source, kind)
    return line


def _value(context: Context, leaf: Leaf, source: object, kind: str | None) -> object:
    if leaf.name == "__typename":
        return kind
    value = value_of(kind or leaf.on, leaf.name, source, context=context, arguments=leaf.arguments)
    return _complete(context, leaf, value, leaf.type)


def _complete(context: Context, leaf: Leaf, value: object, kind: GraphQLOutputType) -> object:
    if isinstance(kind, GraphQLNonNull):
        return _complete(context, leaf, value, kind.of_type)
    if value is None:
        return None
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        return [_complete(context, leaf, one, kind.of_type) for one in value]
    if is_leaf_type(kind):
        return kind.coerce_output_value(value)
    return _object(context, leaf.inner, value)
