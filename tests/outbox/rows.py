"""Rows of the outbox for tests."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from productviz.accounts.models import Workspace
from productviz.lib.ids import uuid7
from productviz.outbox.endpoints import create
from productviz.outbox.models import Delivery, Event, WebhookEndpoint
from productviz.outbox.record import Told, record
from tests.factories import make_workspace

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def make_endpoint(
    url: str, workspace: Workspace | None = None, *, verified: bool = True, **fields: Any
) -> WebhookEndpoint:
    """An endpoint with a known secret that has answered its first ping unless told otherwise."""
    values = {"event_types": ["*"], **fields}
    endpoint, _ = create(workspace=workspace or make_workspace(), url=url, **values)
    changes: dict[str, Any] = {"secret": SECRET}
    if verified:
        changes["verified_at"] = timezone.now()
        Delivery.objects.filter(endpoint=endpoint).delete()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**changes)
    endpoint.refresh_from_db()
    return endpoint


def tell(workspace: Workspace, kind: str = "generation.completed", **fields: Any) -> Event:
    """Record one event."""
    object_id = fields.pop("object_id", None) or uuid7()
    values: dict[str, Any] = {
        "type": kind,
        "workspace_id": workspace.pk,
        "object_id": object_id,
        "version": 1,
        "object": {"id": str(object_id), "object": kind.partition(".")[0], "version": 1},
    }
    record(Told(**{**values, **fields}))
    return Event.objects.filter(workspace=workspace).latest("id")


def delivery_of(event: Event, endpoint: WebhookEndpoint | None = None) -> Delivery:
    """The event's delivery, as it is now."""
    rows = Delivery.objects.filter(event=event)
    return rows.get(endpoint=endpoint) if endpoint else rows.get()


def strange_id() -> uuid.UUID:
    """An id that no row has."""
    return uuid.uuid4()
