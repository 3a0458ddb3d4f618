"""What lies in storage: list it in order, set a file aside, bring it back, remove it for good.

A file that is set aside waits under ``trash/`` in its own place; reading it brings it back
(`files.get`), so setting aside the wrong one loses nothing. A folder and a bucket do the same here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, storages

TRASH = "trash/"
_MISSING = ("404", "NoSuchKey", "NotFound")


@dataclass(frozen=True, slots=True)
class Stored:
    """One file in storage; ``modified`` is aware, and for one set aside the time of that."""

    key: str
    bytes: int
    modified: datetime

    @property
    def is_aside(self) -> bool:
        """Whether it waits to be removed."""
        return self.key.startswith(TRASH)

    @property
    def name(self) -> str:
        """The key that it has, or had before it was set aside."""
        return self.key.removeprefix(TRASH)


def listing(place: str, *, after: str = "", limit: int) -> list[Stored]:
    """The next ``limit`` files whose keys come after ``after``, in the order of their keys.

    A folder's names are sorted in memory: about 100 MB for a million files in one folder.
    """
    storage = storages[place]
    if isinstance(storage, FileSystemStorage):
        return list(islice(_walk(Path(storage.location), "", after), limit))
    prefix = storage._normalize_name("")  # type: ignore[attr-defined]
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    objects = storage.bucket.objects.filter(  # type: ignore[attr-defined]
        Prefix=prefix, Marker=f"{prefix}{after}"
    )
    return [
        Stored(one.key.removeprefix(prefix), one.size, one.last_modified)
        for one in objects.limit(limit)
    ]


def _walk(root: Path, folder: str, after: str) -> Iterator[Stored]:
    try:
        with os.scandir(root / folder) as entries:
            names = sorted(f"{one.name}/" if one.is_dir() else one.name for one in entries)
    except FileNotFoundError:
        return
    for key in (f"{folder}{name}" for name in names):
        if key <= after and not after.startswith(key):
            continue
        if key.endswith("/"):
            yield from _walk(root, key, after)
        elif key != after:
            with suppress(FileNotFoundError):  # another sweep was faster
                found = (root / key).stat()
                yield Stored(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def set_aside(place: str, key: str) -> bool:
    """Move a file to the trash, as of now; False where it is no more."""
    storage = storages[place]
    if not isinstance(storage, FileSystemStorage):
        return _move_object(storage, key, TRASH + key)
    try:
        os.utime(storage.path(key))  # before the move: it must never look old there
    except FileNotFoundError:
        return False
    return _move_file(storage, key, TRASH + key)


def bring_back(place: str, key: str) -> bool:
    """Move a file from the trash to where it was; False where it is not in the trash."""
    storage = storages[place]
    move = _move_file if isinstance(storage, FileSystemStorage) else _move_object
    return move(storage, TRASH + key, key)


def remove(place: str, key: str, *, unless_since: datetime) -> bool:
    """Delete a file for good, unless it was written or set aside again since it was looked at."""
    storage = storages[place]
    try:
        if storage.get_modified_time(key) > unless_since:
            return False
    except FileNotFoundError:
        return False
    except Exception as error:
        if _is_missing(error):
            return False
        raise
    storage.delete(key)
    return True


def _move_file(storage: Any, old: str, new: str) -> bool:
    target = Path(storage.path(new))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(storage.path(old), target)
    except FileNotFoundError:
        return False
    return True


def _move_object(storage: Any, old: str, new: str) -> bool:
    source, target = storage._normalize_name(old), storage._normalize_name(new)
    try:
        storage.bucket.Object(target).copy_from(
            CopySource={"Bucket": storage.bucket_name, "Key": source}
        )
    except Exception as error:
        if _is_missing(error):
            return False
        raise
    storage.delete(old)
    return True


def _is_missing(error: Exception) -> bool:
    """Whether a bucket says that there is no such file; only a bucket's errors have a response."""
    response = getattr(error, "response", {})
    return response.get("Error", {}).get("Code") in _MISSING
