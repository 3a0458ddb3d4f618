"""A simulation's figures: how fast, how long in line, and how fair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generation.simulation.clock import Played

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Outcome:
    """One number of workers. Seconds, but for ``*_ms``: one image's share, really taken.

    Ages are the time in line, of the batch's images since the batch was asked for. ``person_ratio``
    is a person's wait from request to image beside the batch, over that without any line.
    ``database_busy`` is the share of the database's cores.
    """

    workers: int
    images: int
    per_second: float
    per_day: int
    age_p50: float
    age_p95: float
    person_age_p50: float
    person_age_p95: float
    person_ratio: float
    database_busy: float
    database_ms: float
    worker_ms: float


def outcome_of(played: Played, *, workers: int, places: int, seconds: Sequence[float]) -> Outcome:
    """Read a run; its first and last tenth, when not everybody has work, do not count for speed."""
    ends = sorted(played.finished)
    first, last = ends[len(ends) // 10], ends[len(ends) * 9 // 10]
    speed = (len(ends) * 9 // 10 - len(ends) // 10) / max(last - first, 1e-9)
    own = (played.database_busy + played.cpu) / len(ends) + sum(seconds) / len(seconds)
    return Outcome(
        workers=workers,
        images=len(ends),
        per_second=round(speed, 2),
        per_day=round(speed * DAY),
        age_p50=round(share(played.batch_ages, 0.5), 2),
        age_p95=round(share(played.batch_ages, 0.95), 2),
        person_age_p50=round(share(played.person_ages, 0.5), 3),
        person_age_p95=round(share(played.person_ages, 0.95), 3),
        person_ratio=round(share(played.person_latencies, 0.5) / own, 2),
        database_busy=round(played.database_busy / places / ends[-1], 3),
        database_ms=round(played.database_busy * 1000 / len(ends), 2),
        worker_ms=round(played.cpu * 1000 / len(ends), 2),
    )


def share(values: Sequence[float], part: float) -> float:
    """The value that ``part`` of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0
