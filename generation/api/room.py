"""Whether there is room for one more generation, and how long it will wait for its turn."""

from __future__ import annotations

import time
from math import ceil
from statistics import fmean

from django.conf import settings
from django.db.models import Q, QuerySet

from generation.events import progress
from generation.first_pictures import awaited
from generation.line import waiting
from generation.models import Asset, Generation
from productviz.accounts.models import Workspace
from productviz.api.problems import Problem

# So near to the limit a workspace's requests go one after the other, so that many at the same
# moment cannot pass it together.
_NARROW = 64
_QUEUE_RETRY_SECONDS = 30
_MOST_COUNTED = 10_000
_LOOKED_AT, _LOOK_SECONDS = 20, 10.0


def require_capacity() -> None:
    """Refuse while too much waits in all. Raises Problem."""
    # What waits for a person's first picture may do so for days, and costs nobody's time.
    everything = Generation.objects.filter(status__in=Generation.WAITING, waits_for=None)
    if everything.order_by()[settings.API_QUEUE : settings.API_QUEUE + 1].exists():
        headers = {"Retry-After": str(_QUEUE_RETRY_SECONDS)}
        raise Problem("temporary-reduced-capacity", headers=headers)


def require_room(workspace: Workspace) -> None:
    """Refuse what does not fit, in the caller's transaction. Raises Problem."""
    require_capacity()
    limit = settings.API_IN_FLIGHT
    if in_flight(workspace) < limit - _NARROW:
        return
    # NO KEY UPDATE: rows that point at the workspace may still be written by others.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    if in_flight(workspace) >= limit:
        raise Problem(
            "too_many_in_flight",
            f"{limit} generations of this workspace are on their way. Wait until some have ended,"
            " or start a batch.",
            headers={"Retry-After": "10"},
            limit=limit,
        )


def in_flight(workspace: Workspace) -> int:
    """How many of its generations are on their way, outside batches: those wait by themselves."""
    rows = Generation.objects.filter(workspace=workspace, batch=None)
    return rows.filter(status__in=Generation.WAITING).count()


def queue_position(row: Generation) -> int | None:
    """Its place in the line, 1 for the next; None once a worker has begun it, and while it waits
    for a person's first picture.

    From 10,000 on the line is not counted any further.
    """
    if row.status != Generation.Status.QUEUED or awaited(row):
        return None
    return _ahead(row)[:_MOST_COUNTED].count() + 1


def eta_seconds(row: Generation, position: int | None) -> int | None:
    """About how long until it is finished, by what the last images took; None where none is."""
    each = _pace.seconds()
    if each is None or row.status not in Generation.WAITING or awaited(row):
        return None
    if position is None:
        return ceil(each * (100 - progress(row)) / 100)
    return ceil(each * (position / int(str(settings.Q_CLUSTER["workers"])) + 1))


def seconds_each() -> float | None:
    """What one image took lately, of one worker; None where none was made yet."""
    return _pace.seconds()


def _ahead(row: Generation) -> QuerySet[Generation]:
    """Who goes first: by lane, then turn, then age, as workers take them."""
    earlier = Q(turn__lt=row.turn) | Q(turn=row.turn, pk__lt=row.pk)
    rows = waiting().filter(status=Generation.Status.QUEUED)
    return rows.filter(Q(lane__lt=row.lane) | Q(lane=row.lane) & earlier)


class _Pace:
    """The seconds that one of the last images took, looked up now and then only."""

    def __init__(self) -> None:
        self._until = 0.0
        self._seconds: float | None = None

    def seconds(self) -> float | None:
        """The mean of the newest; None where none was made yet."""
        if time.monotonic() >= self._until:
            self._seconds, self._until = _mean_seconds(), time.monotonic() + _LOOK_SECONDS
        return self._seconds


def _mean_seconds() -> float | None:
    newest = list(Asset.objects.order_by("-pk").values_list("pk", flat=True)[:_LOOKED_AT])
    rows = Generation.objects.filter(asset__in=newest, reused=False)
    spent = [sum(times.values()) for times in rows.values_list("stage_times", flat=True)]
    return fmean(spent) if spent else None


_pace = _Pace()
