"""Which files the rows refer to: the sweep's one question.

A key that is not one of ours is never called free, nor is what a person painted, nor anything that
a row names. Rows outlive most of what happens (a removed photograph, a disconnected store), so what
is free is left by killed workers, by pictures made again, by deleted workspaces and stores, and by
rows whose time is over (``generation.retention``).
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from generation import retention
from generation.models import (
    Candidate,
    Cutout,
    CutoutEdit,
    Generation,
    Person,
    PresetVersion,
    Rendition,
)
from integrations.models import Snapshot, SourceImage, Upload
from productviz.accounts.models import Workspace
from productviz.lib.files import Place

_OWNER, _SHA256 = r"(?P<owner>[0-9a-f]{32})", r"(?P<sha256>[0-9a-f]{64})"
_LEFTOVER = (r"(.*/)?\.partial-[^/]+|doctor/[0-9a-f]{32}\.txt", "leftover")
# Strokes are not here on purpose: nothing can paint them again.
_KINDS: Mapping[Place, tuple[tuple[str, str], ...]] = {
    "work": (
        (rf"{_OWNER}/previews/{_SHA256}\.webp", "preview"),
        (rf"{_OWNER}/cutouts/{_SHA256}-[^/]+\.(npz|png)", "cut-out"),
        (rf"{_OWNER}/candidates/{_SHA256}\.\w+", "candidate"),
        _LEFTOVER,
    ),
    "originals": ((rf"{_OWNER}/[0-9a-f]{{2}}/{_SHA256}\.bin", "original"), _LEFTOVER),
    "assets": ((rf"m/{_OWNER}/[0-9a-f]{{2}}/{_SHA256}\.\w+", "asset"), _LEFTOVER),
}
PLACES: tuple[Place, ...] = ("work", "originals", "assets")


@dataclass(frozen=True, slots=True)
class Named:
    """A key of ours, read; a leftover has no owner."""

    key: str
    kind: str
    owner: uuid.UUID | None
    sha256: str


# Given a workspace and some of its files by hash: the hashes, or whole keys, that rows refer to.
Lookup = Callable[[uuid.UUID, Mapping[str, list[Named]]], Iterable[str]]


def read_key(place: Place, key: str) -> Named | None:
    """What a key stands for; None for one that is not ours to remove."""
    for pattern, kind in _KINDS[place]:
        found = re.fullmatch(pattern, key)
        if found:
            parts = found.groupdict()
            owner = parts.get("owner")
            return Named(key, kind, uuid.UUID(owner) if owner else None, parts.get("sha256") or "")
    return None


def judge(place: Place, keys: Iterable[str], *, strangers: bool = False) -> dict[str, bool]:
    """For each key whether it is free: ours to remove, and no row refers to it.

    A key that is not ours gets no answer. Nor does one of a workspace that the database does not
    know, unless ``strangers``: another installation may share the bucket, or the database may be
    the wrong one.
    """
    named = [one for key in keys if (one := read_key(place, key))]
    groups: dict[tuple[str, uuid.UUID], list[Named]] = defaultdict(list)
    for one in named:
        if one.owner:
            groups[one.kind, one.owner].append(one)
    known = set(Workspace.objects.filter(pk__in={owner for _, owner in groups}).values_list("pk"))
    answers = {one.key: True for one in named if one.owner is None}
    for (kind, owner), ones in groups.items():
        if strangers or (owner,) in known:
            free = {one.key for one in _free(owner, ones, _LOOKUPS[kind])}
            answers |= {one.key: one.key in free for one in ones}
    return answers


def _free(owner: uuid.UUID, ones: list[Named], lookups: Iterable[Lookup]) -> list[Named]:
    """Ask the cheap questions first, and each only about what is left."""
    for lookup in lookups:
        by_hash: dict[str, list[Named]] = defaultdict(list)
        for one in ones:
            by_hash[one.sha256].append(one)
        if not by_hash:
            break
        kept = set(lookup(owner, by_hash))
        ones = [one for one in ones if one.sha256 not in kept and one.key not in kept]
    return ones


def _of_cutouts(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = Cutout.objects.filter(workspace_id=owner, source_sha256__in=list(files))
    for key in rows.values_list("key", flat=True):
        yield from (key, f"{key.removesuffix('.npz')}.png")


def _cut_out(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = Cutout.objects.filter(workspace_id=owner, source_sha256__in=list(files))
    return rows.values_list("source_sha256", flat=True)


def _corrected(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = CutoutEdit.objects.filter(workspace_id=owner, source_sha256__in=list(files))
    return rows.values_list("source_sha256", flat=True)


def _photographs(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = SourceImage.with_removed.filter(
        product__store__workspace_id=owner, sha256__in=list(files)
    )
    return rows.values_list("sha256", flat=True)


def _snapshots(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = Snapshot.objects.filter(publication__store__workspace_id=owner)
    for gallery in rows.values_list("gallery", flat=True).iterator():
        yield from (row["key"] for row in gallery if row.get("key"))


def _candidates(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = Candidate.objects.filter(generation__workspace_id=owner)
    for made in rows.values_list("files", flat=True).iterator():
        yield from (facts["key"] for facts in made if facts["sha256"] in files)


def _renditions(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = Rendition.objects.filter(asset__workspace_id=owner, sha256__in=list(files))
    return rows.values_list("key", flat=True)


def _published(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    live = retention.live_items(timezone.now())
    rows = live.filter(publication__store__workspace_id=owner, sha256__in=list(files))
    return rows.values_list("storage_key", flat=True)


def _portraits(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = Person.objects.filter(workspace_id=owner, portrait__in=list(files))
    return rows.values_list("portrait", flat=True)


def _referred(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    """Pictures whose look a recipe follows: any version's, and any request's own."""
    of_presets = PresetVersion.objects.filter(
        preset__workspace_id=owner, spec__painting__reference__in=list(files)
    )
    yield from of_presets.values_list("spec__painting__reference", flat=True)
    own = Generation.objects.filter(
        workspace_id=owner, overrides__painting__reference__in=list(files)
    )
    yield from own.values_list("overrides__painting__reference", flat=True)


def _uploads(owner: uuid.UUID, files: Mapping[str, list[Named]]) -> Iterable[str]:
    rows = Upload.objects.filter(workspace_id=owner, sha256__in=list(files))
    return rows.values_list("key", flat=True)


_LOOKUPS: Mapping[str, tuple[Lookup, ...]] = {
    "preview": (_cut_out, _corrected, _photographs),
    "cut-out": (_of_cutouts,),
    "candidate": (_candidates,),
    "original": (
        *(_cut_out, _corrected, _photographs, _uploads),
        *(_portraits, _referred, _snapshots),
    ),
    "asset": (_renditions, _published),
}
