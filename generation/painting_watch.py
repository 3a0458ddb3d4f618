"""How far the rows in a painter's hands are: noted by the painter, told from time to time."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Sequence

from django.db import transaction
from django.db.models import Case, F, PositiveSmallIntegerField, Sum, Value, When
from django.utils import timezone

from generation.events import told
from generation.models import Generation, GenerationSource
from generation.types import Stage
from productviz.outbox.listeners import listening
from productviz.outbox.record import record

PROGRESS = "generation.progress"
Limit = Callable[[float | None], None]


class RowWatch:
    """The painter's side of one row in hand (a `Watch`); ``is_gone``: nobody wants it from us.

    Times are of ``time.monotonic``, 0 before: when its turn came, when it got to its first step (a
    model may have been loaded before that), when it was painted, and told of. Written by the
    painter's threads and the row's own, read by the shift's: each name by one of them.
    """

    def __init__(self, row: Generation) -> None:
        self.row = row
        self.begun_at = self.stepped_at = self.painted_at = self.told_at = 0.0
        self.steps = (0, 0)
        self.told: tuple[int, int] | None = None
        self.is_gone = self.has_ended = False
        self._limit: Limit = lambda seconds: None
        self._seconds: float | None = None

    def limits(self, limit: Limit) -> None:
        """Whom to tell of the row's limits."""
        self._limit = limit

    def limit(self, seconds: float | None) -> None:
        """What begins now may take so many seconds; what it waits for its painter not counted."""
        self._seconds = seconds
        self._limit(seconds)

    def step(self, done: int, of: int) -> None:
        """Note it."""
        now = time.monotonic()
        if not done:  # its turn has come; another one, where another seed is tried
            self._limit(self._seconds)
            self.begun_at, self.stepped_at, self.painted_at = now, 0.0, 0.0
        self.begun_at = self.begun_at or now
        if 0 < done < of:
            self.stepped_at = self.stepped_at or now
        if done >= of:
            self.painted_at = now
        self.steps = (done, of)

    @property
    def is_being_painted(self) -> bool:
        """Whether its painter has begun and is not done."""
        return bool(self.begun_at) and not (self.painted_at or self.has_ended)

    def is_canceled(self) -> bool:
        """Whether the shift has let it go."""
        return self.is_gone


def note_steps(hands: Sequence[RowWatch], owner: str, at: float) -> None:
    """Write the steps of the rows that have got further since, in one statement, and tell.

    Not of those that are past inference: that is news no more.
    """
    news = {hand.row.pk: hand.steps for hand in hands if hand.begun_at and hand.steps != hand.told}
    for hand in hands:
        if hand.row.pk in news:
            hand.told, hand.told_at = news[hand.row.pk], at
    if not news:
        return
    painted = {"lease_owner": owner, "stage": Stage.INFERENCE}
    rows = Generation.objects.filter(pk__in=news, **painted)
    done, of = (_each(news, place) for place in (0, 1))
    with transaction.atomic():
        rows.update(steps_done=done, steps=of, version=F("version") + 1, updated_at=timezone.now())
        _tell(rows.select_related("product"))


def megapixels(rows: Sequence[Generation]) -> dict[uuid.UUID, float]:
    """Of the photographs of each row; those that nobody has seen yet are left out."""
    pixels = Sum(F("image__width") * F("image__height"))
    sources = GenerationSource.objects.filter(generation__in=rows).values_list("generation")
    return {pk: count / 1e6 for pk, count in sources.annotate(pixels=pixels) if count}


def _each(news: dict[uuid.UUID, tuple[int, int]], place: int) -> Case:
    cases = (When(pk=pk, then=Value(steps[place])) for pk, steps in news.items())
    return Case(*cases, output_field=PositiveSmallIntegerField())


def _tell(rows: Collection[Generation]) -> None:
    """Only where somebody listens: most do not, and it comes twice a second."""
    asked = listening(PROGRESS, {row.workspace_id for row in rows})
    record(*(told(row, "progress") for row in rows if row.workspace_id in asked))
