"""The daily sweep as the queue's work: one small step at a time, after all that a person wants."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from generation import retention
from generation.assets.references import PLACES
from generation.assets.sweep import BROUGHT_BACK, REMOVED, SET_ASIDE, Tally, step
from generation.models import FileSweep
from productviz.lib.files import Place
from productviz.lib.lease import Heartbeat, claim, due, free, held

log = structlog.get_logger(__name__)

# A day, less what a daily job may come early; a restarted worker does not begin another one.
BETWEEN = timedelta(hours=20)
AFTER_A_FAULT = timedelta(minutes=10)
KEPT = timedelta(days=30)


def waiting() -> QuerySet[FileSweep]:
    """The sweep that is under way."""
    return FileSweep.objects.filter(finished_at=None).order_by("id")


def is_due() -> bool:
    """Whether a step of it could be made now."""
    return waiting().filter(due()).exists()


def begin() -> int:
    """Begin the day's sweep, unless one is under way or began lately; 1 if begun."""
    now = timezone.now()
    FileSweep.objects.filter(finished_at__lt=now - KEPT).delete()
    if FileSweep.objects.filter(created_at__gt=now - BETWEEN).exists() or waiting().exists():
        return 0
    try:
        with transaction.atomic():
            FileSweep.objects.create()
    except IntegrityError:  # another machine was faster
        return 0
    return 1


def take_step(owner: str) -> int:
    """Make the next step of the sweep; the number of steps, 0 or 1.

    A fault of the storage puts the sweep off; nothing depends on it.
    """
    for row in claim(waiting(), owner=owner, limit=1):
        try:
            with Heartbeat(FileSweep, owner):
                _take(row, owner)
        except Exception:
            log.exception("the sweep of files is put off", place=row.place, cursor=row.cursor)
            held(row, owner).update(**free(not_before=timezone.now() + AFTER_A_FAULT))
        return 1
    return 0


def _take(row: FileSweep, owner: str) -> None:
    """Rows first: their files are free afterwards, and treated in the same sweep."""
    if not row.place and (retired := retention.step(timezone.now())):
        changes = free(attempt=0, not_before=None, retired=F("retired") + retired)
        held(row, owner).update(**changes)
        return
    tally = Tally()
    then, cursor = step(cast(Place, row.place or PLACES[0]), row.cursor, timezone.now(), tally)
    _settle(row, owner, tally, place=then, cursor=cursor)


def _settle(row: FileSweep, owner: str, tally: Tally, *, place: Place | None, cursor: str) -> None:
    finished: datetime | None = None if place else timezone.now()
    removed, removed_bytes = tally.total(REMOVED)
    held(row, owner).update(
        **free(attempt=0, not_before=None, place=place or "", cursor=cursor, finished_at=finished),
        set_aside=F("set_aside") + tally.total(SET_ASIDE)[0],
        removed=F("removed") + removed,
        bytes_removed=F("bytes_removed") + removed_bytes,
        brought_back=F("brought_back") + tally.total(BROUGHT_BACK)[0],
    )
    if finished:
        row.refresh_from_db()
        log.info(
            "files swept",
            rows_retired=row.retired,
            set_aside=row.set_aside,
            removed=row.removed,
            bytes=row.bytes_removed,
            brought_back=row.brought_back,
        )
