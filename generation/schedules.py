"""Batches at a date: once or again and again, and undone by themselves when a season is over.

A date that was missed runs once, late. What cannot run on its date is passed over with a notice,
and the schedule lives. Times are UTC, which knows no summer time.
"""

from __future__ import annotations

import calendar
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from generation import batches
from generation.intake.accept import Refused
from generation.models import Batch, PublishMode, Schedule
from generation.preset_words import obstacle
from generation.selection import Selector
from integrations.models import Publication
from integrations.models.stores import StoreStatus

log = structlog.get_logger(__name__)

Every = Schedule.Every
_DAYS = {Every.DAY: 1, Every.WEEK: 7}
_MONTHS = {Every.MONTH: 1, Every.YEAR: 12}
# The shortest time from one date to the next, in days: an undo must be over by then.
SHORTEST = {Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 28, Every.YEAR: 365}


def dates(schedule: Schedule) -> Iterator[datetime]:
    """Every start, from the first one on.

    The 31st is the last day of a shorter month, and the 31st again in the next long one.
    """
    for number in count():
        if schedule.every in _MONTHS:
            yield _months_later(schedule.first_at, number * _MONTHS[Every(schedule.every)])
        elif schedule.every in _DAYS:
            yield schedule.first_at + timedelta(days=number * _DAYS[Every(schedule.every)])
        else:
            yield schedule.first_at
            return


def _months_later(first: datetime, months: int) -> datetime:
    years, month = divmod(first.month - 1 + months, 12)
    year, month = first.year + years, month + 1
    day = min(first.day, calendar.monthrange(year, month)[1])
    return first.replace(year=year, month=month, day=day)


def next_after(schedule: Schedule, moment: datetime) -> datetime | None:
    """The first start after the moment; None when there is none left."""
    return next((date for date in dates(schedule) if date > moment), None)


def undo_date(schedule: Schedule, start: datetime) -> datetime | None:
    """When a run of that date is undone; None for good."""
    days = schedule.undo_after_days
    return None if days is None else start + timedelta(days=days)


def problem(schedule: Schedule) -> str:
    """Why such a schedule makes no sense, in a sentence; empty where it does."""
    days, shortest = schedule.undo_after_days, SHORTEST.get(Every(schedule.every))
    if days is not None and days < 1:
        return "Undo the run after a day or more, or leave the end out."
    if days is not None and shortest is not None and days >= shortest:
        return (
            f"The run must be undone before the next one begins: after {shortest - 1} days at most,"
            " or choose a longer interval."
            if shortest > 1
            else "A daily run cannot be undone before the next one begins. Leave the end out."
        )
    return ""


def plan(schedule: Schedule) -> None:
    """Save a new or changed schedule with its next date; dates that are over are not made up for.

    Raises ValueError with a sentence.
    """
    if reason := problem(schedule):
        raise ValueError(reason)
    schedule.next_at = next_after(schedule, timezone.now())
    if schedule.next_at is None:
        raise ValueError("The date is over. Choose one that is still to come.")
    schedule.notice = ""
    schedule.save()


def switch(schedule: Schedule, *, on: bool) -> None:
    """Pause a schedule, or go on with it at its next date; those that passed are left out."""
    changes: dict[str, object] = {"enabled": on}
    if on:
        changes["next_at"] = next_after(schedule, timezone.now())
    Schedule.objects.filter(pk=schedule.pk, enabled=not on).update(**changes)


def run_due() -> int:
    """Start the batches whose date has come; the number of them. For the schedule."""
    due = Schedule.objects.filter(enabled=True, next_at__lte=timezone.now()).order_by("next_at")
    return sum(_run_or_log(pk) for pk in due.values_list("pk", flat=True))


def _run_or_log(pk: uuid.UUID) -> bool:
    """One that fails unexpectedly keeps its date and stops no other."""
    try:
        return _run(pk)
    except Exception:
        log.exception("a schedule could not be run", schedule=str(pk))
        return False


def _run(pk: uuid.UUID) -> bool:
    """Start the run and move on to the next date, in one transaction: once, whoever else looks."""
    now = timezone.now()
    with transaction.atomic():
        rows = Schedule.objects.select_for_update(of=("self",), skip_locked=True)
        rows = rows.select_related("store", "preset", "created_by")
        schedule = rows.filter(pk=pk, enabled=True, next_at__lte=now).first()
        if schedule is None or schedule.next_at is None:
            return False
        date, schedule.next_at = schedule.next_at, next_after(schedule, now)
        schedule.notice = _hindrance(schedule, date, now) or _started(schedule, date)
        if schedule.notice:
            schedule.notice = f"Not run on {date:%-d %B %Y}: {schedule.notice}"
        schedule.save(update_fields=["next_at", "notice"])
    return not schedule.notice


def _hindrance(schedule: Schedule, date: datetime, now: datetime) -> str:
    """Why the run of that date cannot begin now; empty if it can."""
    end = undo_date(schedule, date)
    if end is not None and end <= now:
        return "the workers were off until after its end."
    if schedule.preset.archived_at:
        return f"the preset “{schedule.preset}” is put away. Choose another one."
    if schedule.store.status == StoreStatus.DISCONNECTED:
        return f"{schedule.store} was disconnected. Connect it again."
    return obstacle(schedule.preset.latest.parsed())


def _started(schedule: Schedule, date: datetime) -> str:
    """Start the batch; why it was refused, or nothing."""
    try:
        with transaction.atomic():
            batches.start(
                store=schedule.store,
                version=schedule.preset.latest,
                publish=PublishMode(schedule.publish),
                selector=Selector.from_json(schedule.selector),
                requested_by=schedule.created_by,
                undo_at=undo_date(schedule, date),
                schedule=schedule,
            )
    except Refused as refusal:
        return refusal.message
    return ""


def undo_due() -> int:
    """Undo the runs whose end has come; the number of them. For the schedule.

    A run that is still publishing keeps its end and is undone again, until nothing of it is left in
    the store. What a disconnected store shows is undone when it is back.
    """
    due = Batch.objects.filter(undo_at__lte=timezone.now())
    due = due.exclude(store__status=StoreStatus.DISCONNECTED).order_by("undo_at")
    return sum(_undo_or_log(pk) for pk in due.values_list("pk", flat=True))


def _undo_or_log(pk: uuid.UUID) -> bool:
    try:
        return _undo(pk)
    except Exception:
        log.exception("a run could not be undone", batch=str(pk))
        return False


def _undo(pk: uuid.UUID) -> bool:
    """Under a lock: of two machines that look, one undoes."""
    with transaction.atomic():
        # NO KEY UPDATE, as in batches.chunks: a delivery looks its batch up again at its commit.
        rows = Batch.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        batch = rows.filter(pk=pk, undo_at__lte=timezone.now()).first()
        if batch is None or batch.errand == Batch.Errand.UNDO:  # the workers are at it
            return False
        batches.undo(batch)
        if not _still_out(batch):
            Batch.objects.filter(pk=pk).update(undo_at=None)
    return True


def _still_out(batch: Batch) -> bool:
    """Whether something may yet appear in the store: a write that has begun, an image in work."""
    state = Publication.State
    rows = Publication.objects.filter(generation__batch=batch)
    writing = rows.filter(state__in=[state.QUEUED, state.IN_PROGRESS, state.PUBLISHED])
    working = batch.generations.filter(status__in=["queued", "processing"])
    return writing.exists() or working.exists()


def upcoming(rows: QuerySet[Schedule], until: datetime) -> list[tuple[datetime, Schedule, bool]]:
    """Starts and ends from now on, in order; True for an end. Runs that are out count too."""
    now = timezone.now()
    found = [
        (date, schedule, is_end)
        for schedule in rows.filter(enabled=True).exclude(next_at=None)
        for start in _dates_until(schedule, now, until)
        for date, is_end in ((start, False), (undo_date(schedule, start), True))
        if date is not None and date <= until
    ]
    out = Batch.objects.filter(Q(schedule__in=rows), undo_at__gt=now, undo_at__lte=until)
    found.extend(
        (batch.undo_at, batch.schedule, True)
        for batch in out.select_related("schedule")
        if batch.schedule and batch.undo_at
    )
    return sorted(found, key=lambda one: (one[0], one[2]))


def _dates_until(schedule: Schedule, now: datetime, until: datetime) -> Iterator[datetime]:
    for date in dates(schedule):
        if date > until:
            return
        if date > now:
            yield date
