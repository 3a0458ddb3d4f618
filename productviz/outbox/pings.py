"""Pings: the one event that an endpoint gets before it has shown that it wants any.

The receiver answers 2xx. What answers nothing, or refuses strangers, is never told of events; what
says 200 to everything is protected by the paces of ``lanes``.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from productviz.outbox.closing import thin
from productviz.outbox.models import Delivery, Event, WebhookEndpoint
from productviz.outbox.refusals import EndpointRefused
from productviz.outbox.wants import PING

TESTS_AN_HOUR = 10
# Making, changing and testing endpoints together, or one could make new ones for ever.
PINGS_AN_HOUR = 60
_HOUR = timedelta(hours=1)


def require_room(endpoint: WebhookEndpoint) -> None:
    """Raises EndpointRefused after 10 pings an hour of an endpoint, or 60 of a workspace."""
    recent = Event.objects.filter(
        workspace=endpoint.workspace_id, type=PING, created_at__gt=timezone.now() - _HOUR
    )
    if recent.count() >= PINGS_AN_HOUR:
        raise EndpointRefused(
            "quota-exceeded",
            f"This workspace has sent {PINGS_AN_HOUR} pings within an hour. Try again later.",
        )
    # The first ping of an endpoint is none that anybody asked for.
    if recent.filter(object_id=endpoint.pk).count() > TESTS_AN_HOUR:
        raise EndpointRefused(
            "quota-exceeded",
            f"This endpoint has been tested {TESTS_AN_HOUR} times within an hour. Try again later.",
        )


def ping(endpoint: WebhookEndpoint) -> Event:
    """Send a ping to this endpoint and no other, in the caller's transaction."""
    event = Event.objects.create(
        workspace_id=endpoint.workspace_id,
        type=PING,
        object_id=endpoint.pk,
        sequence=endpoint.version,
        data={"object": thin(endpoint), "previous": {}},
        audience={"endpoints": [endpoint.public_id]},
        spread=True,
    )
    Delivery.objects.create(event=event, endpoint=endpoint, next_at=timezone.now())
    return event
