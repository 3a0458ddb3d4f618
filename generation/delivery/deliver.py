"""Stage 6: the one place where a generation succeeds, and where its publication begins."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from generation import budgets, retention
from generation.delivery import storefront
from generation.events import tell
from generation.holding import change
from generation.models import Asset, Generation, PublishMode
from generation.types import Stage
from integrations.models.stores import WriteMode
from productviz.lib import queue
from productviz.lib.lease import free


def deliver(generation: Generation, asset: Asset, *, owner: str, reused: bool) -> None:
    """Settle the generation as succeeded and queue what follows, in one transaction.

    Raises LeaseLost when another worker holds the row, Retryable when the asset is just gone:
    nothing is written then.
    """
    with transaction.atomic(savepoint=False):
        previous = {"status": generation.status}
        reserved_on = generation.reserved_on
        changes = free(
            status=Generation.Status.SUCCEEDED,
            stage=Stage.DELIVER,
            asset=asset,
            reused=reused,
            fingerprint=generation.fingerprint,
            stage_times=generation.stage_times,
            finished_at=timezone.now(),
            reserved_on=None,
        )
        change(generation, owner, **changes)
        if reused:
            retention.use(asset)
        detail = {"asset": asset.public_id, "reused": reused}
        tell(generation, "completed", detail, previous=previous)
        stays_here = generation.product.store.write_mode == WriteMode.NONE
        if generation.publish != PublishMode.NONE and not stays_here:
            storefront.attach(
                generation,
                asset,
                needs_approval=generation.publish == PublishMode.APPROVAL,
                user=generation.requested_by,
            )
        budgets.settle(generation, spent=not reused, reused=reused, ended=reserved_on)
        queue.wake_soon()
