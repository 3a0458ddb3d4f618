"""What this app gives the workers to do: due generations, in order of lane and turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from generation import (
    automations,
    deadlines,
    hosting,
    painting_work,
    reconciling,
    review,
    schedules,
)
from generation.assets import sweeping
from generation.batches import work as batch_work
from generation.delivery import marking
from generation.line import take, waiting
from generation.models import Batch, FileSweep, Generation
from integrations.models import Arrival
from productviz.lib.lease import Heartbeat, claim, due, free_dead, release
from productviz.lib.stopping import is_stopping

if TYPE_CHECKING:
    from generation.stages import Stages

# A row that is claimed but not worked on is one that an idle worker cannot have, and a person's
# request waits for the end of a group: as many are claimed as take this process a quarter of a
# second (slower images one by one), and what a second did not reach is handed back.
CLAIM_SECONDS, HAND_BACK_SECONDS = 0.25, 1.0
MOST_AT_ONCE = 16


class _Pace:
    """How many generations to claim at once, by how long this process's last ones took."""

    def __init__(self) -> None:
        self.size = 1

    def note(self, done: int, seconds: float) -> None:
        """Take ``done`` in ``seconds`` for the measure; a group at most doubles the one before."""
        fitting = int(done * CLAIM_SECONDS / max(seconds, 0.001))
        self.size = max(1, min(fitting, 2 * self.size, MOST_AT_ONCE))


_pace = _Pace()


def run_generations(owner: str, stages: Stages | None = None) -> int:
    """Claim the next generations and advance each; the number begun.

    ``stages`` takes the place of the real ones in measurements.
    """
    claimed = take(owner, limit=_pace.size)
    if not claimed:
        return 0
    # Here and not above: the web process looks at the queue too, and must not load the engines.
    from generation.pipeline import advance
    from generation.stages import REAL

    started, done = time.monotonic(), 0
    with Heartbeat(Generation, owner) as heart:
        while done < len(claimed) and _may_go_on(started):
            advance(claimed[done], owner, stages or REAL, limit=heart.limit)
            done += 1
        release(claimed[done:], owner)
    _pace.note(done, time.monotonic() - started)
    return done


def _may_go_on(started: float) -> bool:
    return time.monotonic() - started < HAND_BACK_SECONDS and not is_stopping()


def look_at_arrivals(owner: str) -> int:
    """Look at up to four photographs that API clients have brought; the number looked at."""
    claimed = claim(_arrivals(), owner=owner, limit=4)
    if claimed:
        from generation.preprocessing.arrivals import look

        with Heartbeat(Arrival, owner):
            for row in claimed:
                look(row, owner)
    return len(claimed)


def _arrivals() -> QuerySet[Arrival]:
    there = {"image__product__store__deleted_at": None}
    return Arrival.objects.filter(**there).order_by("id")


def look_at_markings(owner: str) -> int:
    """See whether stores kept our marking in what was published lately; the number looked at."""
    return marking.look(timezone.now())


def sweep_files(owner: str) -> int:
    """Make a step of the daily sweep of files, if nobody waits for an image; 0 or 1."""
    return 0 if waiting().filter(due()).exists() else sweeping.take_step(owner)


def rescue(*, counted: bool = True) -> int:
    """Free what the workers held that died on this machine; ``counted``: it was over their work."""
    models = (Arrival, Generation, Batch, FileSweep)
    return sum(free_dead(model, counted=counted) for model in models)


def daily() -> int:
    """Begin the day's sweep of files, forget hosts that are gone; for the schedule."""
    return sweeping.begin() + hosting.forget_gone()


def is_due() -> bool:
    """Whether a generation could be claimed, an image looked at, or files swept, now."""
    return (
        waiting().filter(due()).exists()
        or _arrivals().filter(due()).exists()
        or batch_work.is_due()
        or automations.is_due()
        or marking.due(timezone.now()).exists()
        or sweeping.is_due()
    )


def poll() -> int:
    """Hold what automations missed, start, undo and end what has its date; every few minutes.

    What should have been stopped by a painter that is gone ends then, too.
    """
    return (
        reconciling.sweep()
        + schedules.run_due()
        + schedules.undo_due()
        + deadlines.expire_overdue()
        + review.stop_left_behind()
    )


# Arrivals first: they are short, and what waits for them cannot even be asked for.
SOURCES: tuple[Callable[[str], int], ...] = (
    look_at_arrivals,
    batch_work.take_steps,
    automations.start_due,
    run_generations,
    batch_work.watch,
    look_at_markings,
    sweep_files,
)
# Those of the GPU's workers, who do nothing else.
PAINTING: tuple[Callable[[str], int], ...] = (painting_work.run_paintings,)
