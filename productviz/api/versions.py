"""ETags are versions: polling costs nothing while nothing changes, and no change is overwritten."""

from __future__ import annotations

from zlib import crc32

from rest_framework.request import Request

from productviz.api.problems import Problem
from productviz.lib.rows import VersionedModel


def etag(row: VersionedModel, moving: object = None) -> str:
    """The row's ETag; ``moving`` is what it shows beside and changes without a version."""
    beside = "" if moving is None else f"{crc32(repr(moving).encode()):010}"
    return f'"v{row.version}{beside}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether a reader has what the ETag stands for (If-None-Match): answer 304 then."""
    is_read = request.method in ("GET", "HEAD")
    return is_read and _names(request.headers.get("If-None-Match"), tag)


def require_match(request: Request, row: VersionedModel) -> None:
    """Raise Problem where the client means an earlier version (If-Match)."""
    wanted = request.headers.get("If-Match")
    if wanted is not None and not _names(wanted, etag(row)):
        raise Problem("version_conflict", headers={"ETag": etag(row)})


def _names(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    tags = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in tags or tag in tags
