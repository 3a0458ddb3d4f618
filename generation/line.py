"""The lines that workers take generations from: which may run now, and which goes first.

In order of lane, then turn (``intake.turns`` lets workspaces take turns), then age. Each queue has
a line of its own: what a model paints waits in that of the GPU's workers.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from generation.hosts import painted_by
from generation.in_the_making import without_waiting
from generation.models import Batch, Generation
from integrations.models.stores import gone_stores
from productviz.lib.favour import Favour
from productviz.lib.lease import claim, due, release
from productviz.lib.queue import DEFAULT, GPU

LOOK_AHEAD = 32  # places of the GPU's line in which others of one kind are looked for
Rows = QuerySet[Generation]
# What the stages look at: loaded with the claim, so that no stage asks for it row by row.
RELATED = ("product__store", "preset_version__preset")


def waiting(queue: str = DEFAULT) -> Rows:
    """Generations of a queue that may run, the one that should go first at the head.

    Those of a shop that has uninstalled the app wait until it comes back or is erased, those of a
    new person until its first picture is approved.
    """
    return _waiting(queue, Q(is_held=True))


def take(owner: str, *, limit: int) -> list[Generation]:
    """Lease up to ``limit`` generations to ``owner``, in the order in which they are to be run."""
    return _take(owner, limit, DEFAULT, lambda rows: rows)


def paintable(serves: Collection[str]) -> Rows:
    """What waits for a painter that serves these "kind/line_up" pairs."""
    return waiting(GPU).filter(painted_by(serves))


def take_alike(
    owner: str, *, limit: int, serves: Collection[str], favour: Favour | None = None
) -> list[Generation]:
    """Lease the first that waits for such a painter, and those near it that it may paint together.

    What ``favour`` holds for loaded goes before the first for a while, but never before a faster
    lane. One that is risky goes alone, so that it can take no others down.
    """
    if not serves:
        return []
    favour = favour or Favour()
    like_one = partial(_like_one, favour=favour)
    claimed = _take(owner, limit, GPU, lambda rows: like_one(rows.filter(painted_by(serves))))
    if not claimed:
        return []
    is_alone = is_risky(claimed[0])
    taken = claimed[:1] if is_alone else [row for row in claimed if not is_risky(row)]
    release([row for row in claimed if row not in taken], owner)
    favour.note(_model(taken[0].compatibility), len(taken))
    return taken


def is_risky(row: Generation) -> bool:
    """Whether it may take its neighbours down: it has cost a worker, or failed in a painter here.

    A serving system's answers do not depend on each other.
    """
    return row.attempt > 1 or (row.is_suspect and not _is_painted_elsewhere(row))


def _is_painted_elsewhere(row: Generation) -> bool:
    remote = settings.REMOTE_ENGINE
    return remote is not None and row.compatibility.partition("/")[0] in remote.kinds


def _like_one(rows: Rows, *, favour: Favour) -> Rows:
    """Those of the first places that may share forward passes with whoever's turn it is."""
    columns = rows.filter(due()).values_list("pk", "lane", "compatibility")
    near = list(columns[:LOOK_AHEAD])
    if not near:
        return rows.none()
    fastest = [key for _, lane, key in near if lane == near[0][1]]
    model = favour.choose([_model(key) for key in fastest])
    chosen = next(key for key in fastest if _model(key) == model)
    return rows.filter(pk__in=[pk for pk, _, key in near if key == chosen])


def _model(compatibility: str) -> str:
    """Its "kind/line_up": as near to the model as a row says."""
    return compatibility.rpartition("/")[0]


def _take(owner: str, limit: int, queue: str, narrowed: Callable[[Rows], Rows]) -> list[Generation]:
    """Lease what ``narrowed`` leaves of a queue's line.

    A batch with a limit of its own gives one at a time, while it has a place free. Whoever looks
    holds the batch's row, so that two never take its last place; others pass it over meanwhile.
    """
    # What a person approves or retries once the run is over is limited no more.
    is_limited = Q(state__in=Batch.OPEN, is_held=False, concurrency__isnull=False)
    limited = Batch.objects.filter(is_limited)
    if not limited.exists():
        claimed = claim(narrowed(waiting(queue)), owner=owner, limit=limit, related=RELATED)
    else:
        with transaction.atomic():
            places = list(_next_of_limited(limited, queue))
            rows = narrowed(_waiting(queue, Q(is_held=True) | is_limited, but=places))
            claimed = claim(rows, owner=owner, limit=limit, related=RELATED)
    together = _together(claimed)
    release(claimed[len(together) :], owner)
    return together


def _waiting(queue: str, passed_over: Q, *, but: Sequence[uuid.UUID] = ()) -> Rows:
    """What waits in a queue without the rows of some batches, ``but`` of these rows all the same.

    Nothing is joined: small sets of batches and stores are looked up once, and the line is read in
    the order of its index, however many rows wait and whatever the server believes of their number
    (with joins, a claim took 100 ms after a batch of 10,000 until the server had counted anew).
    """
    free = Q(batch=None) | ~Q(batch__in=Batch.objects.filter(passed_over).values("pk"))
    rows = Generation.objects.filter(free | Q(pk__in=but) if but else free)
    rows = rows.exclude(store__in=gone_stores().values("pk")).filter(without_waiting())
    return rows.filter(status__in=Generation.WAITING, queue=queue).order_by("lane", "turn", "id")


def _next_of_limited(limited: QuerySet[Batch], queue: str) -> Iterable[uuid.UUID]:
    """The first due row of every batch that has fewer in work than it may; indexes answer both."""
    may_run = without_waiting()
    for batch in limited.select_for_update(skip_locked=True, no_key=True):
        in_work = batch.generations.filter(lease_until__gte=timezone.now()).exclude(lease_owner="")
        if in_work.count() >= (batch.concurrency or 1):
            continue
        for status in (Generation.Status.PROCESSING, Generation.Status.QUEUED):
            rows = batch.generations.filter(due(), may_run, status=status, queue=queue)
            first = rows.order_by("turn", "id").values_list("pk", flat=True).first()
            if first is not None:
                yield first
                break


def _together(claimed: list[Generation]) -> list[Generation]:
    """The rows of a claim that may be run in one go.

    One that has cost a worker before goes alone, so that it can take no others down with it.
    """
    for count, row in enumerate(claimed):
        if row.attempt > 1:
            return claimed[: max(count, 1)]
    return claimed
