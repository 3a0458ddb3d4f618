"""The line that workers take generations from: which may run now, and which goes first.

In order of lane, then turn (``intake.turns`` lets workspaces take turns), then age.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from generation.models import Batch, Generation
from integrations.models.stores import Platform, StoreStatus
from productviz.lib.lease import claim, due, release

# What the stages look at: loaded with the claim, so that no stage asks for it row by row.
RELATED = ("product__store", "preset_version__preset")


def waiting() -> QuerySet[Generation]:
    """Generations that may run, the one that should go first at the head.

    Those of a shop that has uninstalled the app wait until it comes back or is erased.
    """
    return _waiting(Q(batch=None) | Q(batch__is_held=False))


def take(owner: str, *, limit: int) -> list[Generation]:
    """Lease up to ``limit`` generations to ``owner``, in the order in which they are to be run.

    A batch with a limit of its own gives one at a time, while it has a place free. Whoever looks
    holds the batch's row, so that two never take its last place; others pass it over meanwhile.
    """
    limited = Batch.objects.filter(state__in=Batch.OPEN, is_held=False, concurrency__isnull=False)
    # What a person approves or retries once the run is over is limited no more.
    unlimited = Q(batch__concurrency=None) | ~Q(batch__state__in=Batch.OPEN)
    free_for_all = Q(batch=None) | (Q(batch__is_held=False) & unlimited)
    if not limited.exists():
        claimed = claim(_waiting(free_for_all), owner=owner, limit=limit, related=RELATED)
    else:
        with transaction.atomic():
            places = Q(pk__in=_next_of_limited(limited))
            rows = _waiting(free_for_all | places)
            claimed = claim(rows, owner=owner, limit=limit, related=RELATED)
    together = _together(claimed)
    release(claimed[len(together) :], owner)
    return together


def _waiting(runnable: Q) -> QuerySet[Generation]:
    left = Q(
        product__store__platform=Platform.SHOPIFY,
        product__store__status=StoreStatus.DISCONNECTED,
    )
    rows = Generation.objects.filter(
        runnable, ~left, product__store__deleted_at=None, status__in=Generation.WAITING
    )
    # By the row's own column as well, in the same statement: a hundred thousand held rows are
    # passed over in the index, and not joined to their batch one by one.
    held = Batch.objects.filter(is_held=True, state__in=Batch.OPEN)
    return rows.exclude(batch__in=held).order_by("lane", "turn", "id")


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
