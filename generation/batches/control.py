"""What people ask of a batch: pause, resume, cancel, retry what failed, undo the run.

Each is one conditional update that holds at once; what concerns many rows is an errand, of which
the asker takes the first step and workers the others. Raises NotPossible where it is too late.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q

from generation.batches import errands
from generation.batches.chunks import locked
from generation.intake.turns import join_again
from generation.models import Batch
from generation.review import NotPossible
from productviz.lib import queue
from productviz.lib.lease import free

State = Batch.State
Errand = Batch.Errand


def pause(batch: Batch) -> Batch:
    """Begin no more of the batch; what a worker has in hand is finished."""
    may = Q(state__in=[State.PREPARING, State.RUNNING]) | ~Q(pause_reason="")
    return _change(batch, may, state=State.PAUSED, is_held=True, pause_reason="")


def resume(batch: Batch) -> Batch:
    """Go on with a paused batch, also before the day's budget is back."""
    state = State.RUNNING if batch.prepared_at else State.PREPARING
    may = Q(state=State.PAUSED, prepared_at__isnull=batch.prepared_at is None)
    with transaction.atomic():
        row = locked(Batch.objects.filter(pk=batch.pk))  # before its generations, as errands do
        if row is not None and row.is_held:
            join_again(row)
        return _change(batch, may, state=state, is_held=False, pause_reason="", not_before=None)


def cancel(batch: Batch) -> Batch:
    """End what has not ended; results that exist stay."""
    may = Q(state__in=Batch.OPEN)
    count = errands.waiting_of(batch).count()
    return _send(batch, may, Errand.CANCEL, count, **_STOPPED, state=State.CANCELED)


def retry_failed(batch: Batch) -> Batch:
    """Begin everything that failed again; what has no place in the day's budget waits for it."""
    count = errands.failed_of(batch).count()
    if not count:
        raise NotPossible("Nothing of this batch has failed.")
    may = Q(errand__in=["", Errand.RETRY]) & ~Q(state=State.CANCELED)
    state = State.RUNNING if batch.state == State.COMPLETED else batch.state
    reopened = {"state": state, "finished_at": None, "told_percent": 0}
    return _send(batch, may & Q(state=batch.state), Errand.RETRY, count, **reopened)


def undo(batch: Batch) -> Batch:
    """Cancel what has not ended, and put every gallery back, the newest write first.

    Undoing what is being undone changes nothing.
    """
    if batch.errand == Errand.UNDO:
        return batch
    may = ~Q(errand=Errand.UNDO) & Q(state=batch.state)
    count = errands.publications_of(batch).count()
    state = State.CANCELED if batch.state in Batch.OPEN else batch.state
    return _send(batch, may, Errand.UNDO, count, **_STOPPED, state=state)


_STOPPED = {"is_held": True, "pause_reason": ""}


def _send(batch: Batch, may: Q, errand: Errand, count: int, **values: Any) -> Batch:
    """Send the workers on an errand over ``count`` rows, and take its first step."""
    begin = {"errand": errand, "errand_at": None, "errand_done": 0, "errand_total": count}
    _change(batch, may, **begin, not_before=None, **values)
    errands.step(batch.pk)
    batch.refresh_from_db()
    return batch


def _change(batch: Batch, may: Q, **values: Any) -> Batch:
    """Change the batch if it may still be changed so; a worker that prepares it lets go."""
    with transaction.atomic():
        changed = Batch.objects.filter(may, pk=batch.pk).update(**free(attempt=0, **values))
        batch.refresh_from_db()
        if not changed:
            raise NotPossible(f"This batch is “{batch.get_state_display().lower()}” by now.")
        queue.wake()
    return batch
