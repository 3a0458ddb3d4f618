"""Hundreds of workers on a clock that jumps: real claims and real rows, pixels that take no time.

One process plays all workers, in the order in which they would act. Whatever an image asks of the
line, the rows, the events and the storage is really done, and timed; the seconds that its pixels
would take are only added to the clock. The database is a station with as many places as it has
cores: what it really took for a claim or an image keeps one place busy for so long, and whoever
finds no place free waits. Python's own share is the worker's, and keeps nobody else waiting.

Not played: locks that many claimers at one moment would wait for, and a network in between.
"""

from __future__ import annotations

import heapq
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from generation.line import take
from generation.models import Generation, Lane
from generation.pipeline import advance
from generation.simulation.meter import Cost, Meter
from generation.simulation.rows import Shop, ask
from generation.simulation.stand_ins import STAND_INS
from generation.work import CLAIM_SECONDS, MOST_AT_ONCE

PERSONS_SHARE = 0.05  # of the work is asked for by a person, beside another workspace's batch


@dataclass(slots=True)
class Played:
    """What became of it, in seconds of the clock that jumps; one entry an image."""

    finished: list[float] = field(default_factory=list)
    batch_ages: list[float] = field(default_factory=list)
    person_ages: list[float] = field(default_factory=list)
    person_latencies: list[float] = field(default_factory=list)
    database_busy: float = 0.0
    cpu: float = 0.0


class Station:
    """The database: ``places`` can be served at a time."""

    def __init__(self, places: int) -> None:
        self._free_at = [0.0] * places

    def serve(self, at: float, seconds: float) -> float:
        """When what comes at ``at`` is done."""
        begin = max(at, heapq.heappop(self._free_at))
        heapq.heappush(self._free_at, begin + seconds)
        return begin + seconds


@dataclass(slots=True)
class Play:
    """One run: so many workers on a batch, and a person of another workspace who asks now and then.

    The batch must be in line already, and be larger than ``images``.
    """

    workers: int
    images: int
    seconds: Sequence[float]
    station: Station
    person: Shop
    on_image: Callable[[], None] = lambda: None
    played: Played = field(default_factory=Played)
    meter: Meter = field(default_factory=Meter)
    _asked: dict[uuid.UUID, float] = field(default_factory=dict)
    _dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311

    def run(self) -> Played:
        """Play until ``images`` are finished: who comes first on the clock acts first."""
        mean = sum(self.seconds) / len(self.seconds)
        every = max(mean, 0.005) / self.workers / PERSONS_SHARE
        # A worker, what it holds, and whether the first one's pixels are ready at that moment. One
        # thing at a time, so that the database serves whoever comes first.
        coming: list[tuple[float, int, list[Generation], bool]] = [
            (0.0, number, [], False) for number in range(self.workers)
        ]
        while len(self.played.finished) < self.images:
            now, worker, rows, is_ready = heapq.heappop(coming)
            while every * (len(self._asked) + 1) <= now:
                self._ask(every * (len(self._asked) + 1))
            begins = bool(rows) and not is_ready
            if is_ready:
                now = self._finish(rows.pop(0), worker, now)
            elif begins:
                now = self._begin(rows[0], now)
            else:
                rows, now = self._claim(worker, now, mean)
            heapq.heappush(coming, (now, worker, rows, begins))
        return self.played

    def _ask(self, at: float) -> None:
        (row,) = ask(self.person, 1, Lane.INTERACTIVE, seed=len(self._asked))
        self._asked[row.pk] = at

    def _claim(self, worker: int, now: float, mean: float) -> tuple[list[Generation], float]:
        limit = max(1, min(MOST_AT_ONCE, int(CLAIM_SECONDS / mean) if mean else MOST_AT_ONCE))
        with self.meter.measured() as cost:
            rows = take(_owner(worker), limit=limit)
        # Its heart beats for as long as the clock wants, however long that takes to play; a lease
        # of more than an hour would be taken for a wrong clock (lib.lease).
        held = Generation.objects.filter(lease_owner=_owner(worker))
        held.update(lease_until=timezone.now() + timedelta(minutes=55))
        return rows, self._spend(now, cost)

    def _begin(self, row: Generation, now: float) -> float:
        """When its pixels will be ready."""
        ages = self.played.person_ages if row.pk in self._asked else self.played.batch_ages
        ages.append(now - self._asked.get(row.pk, 0.0))
        return now + self._dice.choice(self.seconds)

    def _finish(self, row: Generation, worker: int, now: float) -> float:
        with self.meter.measured() as cost:
            advance(row, _owner(worker), STAND_INS)
        now = self._spend(now, cost)
        self.played.finished.append(now)
        if row.pk in self._asked:
            self.played.person_latencies.append(now - self._asked[row.pk])
        self.on_image()
        return now

    def _spend(self, now: float, cost: Cost) -> float:
        self.played.cpu += cost.cpu
        self.played.database_busy += cost.database
        return self.station.serve(now, cost.database) + cost.cpu


def _owner(worker: int) -> str:
    return f"simulated-{worker}"
