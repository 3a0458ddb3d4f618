"""Stage 6: the one place where a generation succeeds, and where its publication begins."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from generation import budgets
from generation.delivery import storefront
from generation.errors import LeaseLost
from generation.events import record
from generation.models import Asset, Generation, PublishMode
from generation.types import Stage
from productviz.lib import queue
from productviz.lib.lease import free, held


def deliver(generation: Generation, asset: Asset, *, owner: str, reused: bool) -> None:
    """Settle the generation as succeeded and queue what follows, in one transaction.

    Raises LeaseLost when another worker holds the row: nothing is written then.
    """
    with transaction.atomic():
        settled = held(generation, owner).update(
            **free(
                status=Generation.Status.SUCCEEDED,
                stage=Stage.DELIVER,
                asset=asset,
                reused=reused,
                stage_times=generation.stage_times,
                finished_at=timezone.now(),
                reserved_on=None,
            )
        )
        if not settled:
            raise LeaseLost
        record(generation, "completed", {"asset": asset.public_id, "reused": reused})
        if generation.publish != PublishMode.NONE:
            storefront.attach(
                generation,
                asset,
                needs_approval=generation.publish == PublishMode.APPROVAL,
                user=generation.requested_by,
            )
        budgets.settle(generation, spent=not reused, reused=reused, is_cleared=True)
        queue.wake()
