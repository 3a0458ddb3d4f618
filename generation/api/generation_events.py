"""/generations/{id}/events: what happened to a generation, as a list or as it happens."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from generation.api.event_stream import EventStreamRenderer, event_json, is_wanted, stream
from generation.api.owned import generations_of
from productviz.api.describe import extend_schema
from productviz.api.fields import Moment, PublicId
from productviz.api.filters import narrowed
from productviz.api.paging import page
from productviz.api.reach import find
from productviz.api.views import ApiView
from productviz.outbox.models import Event


class GenerationEventShown(serializers.Serializer[Any]):
    """One change of the generation, as webhooks tell it."""

    id = PublicId("evt")
    object = serializers.CharField()
    type = serializers.CharField()
    timestamp = Moment()
    api_version = serializers.CharField()
    workspace = PublicId("wsp")
    sequence = serializers.IntegerField()
    data = serializers.DictField()  # type: ignore[assignment]


class EventList(ApiView):
    """What happened to a generation."""

    scopes = {"GET": "generations:read"}
    renderer_classes = (JSONRenderer, EventStreamRenderer)  # type: ignore[assignment]

    @extend_schema(
        operation_id="list_generation_events",
        problems=("temporary-reduced-capacity",),
        headers={"Last-Event-ID": {"type": "string"}},
        responses=GenerationEventShown(many=True),
        tags=["generations"],
    )
    def get(self, request: Request, pk: str) -> Response | StreamingHttpResponse:
        """List the events, the oldest first; as server-sent events with that Accept header."""
        row = find(generations_of(self.key), pk)
        if is_wanted(request):
            return stream(request, row)
        rows = narrowed(request, Event.objects.filter(object_id=row.pk), {})
        listed = page(request, rows, newest_first=False)
        return Response(listed.body([event_json(event) for event in listed.rows]))
