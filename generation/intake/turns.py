"""A lane's turns: a workspace's rows take the next ones, so that workspaces alternate."""

from __future__ import annotations

import uuid

from django.db.models import Max

from generation.models import Generation


def take(workspace_id: uuid.UUID, lane: int, count: int = 1) -> range:
    """The workspace's next ``count`` turns in the lane."""
    waiting = Generation.objects.filter(
        workspace_id=workspace_id, lane=lane, status__in=Generation.WAITING
    )
    last = waiting.aggregate(last=Max("turn"))["last"]
    first = 0 if last is None else last + 1
    return range(first, first + count)
