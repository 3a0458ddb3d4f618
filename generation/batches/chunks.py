"""What the steps of a batch share: one chunk is one transaction that holds the batch's row."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from generation.models import Batch

# Rows a transaction: a killed worker costs a second at most, and nobody waits long for the locks.
CHUNK = 300
# How often a batch that waits for budget looks: places are given back during the day.
LOOK_AGAIN = timedelta(minutes=5)


class Next(Enum):
    """What comes after a step."""

    MORE = "more"
    DONE = "done"
    LATER = "later"


def locked(rows: QuerySet[Any]) -> Batch | None:
    """The one batch of the rows, locked; None where what was asked of it no longer holds."""
    # NO KEY UPDATE: a generation that is written twice in one transaction looks its batch up again,
    # and must not wait for a step that waits for that generation.
    mine = rows.select_for_update(of=("self",), no_key=True)
    found: Batch | None = mine.select_related("store", "preset_version__preset").first()
    return found


def change(row: Batch, **values: Any) -> None:
    """Write the values, and read the row again, whose version has counted up."""
    Batch.objects.filter(pk=row.pk).update(**values)
    row.refresh_from_db(fields=[*values, "version"])


def when_budget_may_be_back() -> datetime:
    """The next look at the budget: in a while, or at midnight UTC if that is sooner."""
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=1, microsecond=0) + timedelta(days=1)
    return min(now + LOOK_AGAIN, midnight)
