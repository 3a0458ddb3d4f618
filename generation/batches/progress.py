"""Where a batch stands: counts from one grouped query on an index, and the time that is left."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone

from generation.models import Batch, Generation
from generation.types import Stage
from integrations.models import Publication

Status = Generation.Status
# The pace of the last minutes tells when it ends; that of a night's pause does not.
PACE_WINDOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a batch stands. ``expected`` is how many images it will be, as far as is known;
    ``stages`` counts the working ones by stage."""

    total: int
    expected: int
    skipped: int
    waiting: int
    working: int
    review: int
    succeeded: int
    failed: int
    rejected: int
    canceled: int
    expired: int
    is_prepared: bool
    stages: dict[str, int]
    eta_seconds: int | None

    @property
    def left(self) -> int:
        """Images that workers still have to do with, queued or not yet."""
        return self.waiting + self.working + self.expected - self.total

    @property
    def ended(self) -> int:
        """Images that the workers are done with."""
        return self.total - self.waiting - self.working

    @property
    def percent(self) -> int:
        """How far it is, whole percents."""
        return self.ended * 100 // self.expected if self.expected else 100

    @property
    def finished(self) -> bool:
        """Whether the workers are done with all of it; a person may have to look at some."""
        return self.is_prepared and not self.waiting + self.working


@dataclass(frozen=True, slots=True)
class Written:
    """A batch's publications: how many wait for approval, are on their way, out, undone, stuck."""

    approval: int = 0
    busy: int = 0
    published: int = 0
    undoing: int = 0
    undone: int = 0
    stuck: int = 0


def progress(batch: Batch) -> Progress:
    """Count the batch by state, and estimate the seconds left from the pace of the last minutes."""
    counted = _by_status([batch.pk])[batch.pk]
    stages = _stages(batch) if counted.get(Status.PROCESSING) else {}
    now = _progress(batch, counted, stages)
    eta = _eta(batch, now.left) if batch.state in _MOVING else None
    return _progress(batch, counted, stages, eta)


def progress_of(batches: Iterable[Batch]) -> list[tuple[Batch, Progress]]:
    """Many batches with their counts, in one query; without stages and without the time left."""
    rows = list(batches)
    counted = _by_status([batch.pk for batch in rows])
    return [(batch, _progress(batch, counted[batch.pk], {})) for batch in rows]


def written(batch: Batch) -> Written:
    """Count the batch's publications."""
    rows = Publication.objects.filter(generation__batch=batch).values_list("state")
    counted = dict(rows.annotate(n=Count("pk")).order_by())
    found: defaultdict[str, int] = defaultdict(int)
    for state, count in counted.items():
        found[_PLACE_OF.get(state, "stuck")] += count
    found.pop("", None)
    return Written(**found)


_MOVING = (Batch.State.PREPARING, Batch.State.RUNNING)
_PLACE_OF = {
    Publication.State.PENDING_APPROVAL: "approval",
    Publication.State.QUEUED: "busy",
    Publication.State.IN_PROGRESS: "busy",
    Publication.State.AWAITING_STORE: "busy",
    Publication.State.PUBLISHED: "published",
    Publication.State.ROLLING_BACK: "undoing",
    Publication.State.ROLLED_BACK: "undone",
    Publication.State.CANCELED: "",
    Publication.State.EXPIRED: "",
}


def _by_status(batches: list[uuid.UUID]) -> defaultdict[uuid.UUID, dict[str, int]]:
    rows = Generation.objects.filter(batch__in=batches).values_list("batch", "status")
    found: defaultdict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for batch, status, count in rows.annotate(n=Count("pk")).order_by():
        found[batch][status] = count
    return found


def _stages(batch: Batch) -> dict[str, int]:
    rows = batch.generations.filter(status=Status.PROCESSING).values_list("stage")
    return dict(rows.annotate(n=Count("pk")).order_by())


def _progress(
    batch: Batch, counted: dict[str, int], stages: dict[str, int], eta: int | None = None
) -> Progress:
    total = sum(counted.values())
    is_prepared = batch.prepared_at is not None or batch.state == Batch.State.CANCELED
    return Progress(
        total=total,
        expected=total if is_prepared else max(total, batch.expected - batch.skipped),
        skipped=batch.skipped,
        waiting=counted.get(Status.QUEUED, 0),
        working=counted.get(Status.PROCESSING, 0),
        review=counted.get(Status.AWAITING_REVIEW, 0),
        succeeded=counted.get(Status.SUCCEEDED, 0),
        failed=counted.get(Status.FAILED, 0),
        rejected=counted.get(Status.REJECTED, 0),
        canceled=counted.get(Status.CANCELED, 0),
        expired=counted.get(Status.EXPIRED, 0),
        is_prepared=is_prepared,
        stages={str(stage): stages.get(stage, 0) for stage in Stage},
        eta_seconds=eta,
    )


def _eta(batch: Batch, left: int) -> int | None:
    """Seconds left at the pace of what ended lately; None without two of them."""
    if not left:
        return None
    now = timezone.now()
    lately = batch.generations.filter(finished_at__gt=now - PACE_WINDOW)
    found = lately.aggregate(n=Count("pk"), first=Min("finished_at"))
    if found["n"] < 2:
        return None
    seconds: float = (now - found["first"]).total_seconds() / (found["n"] - 1)
    return round(seconds * left)
