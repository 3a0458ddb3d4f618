"""From events to deliveries: who is to be told of what happened, one transaction a chunk.

Several processes may spread at once: each locks the events it takes, passes over those that
another one holds, and a delivery that exists already is left as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from productviz.outbox.models import Delivery, Event, WebhookEndpoint
from productviz.outbox.wants import wants

CHUNK = 1000


def spread() -> int:
    """Make the deliveries of the next events; how many events there were, at most ``CHUNK``.

    Endpoints that are disabled, or whose workspace is suspended, get none: what they miss is in
    the list of events. One that has not answered its first ping yet gets its deliveries, which
    wait for that answer.
    """
    if not Event.objects.filter(spread=False).exists():
        return 0
    with transaction.atomic():
        events = _next()
        Delivery.objects.bulk_create(_deliveries(events), batch_size=2000, ignore_conflicts=True)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(spread=True)
    return len(events)


def _next() -> list[Event]:
    waiting = Event.objects.filter(spread=False).order_by("id")
    rows = waiting.only("workspace_id", "store", "type", "object_id", "audience")
    return list(rows.select_for_update(skip_locked=True)[:CHUNK])


def _deliveries(events: list[Event]) -> list[Delivery]:
    listening = _listening({event.workspace_id for event in events})
    now = timezone.now()
    return [
        Delivery(event=event, endpoint=endpoint, next_at=now)
        for event in events
        for endpoint in listening[event.workspace_id]
        if wants(endpoint, event)
    ]


def _listening(workspaces: Iterable[UUID]) -> dict[UUID, list[WebhookEndpoint]]:
    found = defaultdict(list)
    rows = WebhookEndpoint.objects.filter(
        workspace__in=workspaces,
        workspace__suspended_at=None,
        status=WebhookEndpoint.Status.ENABLED,
    )
    for endpoint in rows.only("workspace_id", "event_types", "stores"):
        found[endpoint.workspace_id].append(endpoint)
    return found
