"""Events to read: the truth when webhooks were missed.

A key sees events of what it may read: each kind of object has its own scope.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from productviz.accounts.models import ApiKey, Workspace
from productviz.api.describe import extend_schema
from productviz.api.fields import PublicId
from productviz.api.filters import TIMES, Filter, by_choice, by_id, narrowed
from productviz.api.paging import page
from productviz.api.problems import field_problem
from productviz.api.reach import find
from productviz.api.views import ApiView
from productviz.lib.ids import parse_public_id, public_id
from productviz.lib.text import rfc3339
from productviz.outbox.message import told_data
from productviz.outbox.models import Event
from productviz.outbox.prune import first_id
from productviz.outbox.wants import PING, TYPES

# Which scope shows events of which kind of object.
SCOPE_OF = {
    "generation": "generations:read",
    "batch": "generations:read",
    "automation": "generations:read",
    "asset": "assets:read",
    "image": "products:read",
    "product": "products:read",
    "publication": "publications:read",
    "store": "stores:read",
    "sync": "stores:read",
    "usage": "usage:read",
    "webhook_endpoint": "webhooks:manage",
    "ping": "webhooks:manage",
}
# An event has its id before its transaction commits, so that one with an earlier id may appear
# after one with a later: who reads on from the last would never see it. Transactions that tell of
# something are done in a second or two: a poller sees what nothing can come before any more.
SETTLED = timedelta(seconds=10)
_SCOPES = tuple(sorted(set(SCOPE_OF.values())))


class EventData(serializers.Serializer[Any]):
    """The object after the change, thin, and what it was before; some types say more."""

    object = serializers.DictField()
    previous = serializers.DictField(required=False)


class EventShown(serializers.Serializer[Event]):
    """One change, in the very words that webhooks carry."""

    id = PublicId("evt")
    object = serializers.CharField()
    type = serializers.CharField()
    timestamp = serializers.DateTimeField()
    api_version = serializers.CharField()
    workspace = PublicId("wsp")
    sequence = serializers.IntegerField(help_text="The object's version after the change.")
    data = EventData()  # type: ignore[assignment]  # a field of this name, not the serializer's own


def shown(event: Event) -> dict[str, Any]:
    """The event as the API shows it."""
    return {
        "id": event.public_id,
        "object": "event",
        "type": event.type,
        "timestamp": rfc3339(event.created_at),
        "api_version": "v1",
        "workspace": public_id(Workspace.PREFIX, event.workspace_id),
        "sequence": event.sequence,
        "data": told_data(event),
    }


def visible(key: ApiKey) -> QuerySet[Event]:
    """The events of what the key may read."""
    allowed = Q(pk=None)
    for kind, scope in SCOPE_OF.items():
        if scope in key.scopes:
            allowed |= Q(type=kind) if kind == PING else Q(type__startswith=f"{kind}.")
    rows = key.workspace.events.filter(allowed)
    return rows.filter(store__in=key.stores) if key.stores else rows


def _of_object(name: str, text: str) -> dict[str, Any]:
    found = parse_public_id(text.partition("_")[0], text)
    if found is None:
        raise field_problem(f"/{name}", "not_found", "There is no such object.")
    return {"object_id": found}


class Events(ApiView):
    """The workspace's events."""

    scopes = {"GET": _SCOPES}
    filters = {
        **TIMES,
        "type": by_choice("type", {*TYPES, PING}),
        "store": by_id("store", "str"),
        "object": Filter(_of_object, {"type": "string", "pattern": "^[a-z]{3}_[0-7][0-9A-Z]{25}$"}),
    }

    @extend_schema(operation_id="list_events", responses=EventShown(many=True), tags=["events"])
    def get(self, request: Request) -> Response:
        """List events of the last 30 days, newest first; poll with order=asc and the last cursor.

        With order=asc there is always a next_cursor, and an event shows after ten seconds.

        A key sees the events of what it may read: generation, batch and automation events take
        generations:read, asset events assets:read, product and image events products:read,
        publication events publications:read, store and sync events stores:read, usage events
        usage:read, webhook_endpoint events and pings webhooks:manage.
        """
        rows = narrowed(request, visible(self.key), self.filters)
        if request.query_params.get("order") == "asc":
            rows = rows.filter(pk__lt=first_id(timezone.now() - SETTLED))
        found = page(request, rows, goes_on=True)
        return Response(found.body([shown(event) for event in found.rows]))


class OneEvent(ApiView):
    """One event."""

    scopes = {"GET": _SCOPES}

    @extend_schema(operation_id="get_event", responses=EventShown, tags=["events"])
    def get(self, request: Request, pk: str) -> Response:
        """Show an event. It never changes."""
        return Response(shown(find(visible(self.key), pk)))
