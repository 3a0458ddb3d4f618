"""Free what no row refers to: first set aside, and removed at a later sweep.

A file is set aside once it is older than the grace period and nothing refers to it; it is removed
when it has lain aside for that long again and still nothing does. Whatever asks for it meanwhile
brings it back. That is why a worker that puts equal bytes at the moment they are set aside loses
nothing, and why two sweeps at once are harmless: docs/adr/0009-set-aside-before-removing.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from generation.assets.references import PLACES, judge, read_key
from productviz.lib.files import Place
from productviz.lib.stored import Stored, bring_back, listing, remove, set_aside

# Longer than any worker needs from a file to its row, and than most backups of the database reach
# back: restoring one must not meet rows whose files are gone.
GRACE = timedelta(days=7)
FILES_A_STEP = 2000

SET_ASIDE, REMOVED, BROUGHT_BACK = "set aside", "removed", "brought back"


@dataclass(slots=True)
class Tally:
    """What a sweep did, or would do: files and bytes by place, kind of file and deed."""

    files: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    bytes: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, place: Place, one: Stored, deed: str) -> None:
        """Count one file."""
        named = read_key(place, one.name)
        entry = (place, named.kind if named else "", deed)
        self.files[entry] += 1
        self.bytes[entry] += one.bytes

    def total(self, deed: str) -> tuple[int, int]:
        """How many files, and bytes, it did that to."""
        entries = [entry for entry in self.files if entry[2] == deed]
        return sum(self.files[one] for one in entries), sum(self.bytes[one] for one in entries)


def sweep(
    now: datetime, tally: Tally, *, dry_run: bool = False, strangers: bool = False
) -> Iterator[tuple[Place, str]]:
    """Sweep every place in small steps; yields where each step ended.

    ``strangers``: also free what belongs to workspaces that the database does not know.
    """
    place: Place | None = PLACES[0]
    cursor = ""
    while place is not None:
        place, cursor = step(place, cursor, now, tally, dry_run=dry_run, strangers=strangers)
        if place is not None:
            yield place, cursor


def step(
    place: Place,
    after: str,
    now: datetime,
    tally: Tally,
    *,
    dry_run: bool = False,
    strangers: bool = False,
) -> tuple[Place | None, str]:
    """Treat the next files; the place and key to go on from, and no place at the end of all."""
    found = listing(place, after=after, limit=FILES_A_STEP)
    before = now - GRACE
    old = [one for one in found if one.is_aside or one.modified < before]
    answers = judge(place, {one.name for one in old}, strangers=strangers)
    for one in old:
        deed = _deed(one, is_free=answers.get(one.name), before=before)
        if deed and (dry_run or _do(place, one, deed, before)):
            tally.add(place, one, deed)
    if len(found) == FILES_A_STEP:
        return place, found[-1].key
    rest = PLACES[PLACES.index(place) + 1 :]
    return (rest[0] if rest else None), ""


def _deed(one: Stored, *, is_free: bool | None, before: datetime) -> str:
    """What becomes of an old file, or of one that lies aside; empty for nothing."""
    if is_free is None:
        return ""
    if not one.is_aside:
        return SET_ASIDE if is_free else ""
    if not is_free:
        return BROUGHT_BACK
    return REMOVED if one.modified < before else ""


def _do(place: Place, one: Stored, deed: str, before: datetime) -> bool:
    if deed == SET_ASIDE:
        return set_aside(place, one.name)
    if deed == BROUGHT_BACK:
        return bring_back(place, one.name)
    return remove(place, one.key, unless_since=before)
