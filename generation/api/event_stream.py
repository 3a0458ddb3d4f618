"""A generation's events as they happen, as server-sent events.

One stream holds a thread of the web process and a database connection, so a process has only a few
at a time, and each ends after a minute: EventSource comes back by itself with ``Last-Event-ID``.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Generator, Iterator
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from generation.models import Generation
from productviz.api.problems import Problem
from productviz.lib.ids import parse_public_id, public_id
from productviz.lib.text import rfc3339
from productviz.outbox.message import told_data
from productviz.outbox.models import Event

CONTENT_TYPE = "text/event-stream"
LONGEST_SECONDS, HEARTBEAT_SECONDS, LOOK_SECONDS = 60.0, 10.0, 0.5
_COME_BACK_MILLISECONDS = 2000
_BUSY_SECONDS = "5"

_places = BoundedSemaphore(settings.API_STREAMS)


class EventStreamRenderer(JSONRenderer):
    """Lets a client ask for a stream; what is no stream, such as a problem, stays JSON."""

    media_type = CONTENT_TYPE
    format = "events"


def is_wanted(request: Request) -> bool:
    """Whether the client asks for a stream instead of a list."""
    return bool(request.accepted_media_type.startswith(CONTENT_TYPE))


def event_json(event: Event) -> dict[str, Any]:
    """An event as lists, streams and webhooks show it."""
    return {
        "id": event.public_id,
        "object": "event",
        "type": event.type,
        "timestamp": rfc3339(event.created_at),
        "api_version": "v1",
        "workspace": public_id("wsp", event.workspace_id),
        "sequence": event.sequence,
        "data": told_data(event),
    }


def stream(request: Request, row: Generation) -> StreamingHttpResponse:
    """Answer with the events after the client's last one. Raises Problem where all are taken."""
    after = _last_seen(request, row)
    if not _places.acquire(blocking=False):
        raise Problem("temporary-reduced-capacity", headers={"Retry-After": _BUSY_SECONDS})
    response = StreamingHttpResponse(_Stream(row.pk, after), content_type=CONTENT_TYPE)
    response["X-Accel-Buffering"] = "no"  # nginx would hold the lines back
    return response


class _Stream:
    """The lines of one stream; gives its place back when the server closes it, read or not."""

    def __init__(self, generation: uuid.UUID, after: Event | None) -> None:
        self._lines = _lines(generation, after)
        self._is_open = True

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def close(self) -> None:
        """End it; Django calls this in the end, however the request went."""
        self._lines.close()
        if self._is_open:
            self._is_open = False
            _places.release()


def _lines(generation: uuid.UUID, after: Event | None) -> Generator[str, None, None]:
    """Until the generation has ended and all of it was told, or the time is over."""
    started = spoken = time.monotonic()
    yield f"retry: {_COME_BACK_MILLISECONDS}\n\n"
    while True:
        has_ended = _has_ended(generation)  # before the events are read, so that none is missed
        for event in _events(generation, after):
            after, spoken = event, time.monotonic()
            yield _frame(event)
        if has_ended or time.monotonic() - started >= LONGEST_SECONDS:
            return
        if time.monotonic() - spoken >= HEARTBEAT_SECONDS:
            spoken = time.monotonic()
            yield ": still here\n\n"
        time.sleep(LOOK_SECONDS)


def _frame(event: Event) -> str:
    # JSON has no raw line breaks, so a text from outside cannot end a frame or begin another.
    return f"id: {event.public_id}\nevent: {event.type}\ndata: {json.dumps(event_json(event))}\n\n"


def _has_ended(generation: uuid.UUID) -> bool:
    on_its_way = Generation.objects.filter(pk=generation).exclude(status__in=Generation.TERMINAL)
    return not on_its_way.exists()


def _events(generation: uuid.UUID, after: Event | None) -> Iterator[Event]:
    rows = Event.objects.filter(object_id=generation).order_by("sequence", "pk")
    if after is not None:
        later = Q(sequence=after.sequence, pk__gt=after.pk) | Q(sequence__gt=after.sequence)
        rows = rows.filter(later)
    return iter(list(rows))


def _last_seen(request: Request, row: Generation) -> Event | None:
    """The event that the client saw last; one that is gone by now begins the story again."""
    text = request.headers.get("Last-Event-ID", "")
    if not text:
        return None
    pk = parse_public_id(Event.PREFIX, text)
    if pk is None:
        raise Problem("header_invalid", "Last-Event-ID is the id of an event, such as evt_...")
    return Event.objects.filter(pk=pk, object_id=row.pk).first()
