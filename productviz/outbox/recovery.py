"""Replaying what was given up: ten a second, in order, from where ``recover_since`` stands."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from productviz.outbox.models import Delivery, WebhookEndpoint

PER_SECOND = 10
EVERY_SECONDS = 1.0


def given_up(endpoint: WebhookEndpoint, since: datetime) -> QuerySet[Delivery]:
    """The deliveries that a recovery from ``since`` on brings back, the oldest first."""
    rows = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.EXHAUSTED)
    return rows.filter(created_at__gte=since).order_by("created_at", "id")


def step(endpoint: WebhookEndpoint) -> int:
    """Put the next second's worth back in line, spaced evenly; how many there were.

    ``recover_since`` moves on past them, so that what is given up again is not replayed for ever.
    """
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True).get(
            pk=endpoint.pk
        )
        if row.recover_since is None:
            return 0
        batch, now = _next(row, row.recover_since), timezone.now()
        for number, delivery in enumerate(batch):
            _put_back(delivery, at=now + timedelta(seconds=number / PER_SECOND))
        past = batch[-1].created_at + timedelta(microseconds=1) if batch else None
        WebhookEndpoint.objects.filter(pk=row.pk).update(recover_since=past, version=F("version"))
    return len(batch)


def _next(endpoint: WebhookEndpoint, since: datetime) -> list[Delivery]:
    """The next ten, and those that were made in the same microsecond as the last of them."""
    rows = given_up(endpoint, since)
    first = list(rows[:PER_SECOND])
    if len(first) < PER_SECOND:
        return first
    return list(rows.filter(created_at__lte=first[-1].created_at))


def _put_back(delivery: Delivery, *, at: datetime) -> None:
    rows = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.EXHAUSTED)
    rows.update(state=Delivery.State.PENDING, attempts=0, next_at=at, finished_at=None)
