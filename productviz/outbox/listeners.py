"""Who listens for events that come too often to be recorded for nobody."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from productviz.outbox.models import WebhookEndpoint
from productviz.outbox.wants import matches


def listening(event_type: str, workspaces: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of the workspaces have an enabled endpoint that asks for such events."""
    rows = WebhookEndpoint.objects.filter(
        workspace__in=workspaces, status=WebhookEndpoint.Status.ENABLED
    )
    asked = rows.values_list("workspace_id", "event_types")
    return {workspace for workspace, types in asked if matches(event_type, types)}
