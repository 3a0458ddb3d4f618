"""Notice that a batch has ended, exactly once, and tell how far the others are, now and then."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from generation.batches.chunks import locked
from generation.batches.progress import progress
from generation.batches.told import tell
from generation.models import Batch, Generation

# A whole percent more is told of, but not more often than this: 100 events a batch at most.
TOLD_AT_MOST_EVERY = timedelta(seconds=5)


def ended() -> QuerySet[Batch]:
    """Running batches with nothing left for the workers; reviews are left to people."""
    waiting = Generation.objects.filter(batch=OuterRef("pk"), status__in=Generation.WAITING)
    rows = Batch.objects.filter(state=Batch.State.RUNNING, prepared_at__isnull=False, errand="")
    return rows.filter(~Exists(waiting))


def watch() -> int:
    """Complete the batches that have ended and tell of the progress of others; those completed."""
    completed = sum(_complete(batch) for batch in ended())
    for batch in _untold():
        _tell_progress(batch)
    return completed


def _complete(batch: Batch) -> bool:
    with transaction.atomic():
        now = timezone.now()
        changed = ended().filter(pk=batch.pk)
        if not changed.update(state=Batch.State.COMPLETED, finished_at=now, told_percent=100):
            return False
        batch.refresh_from_db()
        tell(batch, "completed")
    return True


def _untold() -> QuerySet[Batch]:
    before = timezone.now() - TOLD_AT_MOST_EVERY
    rows = Batch.objects.filter(state__in=[Batch.State.PREPARING, Batch.State.RUNNING])
    return rows.filter(Q(told_at=None) | Q(told_at__lt=before))


def _tell_progress(batch: Batch) -> None:
    percent = progress(batch).percent
    with transaction.atomic():
        mine = Batch.objects.filter(pk=batch.pk, state=batch.state, told_at=batch.told_at)
        row = locked(mine)
        if row is None:
            return
        if percent <= row.told_percent:
            # Not a change that anybody outside could see.
            mine.update(told_at=timezone.now(), version=row.version)
            return
        mine.update(told_at=timezone.now(), told_percent=percent)
        row.refresh_from_db()
        tell(row, "progress")
