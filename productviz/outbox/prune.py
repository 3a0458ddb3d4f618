"""Forgetting: answers after 7 days, deliveries and events after 30. A piece at a time.

Ids are made in the order of time, so a moment is a place in the primary key: no table is searched.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import models
from django.utils import timezone

from productviz.outbox.models import Delivery, DeliveryAttempt, Event

ANSWERS = timedelta(days=7)
DELIVERIES = timedelta(days=30)
EVENTS = timedelta(days=30)
PIECE = 1000


def prune() -> int:
    """Forget what is old enough; how many rows went or lost their text."""
    now = timezone.now()
    return _blank_answers(now - ANSWERS) + _deliveries(now - DELIVERIES) + _events(now - EVENTS)


def first_id(moment: datetime) -> UUID:
    """The least id that a row made at ``moment`` can have."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _blank_answers(before: datetime) -> int:
    old = DeliveryAttempt.objects.filter(at__lt=before).exclude(answer="").order_by("at")
    count = 0
    while found := list(old.values_list("pk", flat=True)[:PIECE]):
        count += DeliveryAttempt.objects.filter(pk__in=found).update(answer="")
    return count


def _deliveries(before: datetime) -> int:
    old = Delivery.objects.filter(pk__lt=first_id(before)).order_by("pk")
    count = 0
    while found := list(old.values_list("pk", flat=True)[:PIECE]):
        _forget(DeliveryAttempt.objects.filter(delivery__in=found))
        count += _forget(Delivery.objects.filter(pk__in=found))
    return count


def _events(before: datetime) -> int:
    old = Event.objects.filter(pk__lt=first_id(before)).order_by("pk")
    count = 0
    while found := list(old.values_list("pk", flat=True)[:PIECE]):
        last = Delivery.objects.filter(event__in=found)
        _forget(DeliveryAttempt.objects.filter(delivery__in=last))
        _forget(last)
        count += _forget(Event.objects.filter(pk__in=found))
    return count


def _forget(rows: models.QuerySet[models.Model]) -> int:
    """Delete without loading: everything that hangs on these rows went before them."""
    return int(rows._raw_delete(rows.db))
