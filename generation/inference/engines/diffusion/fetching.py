"""Bringing a diffusion model into the weights folder: from a hub, or from a folder copied by hand.

A model is put together in a folder of its own beside its place and moved there when it is whole;
one that was cut off goes on where it was.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from .files import (
    DIGEST,
    NOTE,
    FilesError,
    KeptFile,
    KeptSource,
    Note,
    folder_of,
    is_allowed,
    note_of,
    read_note,
    sha256_of,
    stored_as,
    verify_in,
    wanted,
    write_note,
)
from .hub import Hub, Listed
from .model import Model

Progress = Callable[[str, int], None]
"""Called with the file in hand and the bytes that have just been added to the model."""

_ROOM = 100_000_000  # bytes that stay free beside the model


@dataclass(frozen=True, slots=True)
class Part:
    """One file to be brought: whose source it is (a folder), and what the hub says of it."""

    folder: str
    listed: Listed


@dataclass(frozen=True, slots=True)
class Plan:
    """What fetching a model will bring: its sources' commits, and every file with its size."""

    model: Model
    commits: dict[str, str]
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(part.listed.size for part in self.parts)


def plan(model: Model, hub: Hub) -> Plan:
    """Ask the hub what a model consists of; raises `FilesError`."""
    commits = {folder: hub.commit(source) for folder, source in model.sources.items()}
    parts: list[Part] = []
    for folder, source in model.sources.items():
        listed = {each.path: each for each in hub.files(source, commits[folder])}
        parts += [Part(folder, listed[path]) for path in wanted(source, listed)]
    return Plan(model, commits, tuple(parts))


def accept(model: Model, models: Path) -> None:
    """Note that the operator accepts the licences of a model that is there already, if it is."""
    note = note_of(model.name, models)
    if note is not None:
        accepted = tuple(dict.fromkeys((*note.accepted, *_licences(model))))
        write_note(folder_of(model.name, models), note.model_copy(update={"accepted": accepted}))


def fetch(plan: Plan, models: Path, hub: Hub, progress: Progress) -> Path:
    """Bring a planned model, whose licences the operator accepted; gives its folder.

    Goes on where an earlier try ended, and takes over what is whole of a model that lies there.
    Raises `FilesError`.
    """
    model = plan.model
    with _writing(model, models):
        final, staging = folder_of(model.name, models), _beside(model, models, "fetch")
        if final.exists() and not staging.exists():
            (final / NOTE).unlink(missing_ok=True)
            final.rename(staging)
        staging.mkdir(parents=True, exist_ok=True)
        _require_room(plan, staging)
        kept = [_bring(part, plan, staging, hub, progress) for part in plan.parts]
        _finish(model, models, staging, _note(model, plan.commits, kept, hub.address))
    return folder_of(model.name, models)


def bring(model: Model, models: Path, source: Path, progress: Progress) -> Path:
    """Copy a model that was fetched elsewhere; gives its folder. Raises `FilesError`.

    ``source`` is such a model's folder on another installation, with its model.json, or the files
    of the repository with those of each further source in a folder below, named as the registry
    names it. The operator accepted the licences.
    """
    theirs = read_note(source, model.name)
    with _writing(model, models):
        staging = _beside(model, models, "bring")
        shutil.rmtree(staging, ignore_errors=True)
        if theirs is None:
            kept = _copy_repositories(model, source, staging, progress)
            everything = [one for part in kept.values() for one in part]
            note = _note(model, _commits_of(model, source, kept), everything, "folder")
        else:
            _copy_kept(theirs, source, staging, progress)
            note = theirs.model_copy(update={"accepted": _licences(model)})
        _finish(model, models, staging, note)
    return folder_of(model.name, models)


def _bring(part: Part, plan: Plan, staging: Path, hub: Hub, progress: Progress) -> KeptFile:
    model, listed = plan.model, part.listed
    target = staging / part.folder / stored_as(model, listed.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if listed.is_in(target):
        progress(listed.path, listed.size)
    else:
        source, commit = model.sources[part.folder], plan.commits[part.folder]
        hub.bring(source, commit, listed, target, lambda done: progress(listed.path, done))
    digest = listed.digest if listed.lfs else sha256_of(target)
    return _kept(target, staging, digest)


def _copy_repositories(
    model: Model, source: Path, staging: Path, progress: Progress
) -> dict[str, list[KeptFile]]:
    kept: dict[str, list[KeptFile]] = {folder: [] for folder in model.sources}
    for folder, one in model.sources.items():
        here = source / folder
        paths = [str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()]
        for path in wanted(one, paths):
            target = staging / folder / stored_as(model, path)
            _copy(here / path, target, progress)
            kept[folder].append(_kept(target, staging, sha256_of(target)))
    return kept


def _copy_kept(theirs: Note, source: Path, staging: Path, progress: Progress) -> None:
    for kept in theirs.files:
        if not is_allowed(kept.path) or not (source / kept.path).is_file():
            raise FilesError(f"{source / kept.path} is missing, or may not be part of a model.")
        _copy(source / kept.path, staging / kept.path, progress)
        if sha256_of(staging / kept.path) != kept.sha256:
            raise FilesError(f"{source / kept.path} was damaged on its way: copy it again.")


def _copy(source: Path, target: Path, progress: Progress) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    progress(source.name, target.stat().st_size)


def _kept(path: Path, folder: Path, digest: str) -> KeptFile:
    size = path.stat().st_size
    return KeptFile(path=str(path.relative_to(folder)), size=size, sha256=digest)


def _note(model: Model, commits: dict[str, str], kept: list[KeptFile], origin: str) -> Note:
    sources = {
        folder: KeptSource(hub_id=source.hub_id, revision=commits[folder], licence=source.licence)
        for folder, source in model.sources.items()
    }
    return Note(
        name=model.name,
        sources=sources,
        files=tuple(kept),
        accepted=_licences(model),
        origin=origin,
        fetched_at=timezone.now(),
    )


def _commits_of(
    model: Model, source: Path, kept: Mapping[str, Sequence[KeptFile]]
) -> dict[str, str]:
    """What the folders' names say, as a hub's own cache names them; else what the registry wants.

    No file of a repository says which commit it is of, so a folder of another name is believed.
    Where nobody names a commit, the files' own digest tells one from another in every manifest.
    """
    commits = {}
    for folder, one in model.sources.items():
        name = (source / folder).resolve().name
        named = name if re.fullmatch("[0-9a-f]{40}", name) else one.revision
        commits[folder] = named or _digest_of(kept[folder])
    return commits


def _digest_of(kept: Sequence[KeptFile]) -> str:
    lines = sorted(f"{one.sha256} {one.path}\n" for one in kept)
    return f"{DIGEST}{hashlib.sha256(''.join(lines).encode()).hexdigest()[:40]}"


def _finish(model: Model, models: Path, staging: Path, note: Note) -> None:
    """Check the whole, then move it to its place."""
    for part in staging.rglob("*.part"):
        part.unlink()
    write_note(staging, note)
    try:
        verify_in(staging, model)
    except FilesError:
        (staging / NOTE).unlink()
        raise
    final, old = folder_of(model.name, models), _beside(model, models, "old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    staging.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def _licences(model: Model) -> tuple[str, ...]:
    return tuple(each.licence for each in model.licences)


def _beside(model: Model, models: Path, what: str) -> Path:
    """A folder next to the model's own; no model's name begins with a dot."""
    final = folder_of(model.name, models)
    return final.with_name(f".{what}-{model.name}")


def _require_room(plan: Plan, staging: Path) -> None:
    there = sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())
    needed = plan.size - there + _ROOM
    free = shutil.disk_usage(staging).free
    if needed > free:
        raise FilesError(
            f"The model {plan.model.name} needs {needed / 1e9:.1f} GB more at {staging.parent}, and"
            f" {free / 1e9:.1f} GB are free. Make room, or set PRODUCTVIZ_MODEL_DIR to a larger"
            " disk."
        )


@contextmanager
def _writing(model: Model, models: Path) -> Iterator[None]:
    """A full or locked disk becomes a `FilesError`."""
    try:
        yield
    except OSError as error:
        raise FilesError(
            f"Could not write the model {model.name} to {models}: {error.strerror or error}. Free"
            f" {model.download / 1e9:.1f} GB there, or set PRODUCTVIZ_MODEL_DIR to a folder that"
            " can be written to."
        ) from error
