"""ETags are versions: polling costs nothing while nothing changes, and no change is overwritten."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from productviz.api.problems import Problem
from productviz.lib.rows import VersionedModel


def etag(row: VersionedModel) -> str:
    """The row's ETag."""
    return f'"v{row.version}"'


def is_known(request: Request, row: VersionedModel) -> bool:
    """Whether the client has this version already (If-None-Match): answer 304 then."""
    return _names(request.headers.get("If-None-Match"), row)


def not_modified(row: VersionedModel) -> Response:
    """304, with the ETag."""
    return Response(status=304, headers={"ETag": etag(row)})


def require_match(request: Request, row: VersionedModel) -> None:
    """Raise Problem where the client means an earlier version (If-Match)."""
    wanted = request.headers.get("If-Match")
    if wanted is not None and not _names(wanted, row):
        raise Problem("version_conflict", headers={"ETag": etag(row)})


def _names(header: str | None, row: VersionedModel) -> bool:
    if header is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag(row) in tags
