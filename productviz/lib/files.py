"""Bytes in storage, under names that are theirs: content-addressed, written whole or not at all.

Three places: ``work`` (re-computable), ``assets`` (what was promised), ``originals`` (as received,
never served). Keys never contain a name from outside.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, Any, Literal

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages

from productviz.lib.stored import bring_back

Place = Literal["work", "assets", "originals"]


def content_key(owner: str, data: bytes, extension: str) -> str:
    """``<owner>/<two characters>/<sha256>.<extension>`` for a tenant's bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return f"{owner}/{digest[:2]}/{digest}.{extension}"


def put(place: Place, key: str, data: bytes) -> None:
    """Store ``data`` under ``key``; a key that exists already holds these bytes.

    Raises OSError when the storage is full or away.
    """
    storage = storages[place]
    if not isinstance(storage, FileSystemStorage):
        if not storage.exists(key):
            storage.save(key, ContentFile(data))
        return
    path = Path(storage.path(key))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, data)


def put_file(place: Place, key: str, source: IO[bytes]) -> None:
    """Store what an open file holds under ``key``, in small pieces; see ``put``."""
    storage = storages[place]
    source.seek(0)
    if not isinstance(storage, FileSystemStorage):
        if not storage.exists(key):
            storage.save(key, File(source))
        return
    path = Path(storage.path(key))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, source)


def _write_whole(path: Path, data: bytes | IO[bytes]) -> None:
    """A reader, or a restart after a kill, sees the whole file or none."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            if isinstance(data, bytes):
                file.write(data)
            else:
                shutil.copyfileobj(data, file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def get(place: Place, key: str) -> bytes:
    """The bytes under ``key``; raises FileNotFoundError."""
    with open_file(place, key) as file:
        return bytes(file.read())


def open_file(place: str, key: str) -> File[Any]:
    """The file under ``key`` for reading; raises FileNotFoundError.

    One that a sweep set aside is brought back: whoever asks has a use for it.
    """
    try:
        return storages[place].open(key, "rb")
    except FileNotFoundError:
        if not bring_back(place, key):
            raise
    return storages[place].open(key, "rb")


def exists(place: Place, key: str) -> bool:
    """Whether ``key`` is there, or was set aside and is brought back."""
    return storages[place].exists(key) or bring_back(place, key)


def delete(place: Place, key: str) -> bool:
    """Remove what is under ``key``; False if nothing was there."""
    storage = storages[place]
    if not storage.exists(key):
        return False
    storage.delete(key)
    return True
