"""A bulk operation's file as products with their media and variants, in constant memory.

The file has one object a line, and children need not stand beside their parents
(``groupObjects: false``). So its lines go into a SQLite file with an index on ``__parentId``, and
products are read from there in the order of their lines. No request, nothing of ours.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import structlog

Raw = Mapping[str, Any]

# A description may hold 512 KB; a line beyond this is no product.
MAX_LINE = 8 * 1024 * 1024
_CACHE_KIB = 8 * 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Family:
    """A product as in the paged queries: media in order, variants with ``media.nodes``.

    ``line`` is its place in the file.
    """

    line: int
    product: Raw
    media: tuple[Raw, ...]
    variants: tuple[Raw, ...]


def build(file: BinaryIO, path: Path) -> None:
    """Index the file's lines at ``path``, which appears whole or not at all.

    A line that cannot be read is left out and counted in the log.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        _fill(draft, _Reader(file))
    except BaseException:
        # On a full disk above all: nobody else would remove it for two days.
        draft.unlink(missing_ok=True)
        raise
    draft.replace(path)


def _fill(draft: Path, reader: _Reader) -> None:
    with closing(_open(draft)) as table:
        # A draft that breaks off is thrown away, so nothing needs to be safe from a crash.
        table.execute("PRAGMA journal_mode = OFF")
        table.execute("PRAGMA synchronous = OFF")
        table.execute("CREATE TABLE line (n INTEGER PRIMARY KEY, owner TEXT, body BLOB)")
        table.executemany("INSERT INTO line VALUES (?, ?, ?)", reader.rows())
        # Sorted once at the end: keeping an index in order line by line costs ten times as much.
        table.execute("CREATE INDEX by_owner ON line (owner)")
        table.commit()
    if reader.unreadable:
        log.warning("unreadable lines in a bulk file", lines=reader.unreadable)


def count(path: Path) -> int:
    """How many products there are."""
    with closing(_open(path)) as table:
        return int(table.execute("SELECT count(*) FROM line WHERE owner = ''").fetchone()[0])


def families(path: Path, *, after: int) -> Iterator[Family]:
    """Yield the products behind the line ``after``, each with all that belongs to it."""
    with closing(_open(path)) as table:
        roots = table.execute(
            "SELECT n, body FROM line WHERE owner = '' AND n > ? ORDER BY n", (after,)
        )
        for line, body in roots:
            product = json.loads(body)
            children = _children(table, str(product["id"]))
            yield Family(
                line=line,
                product=product,
                media=tuple(row for row in children if not _is_variant(row)),
                variants=tuple(_with_media(table, row) for row in children if _is_variant(row)),
            )


def _open(path: Path) -> sqlite3.Connection:
    table = sqlite3.connect(path)
    table.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    table.execute("PRAGMA temp_store = FILE")
    return table


def _children(table: sqlite3.Connection, owner: str) -> list[Raw]:
    rows = table.execute("SELECT body FROM line WHERE owner = ? ORDER BY n", (owner,))
    return [json.loads(body) for (body,) in rows]


def _is_variant(row: Raw) -> bool:
    return str(row["id"]).startswith("gid://shopify/ProductVariant/")


def _with_media(table: sqlite3.Connection, variant: Raw) -> Raw:
    return {**variant, "media": {"nodes": _children(table, str(variant["id"]))}}


class _Reader:
    """The lines of a file as rows; ``unreadable`` counts those left out."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.unreadable = 0

    def rows(self) -> Iterator[tuple[int, str, bytes]]:
        """Yield (number from 1, parent's id or "", the line)."""
        for number, line in enumerate(self._lines(), start=1):
            owner = _owner(line)
            if owner is None:
                self.unreadable += 1
            else:
                yield number, owner, line

    def _lines(self) -> Iterator[bytes]:
        """Whole lines; one that is too long is never held whole and comes as an empty one."""
        while line := self._file.readline(MAX_LINE):
            if line.endswith(b"\n") or len(line) < MAX_LINE:
                yield line.strip()
                continue
            while (rest := self._file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield b""


def _owner(line: bytes) -> str | None:
    """The parent's id, "" for a product; None for what is neither."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        return None
    owner = row.get("__parentId", "")
    is_product = row["id"].startswith("gid://shopify/Product/")
    if not isinstance(owner, str) or (not owner and not is_product):
        return None
    return owner
