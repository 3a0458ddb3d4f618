"""What this app gives the workers to do: due generations, in order of lane and age."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q, QuerySet
from django.utils import timezone

from generation import automations
from generation.assets import sweeping
from generation.delivery import marking
from generation.models import Batch, FileSweep, Generation
from integrations.models import Arrival
from integrations.models.stores import Platform, StoreStatus
from productviz.lib.lease import Heartbeat, claim, due, free_dead

CLAIM_AT_ONCE = 1  # a row claimed but not worked on is one that an idle worker cannot have


def waiting() -> QuerySet[Generation]:
    """Generations that may run, the one that should go first at the head.

    Those of a shop that has uninstalled the app wait until it comes back or is erased.
    """
    runnable = Q(batch=None) | Q(batch__state=Batch.State.RUNNING)
    left = Q(
        product__store__platform=Platform.SHOPIFY,
        product__store__status=StoreStatus.DISCONNECTED,
    )
    rows = Generation.objects.filter(
        runnable, ~left, product__store__deleted_at=None, status__in=Generation.WAITING
    )
    return rows.order_by("lane", "id")


def run_generations(owner: str) -> int:
    """Claim the next generations and advance each; the number claimed."""
    # Here and not above: the web process looks at the queue too, and must not load the engines.
    from generation.pipeline import advance

    claimed = claim(waiting(), owner=owner, limit=CLAIM_AT_ONCE)
    with Heartbeat(Generation, owner):
        for row in claimed:
            advance(row, owner)
    return len(claimed)


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


def rescue() -> int:
    """Free what the workers held that died on this machine."""
    return free_dead(Arrival) + free_dead(Generation) + free_dead(FileSweep)


def daily() -> int:
    """Begin the day's sweep of files; for the schedule."""
    return sweeping.begin()


def is_due() -> bool:
    """Whether a generation could be claimed, an image looked at, or files swept, now."""
    return (
        waiting().filter(due()).exists()
        or _arrivals().filter(due()).exists()
        or marking.due(timezone.now()).exists()
        or sweeping.is_due()
    )


def poll() -> int:
    """Go on with what paused automations held; for the schedule, every few minutes."""
    return automations.catch_up()


# Arrivals first: they are short, and what waits for them cannot even be asked for.
SOURCES: tuple[Callable[[str], int], ...] = (
    look_at_arrivals,
    run_generations,
    look_at_markings,
    sweep_files,
)
