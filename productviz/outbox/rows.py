"""The sender's questions to the database: whose turn it is, and what is due there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from productviz.outbox.message import body_of, signing_secrets
from productviz.outbox.models import Delivery, WebhookEndpoint
from productviz.outbox.tries import Job
from productviz.outbox.wants import PING

_State = Delivery.State
_AFTER_A_FAULT = timedelta(minutes=5)


def due_endpoints() -> QuerySet[WebhookEndpoint]:
    """Endpoints with something to send now, whoever holds them.

    One that has not answered its first ping has nothing else to send.
    """
    now = timezone.now()
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), state=_State.PENDING, next_at__lte=now)
    pings = due.filter(event__type=PING)
    is_due = Q(verified_at__isnull=False) & (Exists(due) | Q(recover_since__isnull=False))
    return WebhookEndpoint.objects.filter(
        Q(retry_at=None) | Q(retry_at__lte=now),
        is_due | (Q(verified_at=None) & Exists(pings)),
        status=WebhookEndpoint.Status.ENABLED,
        workspace__suspended_at=None,
    ).order_by("pk")


def due_deliveries(
    endpoint: WebhookEndpoint, *, but: Collection[UUID], limit: int
) -> list[Delivery]:
    """The endpoint's next deliveries, but for those that are in hand, with their events."""
    rows = Delivery.objects.filter(
        endpoint=endpoint, state=_State.PENDING, next_at__lte=timezone.now()
    ).exclude(pk__in=but)
    if endpoint.verified_at is None:
        rows = rows.filter(event__type=PING)
    return list(rows.select_related("event").order_by("next_at", "id")[:limit])


def job_of(delivery: Delivery, endpoint: WebhookEndpoint) -> Job:
    """What a thread needs to try the delivery once; secrets and address are as they are now."""
    event = delivery.event
    return Job(
        delivery_id=delivery.pk,
        endpoint_id=endpoint.pk,
        url=endpoint.url,
        event_id=event.public_id,
        event_type=event.type,
        number=delivery.attempts + 1,
        body=body_of(event, include_urls=endpoint.include_urls),
        secrets=signing_secrets(endpoint),
        verifies=event.type == PING and endpoint.verified_at is None,
    )


def drop_suspended() -> int:
    """End what waits for suspended workspaces; how many deliveries that were."""
    rows = Delivery.objects.filter(
        state=_State.PENDING, endpoint__workspace__suspended_at__isnull=False
    )
    return rows.update(state=_State.DROPPED, finished_at=timezone.now())


def put_off(delivery: Delivery) -> None:
    """Leave a delivery that a fault of ours stops for a while."""
    later = timezone.now() + _AFTER_A_FAULT
    Delivery.objects.filter(pk=delivery.pk, state=_State.PENDING).update(next_at=later)


def overdue(age: timedelta) -> QuerySet[Delivery]:
    """What should have been sent ``age`` ago, to endpoints that take what they get."""
    return Delivery.objects.filter(
        state=_State.PENDING,
        next_at__lt=timezone.now() - age,
        endpoint__status=WebhookEndpoint.Status.ENABLED,
        endpoint__failures=0,
        endpoint__verified_at__isnull=False,
        endpoint__workspace__suspended_at=None,
    )
