"""What batches give the workers to do: prepare them, do their errands, notice their end."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from generation.batches import errands, prepare, watching
from generation.batches.chunks import Next
from generation.models import Batch
from productviz.lib.lease import MAX_ATTEMPTS, Heartbeat, claim, due, free, held, wait

log = structlog.get_logger(__name__)

# Then another batch has its turn, and images are made meanwhile.
SLICE_SECONDS = 2.0
AFTER_A_BUG = timedelta(seconds=30)
AFTER_MANY_BUGS = timedelta(minutes=15)


def take_steps(owner: str) -> int:
    """Prepare a batch, or do its errand, for a moment; the number of batches worked on."""
    claimed = claim(_waiting(), owner=owner, limit=1)
    with Heartbeat(Batch, owner):
        for batch in claimed:
            _work_on(batch, owner)
    return len(claimed)


def watch(owner: str) -> int:
    """Complete what has ended; the number of batches."""
    return watching.watch()


def is_due() -> bool:
    """Whether a batch has a step to take or an end to be noticed now."""
    return _waiting().filter(due()).exists() or watching.ended().exists()


def _waiting() -> QuerySet[Batch]:
    """Batches with something to do, the one that has waited longest first."""
    budget = Q(state=Batch.State.PAUSED, pause_reason=Batch.Pause.BUDGET)
    open_ones = budget | Q(state=Batch.State.PREPARING) | ~Q(errand="")
    rows = Batch.objects.filter(open_ones, store__deleted_at=None)
    return rows.order_by(F("not_before").asc(nulls_first=True), "pk")


def _work_on(batch: Batch, owner: str) -> None:
    try:
        if batch.attempt > MAX_ATTEMPTS:
            _give_up(batch, owner)
        elif _take_steps(batch, owner) is Next.MORE:
            wait(batch, owner, seconds=0)
        else:
            held(batch, owner).update(**free())
    except Exception:
        log.exception("a batch's step failed", batch=batch.public_id, attempt=batch.attempt)
        held(batch, owner).update(**free(not_before=timezone.now() + AFTER_A_BUG))


def _take_steps(batch: Batch, owner: str) -> Next:
    until = time.monotonic() + SLICE_SECONDS
    while True:
        after = errands.step(batch.pk) if batch.errand else prepare.step(batch, owner)
        if after is not Next.MORE or time.monotonic() > until:
            return after


def _give_up(batch: Batch, owner: str) -> None:
    """A batch that has cost three workers stops being prepared; its errands only wait longer."""
    if not batch.errand:
        prepare.give_up(batch, owner)
        return
    later = timezone.now() + AFTER_MANY_BUGS
    held(batch, owner).update(**free(not_before=later, attempt=0))
