"""Bytes that an API client has sent: kept for a day, used once, by their own workspace."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import IO

from django.utils import timezone

from integrations.contract import Permanent, Retryable
from integrations.models import Upload
from productviz.accounts.models import Workspace
from productviz.lib import files

KEPT = timedelta(hours=24)
_CHUNK = 1 << 20


def original_key(workspace: uuid.UUID, sha256: str) -> str:
    """Where a workspace's bytes lie among the originals."""
    return f"{workspace.hex}/{sha256[:2]}/{sha256}.bin"


def note(workspace: Workspace, sha256: str, size: int) -> Upload:
    """Give bytes that are kept a name to be used by, once."""
    return Upload.objects.create(
        workspace=workspace,
        sha256=sha256,
        key=original_key(workspace.pk, sha256),
        bytes=size,
        expires_at=timezone.now() + KEPT,
    )


def keep_bytes(workspace: uuid.UUID, file: IO[bytes]) -> tuple[str, int]:
    """Store a file under its hash, read in small pieces; the hash, and how many bytes it has.

    Raises Retryable where the storage is full or away.
    """
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    sha256 = digest.hexdigest()
    try:
        files.put_file("originals", original_key(workspace, sha256), file)
    except OSError as error:
        raise Retryable(
            "The file could not be stored here. Send it again later.", code="storage_failed"
        ) from error
    return sha256, size


def use(upload: Upload) -> str:
    """Use an upload up, in the caller's transaction; its hash. Raises Permanent if it is over."""
    open_ones = Upload.objects.filter(pk=upload.pk, used_at=None, expires_at__gt=timezone.now())
    if not open_ones.update(used_at=timezone.now()):
        raise Permanent(
            "This upload was used already, or is older than 24 hours. Send the file again.",
            code="upload_used",
        )
    return upload.sha256
