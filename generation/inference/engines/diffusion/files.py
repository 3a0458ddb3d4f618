"""A diffusion model's files on disk: where they lie, what is known of them, and if they are whole.

`MODEL_DIR/diffusion/<name>/` holds the files and `model.json`, which is written last: a model
without it is not there. Bringing files is `fetching`'s part. Nothing here loads a weight.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Annotated, NamedTuple

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from generation.inference.engine import EngineUnavailable
from generation.spec.parts import Frozen

from .model import PICKLED, Model, Source

NOTE = "model.json"
DIGEST = "sha256:"  # how a revision begins that is no commit: a digest of the files themselves
ALLOWED = frozenset({".safetensors", ".json", ".txt", ".model", ".jinja"})
"""Ends of files that a model may consist of; none of them runs code when it is read."""
# A header is JSON of a few hundred bytes a tensor; the format itself stops at 100 MB.
_MOST_HEADER = 100_000_000
_LENGTH_BYTES = 8


class FilesError(EngineUnavailable):
    """A model is not there, not whole or not permitted; the message says what to do."""


class LicenceNotAccepted(FilesError):
    """A model is whole, and the operator has not said yes to one of its licences."""


class KeptFile(Frozen):
    """One file of a model: its path below the model's folder, its size in bytes and its SHA-256."""

    path: str
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class KeptSource(Frozen):
    """Where the files of one folder came from."""

    hub_id: str
    revision: str
    licence: str


class Note(Frozen):
    """model.json: what lies in a model's folder, and which licences the operator accepted.

    ``sources`` are by the folder below the model's own. ``origin`` is a hub's address, or "folder".
    """

    name: str
    sources: dict[str, KeptSource]
    files: tuple[KeptFile, ...]
    accepted: tuple[str, ...]
    origin: str
    fetched_at: AwareDatetime


class State(NamedTuple):
    """What tells a file from what it was before: its content is read again where this differs."""

    path: Path
    inode: int
    size: int
    changed: int


def state_of(path: Path) -> State:
    """Look, without opening it; raises OSError."""
    stat = path.stat()
    return State(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)


def folder_of(name: str, models: Path) -> Path:
    """The place of a model below the weights folder ``models``, present or not."""
    return models / "diffusion" / name


def note_of(name: str, models: Path) -> Note | None:
    """What is known of a model that is there; None where it is not. Raises `FilesError`."""
    return read_note(folder_of(name, models), name)


def read_note(folder: Path, name: str) -> Note | None:
    """The note in ``folder`` about the model ``name``; None without one. Raises `FilesError`."""
    path = folder / NOTE
    try:
        return _note_in(state_of(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError) as error:
        raise FilesError(f"The model {name}: {NOTE} cannot be read. {_again(name)}") from error


@lru_cache(maxsize=64)
def _note_in(state: State) -> Note:
    return Note.model_validate_json(state.path.read_bytes())


def write_note(folder: Path, note: Note) -> None:
    """Put the note into ``folder``, whole or not at all."""
    part = folder / f".{NOTE}"
    part.write_text(note.model_dump_json(indent=1) + "\n", encoding="utf-8")
    part.replace(folder / NOTE)


def verify(model: Model, models: Path, *, whole: bool = False) -> None:
    """Raise `FilesError` unless the model is there as it should be, and its licences are accepted.

    Looks at sizes, revisions and the headers of weight files, in milliseconds; with ``whole`` at
    every byte, which takes minutes.
    """
    verify_in(folder_of(model.name, models), model, whole=whole)


def verify_in(folder: Path, model: Model, *, whole: bool = False) -> None:
    """`verify` for a model that lies in ``folder``."""
    note = read_note(folder, model.name)
    if note is None:
        raise FilesError(f"The model {model.name} is not there. {_fetch(model)}")
    _require_sources(model, note)
    _require_patterns(model, note)
    for kept in note.files:
        _require_file(model, folder, kept, whole=whole)
    _require_licences(model, note)


def pinned(model: Model, models: Path) -> Model:
    """The same model with every revision that is kept on disk; raises `FilesError`."""
    note = note_of(model.name, models)
    if note is None:
        return model
    revisions = {folder: kept.revision for folder, kept in note.sources.items()}
    beside = {
        folder: source.model_copy(update={"revision": revisions.get(folder, source.revision)})
        for folder, source in model.beside.items()
    }
    revision = revisions.get("", model.revision)
    return model.model_copy(update={"revision": revision, "beside": beside})


def wanted(source: Source, paths: Iterable[str]) -> list[str]:
    """Those of a repository's ``paths`` that a source names and that may be kept.

    Raises `FilesError` where a pattern finds nothing but pickled weights, or nothing at all.
    """
    found = list(paths)
    kept = [path for path in found if _is_named(path, source) and is_allowed(path)]
    for pattern in source.files:
        if not any(fnmatchcase(path, pattern) for path in kept):
            raise FilesError(_missing(source, pattern, found))
    return kept


def is_allowed(path: str) -> bool:
    """Whether a file may be part of a model: of a plain kind, and below the model's folder."""
    parts = PurePosixPath(path).parts
    return PurePosixPath(path).suffix in ALLOWED and ".." not in parts and not path.startswith("/")


def stored_as(model: Model, path: str) -> str:
    """The name under which a file of the hub is kept: without the variant in it."""
    if model.variant is None:
        return path
    return path.replace(f".{model.variant}.safetensors", ".safetensors")


def require_whole_weights(path: Path) -> None:
    """Raise `FilesError` unless a safetensors file is as long as its own header says."""
    try:
        state = state_of(path)
        size = _size_by_header(state)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise FilesError(
            f"{path.name} is no safetensors file, or only the start of one."
        ) from error
    except OSError as error:
        raise FilesError(f"{path.name} cannot be read: {error.strerror}.") from error
    if state.size != size:
        raise FilesError(
            f"{path.name} is truncated: {state.size} bytes, and its header speaks of {size}."
        )


@lru_cache(maxsize=1024)
def _size_by_header(state: State) -> int:
    """How long a weight file should be; ValueError and others for one that has no such header."""
    with state.path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if not 2 <= length <= _MOST_HEADER:
            raise ValueError
        header = json.loads(file.read(length))
    ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name[:2] != "__"]
    return _LENGTH_BYTES + length + max(ends, default=0)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_sources(model: Model, note: Note) -> None:
    for folder, source in model.sources.items():
        kept = note.sources.get(folder)
        if kept is None or kept.hub_id != source.hub_id:
            raise FilesError(f"The model {model.name} lacks {source.hub_id}. {_again(model.name)}")
        if source.revision and kept.revision != source.revision:
            raise FilesError(
                f"The model {model.name} has {source.hub_id} at revision {kept.revision[:12]}, and"
                f" the registry wants {source.revision[:12]}. {_again(model.name)}"
            )


def _require_licences(model: Model, note: Note) -> None:
    missing = [each.licence for each in model.licences if each.licence not in note.accepted]
    if missing:
        raise LicenceNotAccepted(
            f"The licence {missing[0]} of the model {model.name} is not accepted. Read it, then run"
            f" `manage.py fetch_model {model.name} --accept-licence`."
        )


def _require_patterns(model: Model, note: Note) -> None:
    for folder, source in model.sources.items():
        prefix = f"{folder}/" if folder else ""
        paths = [kept.path.removeprefix(prefix) for kept in note.files]
        for pattern in source.files:
            if not any(fnmatchcase(path, stored_as(model, pattern)) for path in paths):
                raise FilesError(
                    f"The model {model.name} lacks {prefix}{pattern}. {_again(model.name)}"
                )


def _require_file(model: Model, folder: Path, kept: KeptFile, *, whole: bool) -> None:
    path = folder / kept.path
    shown = f"{kept.path} of {model.name}"  # merchants read it: no folders
    if not is_allowed(kept.path):
        raise FilesError(f"{shown} may not be part of a model. {_again(model.name)}")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FilesError(f"{shown} is missing. {_again(model.name)}") from error
    if size != kept.size:
        raise FilesError(
            f"{shown} is truncated or changed: {size} bytes, not {kept.size}. {_again(model.name)}"
        )
    if path.suffix == ".safetensors":
        require_whole_weights(path)
    if whole and sha256_of(path) != kept.sha256:
        raise FilesError(f"{shown} is damaged: its SHA-256 is another one. {_again(model.name)}")


def _is_named(path: str, source: Source) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in source.files)


def _missing(source: Source, pattern: str, paths: list[str]) -> str:
    folder = str(PurePosixPath(pattern).parent)
    pickled = [
        path
        for path in paths
        if PurePosixPath(path).suffix in PICKLED and str(PurePosixPath(path).parent) == folder
    ]
    if pickled and pattern.endswith(".safetensors"):
        return (
            f"{source.hub_id} has {pickled[0]} and no {pattern}. A pickled file can run code when"
            " it is loaded, so it is not taken: find the same weights as safetensors."
        )
    return f"{source.hub_id} has no {pattern}."


def _fetch(model: Model) -> str:
    return (
        f"On the GPU machine run `manage.py fetch_model {model.name}`"
        f" ({model.download / 1e9:.1f} GB, licence {model.licence})."
    )


def _again(name: str) -> str:
    return f"Run `manage.py fetch_model {name}` again."
