"""Whose turn it is: inside a lane workspaces take turns, however much one of them asks for.

Start-time fair queueing without a table of its own. A row's turn is one after its workspace's last
one that waits in the lane, but never before the turn that the lane has come to: who has waited for
nothing has saved nothing up. Workers take turns in order, so 10,000 images of one workspace let
every other one in at once, and a lane is shared evenly among those who wait in it.
"""

from __future__ import annotations

import uuid

from django.db.models import F

from generation.line import Rows, waiting
from generation.models import Batch, Generation, Lane
from productviz.lib.lease import due
from productviz.lib.queue import DEFAULT, GPU


def next_turn(workspace: uuid.UUID, lane: Lane, queue: str = DEFAULT) -> int:
    """The turn of the workspace's next row in a queue's lane; of n rows, they take n from here on.

    Two requests at one moment may get the same turn: the older row goes first then.
    """
    rows = waiting(queue).filter(lane=lane)
    own = rows.filter(workspace_id=workspace).order_by("-turn").values_list("turn", flat=True)
    return max(_reached(rows), *(turn + 1 for turn in own[:1]), 0)


def join_again(batch: Batch) -> None:
    """Move what waits of a batch to where its lane is now, so that a pause saves no turns up.

    Call it where a paused batch goes on, in the same transaction and before it does.
    """
    for queue in (DEFAULT, GPU):
        _join_again(batch, queue)


def _join_again(batch: Batch, queue: str) -> None:
    rows = batch.generations.filter(status__in=Generation.WAITING, queue=queue)
    first = rows.order_by("turn").values_list("lane", "turn").first()
    if first is None:
        return
    behind = next_turn(batch.workspace_id, Lane(first[0]), queue) - first[1]
    if behind > 0:
        Generation.objects.filter(pk__in=rows.values("pk")).update(
            turn=F("turn") + behind, version=F("version")
        )


def _reached(waiting_rows: Rows) -> int:
    """The smallest turn that a worker could take of a lane's rows now."""
    rows = waiting_rows.filter(due()).values_list("turn", flat=True)
    # A batch that is kept to a few at a time falls behind, and the lane does not wait for it.
    limited = Batch.objects.filter(state__in=Batch.OPEN, concurrency__isnull=False)
    found = rows.exclude(batch__in=limited.values("pk")).first()
    return found if found is not None else rows.first() or 0
