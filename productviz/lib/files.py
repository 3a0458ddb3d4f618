"""Bytes in storage, under names that are theirs: content-addressed, written whole or not at all.

Three places: ``work`` (re-computable), ``assets`` (what was promised), ``originals`` (as received,
never served). Keys never contain a name from outside.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages

from productviz.lib.stored import bring_back

Place = Literal["work", "assets", "originals"]


class StorageFailed(OSError):
    """The disk is full or the bucket is away: nothing is wrong with the file, so try again later.

    A missing file is a FileNotFoundError and never this.
    """


def content_key(owner: str, data: bytes, extension: str) -> str:
    """``<owner>/<two characters>/<sha256>.<extension>`` for a tenant's bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return f"{owner}/{digest[:2]}/{digest}.{extension}"


def put(place: Place, key: str, data: bytes) -> None:
    """Store ``data`` under ``key``; a key that exists already holds these bytes.

    Raises StorageFailed when the storage is full or away.
    """
    storage = storages[place]
    with _faults_of(place):
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
    """The bytes under ``key``; raises FileNotFoundError or StorageFailed."""
    with _faults_of(place), open_file(place, key) as file:
        return bytes(file.read())


def open_file(place: str, key: str) -> File[Any]:
    """The file under ``key`` for reading; raises FileNotFoundError or StorageFailed.

    One that a sweep set aside is brought back: whoever asks has a use for it.
    """
    with _faults_of(place):
        try:
            return storages[place].open(key, "rb")
        except FileNotFoundError:
            if not bring_back(place, key):
                raise
        return storages[place].open(key, "rb")


def exists(place: Place, key: str) -> bool:
    """Whether ``key`` is there, or was set aside and is brought back; raises StorageFailed."""
    with _faults_of(place):
        return storages[place].exists(key) or bring_back(place, key)


def delete(place: Place, key: str) -> bool:
    """Remove what is under ``key``; False if nothing was there. Raises StorageFailed."""
    storage = storages[place]
    with _faults_of(place):
        if not storage.exists(key):
            return False
        storage.delete(key)
    return True


@contextmanager
def _faults_of(place: str) -> Iterator[None]:
    """Turn what a disk or a bucket raises into one kind of error."""
    try:
        yield
    except (FileNotFoundError, StorageFailed):
        raise
    except Exception as error:
        if isinstance(error, OSError) or _is_a_buckets(error):
            raise StorageFailed(f"The place “{place}” cannot be used: {error}") from error
        raise


def _is_a_buckets(error: Exception) -> bool:
    """Whether it comes from S3's library, which nobody imports who keeps files in a folder."""
    homes = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return not homes.isdisjoint({"botocore", "boto3"})
