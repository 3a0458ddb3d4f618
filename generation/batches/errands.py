"""What concerns many rows of a batch: cancel the rest, retry what failed, undo the run.

Each step is one transaction over some rows that holds the batch's own row, so a killed worker goes
on where it was, and a request may take the first step itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Case, F, PositiveBigIntegerField, QuerySet, Value, When
from django.utils import timezone

from generation import budgets
from generation.batches.chunks import CHUNK, Next, change, locked, when_budget_may_be_back
from generation.batches.told import tell
from generation.events import told
from generation.intake.turns import next_turn
from generation.models import Batch, Generation, Lane
from generation.review import fresh_start
from integrations import publish as storefront
from integrations.contract import PlatformError
from integrations.models import Publication
from productviz.lib import queue
from productviz.lib.lease import free
from productviz.outbox.record import record as record_told

log = structlog.get_logger(__name__)

Status = Generation.Status
Put = Publication.State

UNDONE_AT_ONCE = 50  # each is some queries of its own
# A publication that a worker is writing is finished first, and undone then.
AFTER_THE_WRITERS = timedelta(seconds=20)
_TO_PUT_BACK = (Put.PUBLISHED, Put.PENDING_APPROVAL, Put.QUEUED, Put.FAILED, Put.CONFLICT)
_BEING_WRITTEN = (Put.QUEUED, Put.IN_PROGRESS, Put.AWAITING_STORE, Put.PENDING_APPROVAL)


def step(batch_id: uuid.UUID) -> Next:
    """Do the next part of the batch's errand; DONE where it has none (any more)."""
    with transaction.atomic():
        row = locked(Batch.objects.filter(pk=batch_id).exclude(errand=""))
        return _STEPS[Batch.Errand(row.errand)](row) if row else Next.DONE


def waiting_of(row: Batch) -> QuerySet[Generation]:
    """What cancelling ends."""
    return row.generations.filter(status__in=Generation.WAITING)


def failed_of(row: Batch) -> QuerySet[Generation]:
    """What retrying begins again."""
    return row.generations.filter(status=Status.FAILED)


def publications_of(row: Batch) -> QuerySet[Publication]:
    """What undoing puts back or gives up."""
    states = {*_TO_PUT_BACK, *_BEING_WRITTEN}
    return Publication.objects.filter(generation__batch=row, state__in=states)


def _cancel(row: Batch) -> Next:
    canceled, is_all = _cancel_some(row)
    return _end(row, canceled) if is_all else _go_on(row, canceled)


def _cancel_some(row: Batch) -> tuple[int, bool]:
    """Cancel up to a chunk; how many, and whether a look after it found nothing more.

    Looked again, since a look that had to wait for others' locks may have missed some.
    """
    canceled = 0
    while canceled < CHUNK:
        some = _cancel_found(row)
        if not some:
            return canceled, True
        canceled += some
    return canceled, False


def _cancel_found(row: Batch) -> int:
    rows = waiting_of(row).select_related("product").select_for_update(of=("self",), no_key=True)
    found = list(rows.order_by("pk")[:CHUNK])
    if not found:
        return 0
    Generation.objects.filter(pk__in=[one.pk for one in found]).update(
        **free(
            status=Status.CANCELED,
            error_code="canceled_by_user",
            finished_at=timezone.now(),
            reserved_on=None,
        )
    )
    budgets.settle_canceled(row.store, found)
    _tell(found, "canceled", status=Status.CANCELED, error_code="canceled_by_user")
    return len(found)


def _retry(row: Batch) -> Next:
    rows = failed_of(row).select_related("product").select_for_update(of=("self",), no_key=True)
    if row.errand_at:
        # What fails once more is not tried again by the same errand.
        rows = rows.filter(pk__gt=row.errand_at)
    failed = list(rows.order_by("pk")[:CHUNK])
    day, granted = budgets.reserve_up_to(row.store, len(failed))
    again = failed[:granted]
    fresh = fresh_start(day)
    if again:
        rows = Generation.objects.filter(pk__in=[one.pk for one in again])
        rows.update(**free(**fresh, turn=_turns(row, again)))
    _tell(again, "retried", **{name: fresh[name] for name in ("status", "stage", "error_code")})
    queue.wake()
    last = again[-1].pk if again else row.errand_at
    if granted < len(failed):
        return _go_on(row, granted, errand_at=last, until=when_budget_may_be_back())
    return _go_on(row, granted, errand_at=last) if granted == CHUNK else _end(row, granted)


def _turns(row: Batch, again: Sequence[Generation]) -> Case:
    """One turn each, as new rows take them."""
    first = next_turn(row.workspace_id, Lane.BULK)
    each = (When(pk=one.pk, then=Value(first + at)) for at, one in enumerate(again))
    return Case(*each, output_field=PositiveBigIntegerField())


def _undo(row: Batch) -> Next:
    """First nothing more may be made; then every gallery goes back, the newest write first."""
    if not _cancel_some(row)[1]:
        return _go_on(row, 0)
    rows = Publication.objects.filter(generation__batch=row, state__in=_TO_PUT_BACK)
    if row.errand_at:
        rows = rows.filter(pk__lt=row.errand_at)
    found = list(rows.select_related("snapshot").order_by("-pk")[:UNDONE_AT_ONCE])
    done = sum(map(_put_back, found))
    if len(found) == UNDONE_AT_ONCE:
        return _go_on(row, done, errand_at=found[-1].pk)
    if Publication.objects.filter(generation__batch=row, state__in=_BEING_WRITTEN).exists():
        return _go_on(row, done, errand_at=None, until=timezone.now() + AFTER_THE_WRITERS)
    return _end(row, done)


def _put_back(publication: Publication) -> bool:
    """Undo one, or give it up before it is written; False where something is in the way."""
    is_written = publication.state == Put.PUBLISHED or hasattr(publication, "snapshot")
    try:
        storefront.undo(publication) if is_written else storefront.cancel(publication)
    except PlatformError as error:
        log.info("not undone", publication=publication.public_id, reason=str(error))
        return False
    return True


def _tell(rows: list[Generation], kind: str, **shown: str) -> None:
    """Tell of rows that one update has changed alike."""
    events = []
    for row in rows:
        previous = {"status": row.status}
        for name, value in shown.items():
            setattr(row, name, value)
        row.version += 1
        events.append(told(row, kind, previous=previous))
    record_told(*events)


def _go_on(row: Batch, done: int, *, until: datetime | None = None, **values: object) -> Next:
    """Note how far it is; with ``until``, let the batch go until then."""
    lease = free(not_before=until, attempt=0) if until else {}
    change(row, errand_done=F("errand_done") + done, **values, **lease)
    return Next.LATER if until else Next.MORE


def _end(row: Batch, done: int) -> Next:
    stops = row.errand != Batch.Errand.RETRY
    values = free(
        errand="",
        errand_at=None,
        errand_done=F("errand_done") + done,
        not_before=None,
        attempt=0,
        is_held=row.is_held and not stops,
    )
    is_canceled = row.state == Batch.State.CANCELED and row.finished_at is None
    if is_canceled:
        values["finished_at"] = timezone.now()
    change(row, **values)
    if is_canceled:
        tell(row, "canceled")
    return Next.DONE


_STEPS: dict[Batch.Errand, Callable[[Batch], Next]] = {
    Batch.Errand.CANCEL: _cancel,
    Batch.Errand.RETRY: _retry,
    Batch.Errand.UNDO: _undo,
}
