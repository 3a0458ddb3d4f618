"""The line that workers take generations from: which may run now, and which goes first.

In order of lane, then turn (``intake.turns`` lets workspaces take turns), then age.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from generation.models import Batch, Generation
from integrations.models.stores import Platform, Store, StoreStatus
from productviz.lib.lease import claim, due, release

# What the stages look at: loaded with the claim, so that no stage asks for it row by row.
RELATED = ("product__store", "preset_version__preset")


def waiting() -> QuerySet[Generation]:
    """Generations that may run, the one that should go first at the head.

    Those of a shop that has uninstalled the app wait until it comes back or is erased.
    """
    return _waiting(Q(is_held=True))


def take(owner: str, *, limit: int) -> list[Generation]:
    """Lease up to ``limit`` generations to ``owner``, in the order in which they are to be run.

    A batch with a limit of its own gives one at a time, while it has a place free. Whoever looks
    holds the batch's row, so that two never take its last place; others pass it over meanwhile.
    """
    # What a person approves or retries once the run is over is limited no more.
    is_limited = Q(state__in=Batch.OPEN, is_held=False, concurrency__isnull=False)
    limited = Batch.objects.filter(is_limited)
    if not limited.exists():
        claimed = claim(waiting(), owner=owner, limit=limit, related=RELATED)
    else:
        with transaction.atomic():
            rows = _waiting(Q(is_held=True) | is_limited, but=list(_next_of_limited(limited)))
            claimed = claim(rows, owner=owner, limit=limit, related=RELATED)
    together = _together(claimed)
    release(claimed[len(together) :], owner)
    return together


def _waiting(passed_over: Q, *, but: Sequence[uuid.UUID] = ()) -> QuerySet[Generation]:
    """What waits, without the rows of some batches, ``but`` of these rows all the same.

    Nothing is joined: small sets of batches and stores are looked up once, and the line is read in
    the order of its index, however many rows wait and whatever the server believes of their number
    (with joins, a claim took 100 ms after a batch of 10,000 until the server had counted anew).
    """
    left = Q(platform=Platform.SHOPIFY, status=StoreStatus.DISCONNECTED)
    gone = Store.objects.filter(left | Q(deleted_at__isnull=False))
    free = Q(batch=None) | ~Q(batch__in=Batch.objects.filter(passed_over).values("pk"))
    rows = Generation.objects.filter(free | Q(pk__in=but) if but else free)
    rows = rows.filter(~Q(store__in=gone.values("pk")), status__in=Generation.WAITING)
    return rows.order_by("lane", "turn", "id")


def _next_of_limited(limited: QuerySet[Batch]) -> Iterable[uuid.UUID]:
    """The first due row of every batch that has fewer in work than it may; indexes answer both."""
    for batch in limited.select_for_update(skip_locked=True, no_key=True):
        in_work = batch.generations.filter(lease_until__gte=timezone.now()).exclude(lease_owner="")
        if in_work.count() >= (batch.concurrency or 1):
            continue
        for status in (Generation.Status.PROCESSING, Generation.Status.QUEUED):
            rows = batch.generations.filter(due(), status=status).order_by("turn", "id")
            first = rows.values_list("pk", flat=True).first()
            if first is not None:
                yield first
                break


def _together(claimed: list[Generation]) -> list[Generation]:
    """The rows of a claim that may be run in one go.

    One that has cost a worker before goes alone, so that it can take no others down with it.
    """
    for count, row in enumerate(claimed):
        if row.attempt > 1:
            return claimed[: max(count, 1)]
    return claimed
