"""How an endpoint has done in the last 24 hours: tries that went well and tries that did not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import TruncHour
from django.utils import timezone

from productviz.outbox.models import DeliveryAttempt, WebhookEndpoint
from productviz.outbox.prune import first_id

HOURS = 24
# Tries of a delivery end within its ladder's three days, so that no older rows are looked at.
_OLDEST = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour's tries."""

    start: datetime
    good: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Pulse:
    """The last 24 hours, the present one last."""

    hours: tuple[Hour, ...]

    @property
    def good(self) -> int:
        """Tries that the receiver answered well."""
        return sum(hour.good for hour in self.hours)

    @property
    def bad(self) -> int:
        """Tries that failed."""
        return sum(hour.bad for hour in self.hours)


def pulses(endpoints: Iterable[WebhookEndpoint]) -> dict[UUID, Pulse]:
    """The pulse of each endpoint, with one question for all of them."""
    last = timezone.now().replace(minute=0, second=0, microsecond=0)
    starts = [last - timedelta(hours=ago) for ago in reversed(range(HOURS))]
    ids = [endpoint.pk for endpoint in endpoints]
    counted = {
        (endpoint, hour): (good, bad) for endpoint, hour, good, bad in _count(ids, starts[0])
    }
    return {
        pk: Pulse(tuple(Hour(start, *counted.get((pk, start), (0, 0))) for start in starts))
        for pk in ids
    }


def _count(ids: list[UUID], since: datetime) -> Iterable[tuple[UUID, datetime, int, int]]:
    tries = DeliveryAttempt.objects.filter(
        at__gte=since, delivery__endpoint__in=ids, delivery__gte=first_id(since - _OLDEST)
    )
    return (
        tries.annotate(hour=TruncHour("at"))
        .values("delivery__endpoint", "hour")
        .annotate(good=Count("pk", filter=Q(error="")), bad=Count("pk", filter=~Q(error="")))
        .values_list("delivery__endpoint", "hour", "good", "bad")
    )
