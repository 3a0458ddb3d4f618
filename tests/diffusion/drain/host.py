"""A worker that paints, and what became of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from generation import work
from generation.inference.engines.diffusion.gathering import Gathering
from generation.models import Generation
from generation.painting_work import run_paintings
from productviz.lib.lease import new_owner
from productviz.outbox.models import Event
from tests.diffusion.drain.stages import PAIR, painted_stages
from tests.diffusion.painters import NumpyPainter

SERVES = frozenset({PAIR})


class Host:
    """A worker that paints, in this process."""

    def __init__(self, **options: Any) -> None:
        self.painter = NumpyPainter(**options)
        self.room = Gathering(self.painter, most_wait=0.3)
        self.stages = painted_stages(self.room)

    def prepare(self) -> None:
        """Do what the default workers do, until they have nothing left."""
        while work.run_generations(new_owner(), self.stages):
            pass

    def paint(self) -> int:
        """One slice."""
        return run_paintings(new_owner(), self.stages, SERVES)

    def make(self) -> None:
        """All of it."""
        self.prepare()
        while self.paint():
            pass


Hosts = Callable[..., Host]


def again(rows: Sequence[Generation]) -> list[Generation]:
    fresh = Generation.objects.in_bulk([row.pk for row in rows])
    return [fresh[row.pk] for row in rows]


def statuses(rows: Sequence[Generation]) -> list[str]:
    return [row.status for row in again(rows)]


def ends(row: Generation) -> int:
    last = ("completed", "failed", "canceled", "rejected", "expired")
    types = [f"generation.{word}" for word in last]
    return Event.objects.filter(object_id=row.pk, type__in=types).count()
