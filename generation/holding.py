"""Change a generation that a worker holds: in the table and in hand, so that nothing is read again.

Whoever else changes a row takes its lease away first, so the holder knows its version. Where that
is not so (somebody changed what a worker never writes, or a painter's progress was noted), the
version is looked up once more.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from generation.errors import LeaseLost
from generation.models import Generation
from productviz.lib.lease import held

_TRIES = 4  # a version that was looked up is old again only where progress is noted just then


def change(row: Generation, owner: str, **changes: Any) -> None:
    """Write the changes and count the version up; raises LeaseLost where nothing was written."""
    for _ in range(_TRIES):
        if _written(row, owner, changes):
            break
        version = held(row, owner).values_list("version", flat=True).first()
        if version is None:
            raise LeaseLost
        row.version = version
    else:
        raise LeaseLost
    for name, value in changes.items():
        setattr(row, name, value)


def _written(row: Generation, owner: str, changes: dict[str, Any]) -> bool:
    now, version = timezone.now(), row.version + 1
    rows = Generation.objects.filter(pk=row.pk, lease_owner=owner, version=row.version)
    if not rows.update(**changes, version=version, updated_at=now):
        return False
    row.version, row.updated_at = version, now
    return True
