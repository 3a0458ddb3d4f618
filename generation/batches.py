"""Many generations started together: start, watch, pause, resume, cancel and undo as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from generation.intake.accept import Refused, accept
from generation.models import Batch, Generation, Lane, PresetVersion, PublishMode, Schedule
from generation.selection import Selector
from generation.types import Stage
from integrations import publish as storefront
from integrations.models import Product, Publication, Store
from productviz.accounts.models import User
from productviz.lib import queue
from productviz.lib.lease import free

Status = Generation.Status


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a batch stands; ``stages`` counts the working ones by stage."""

    total: int
    waiting: int
    working: int
    review: int
    succeeded: int
    failed: int
    rejected: int
    canceled: int
    published: int
    undone: int
    stages: dict[str, int]
    eta_seconds: int | None
    finished: bool


def start(
    *,
    store: Store,
    version: PresetVersion,
    publish: PublishMode,
    requested_by: User | None,
    products: Iterable[Product] = (),
    selector: Selector | None = None,
    undo_at: datetime | None = None,
    schedule: Schedule | None = None,
) -> Batch:
    """Queue one generation for each product that has a photograph; the others are left out.

    Raises Refused when no product is left.
    """
    with transaction.atomic():
        batch = Batch.objects.create(
            workspace_id=store.workspace_id,
            store=store,
            preset_version=version,
            publish=publish,
            created_by=requested_by,
            undo_at=undo_at,
            schedule=schedule,
        )
        if selector is not None:
            products = selector.products(store).select_related("store")
        if not sum(_accepted(batch, product) for product in products):
            raise Refused("no_usable_source", "None of these products has a photograph of its own.")
    return batch


def _accepted(batch: Batch, product: Product) -> bool:
    try:
        accept(
            product=product,
            version=batch.preset_version,
            publish=PublishMode(batch.publish),
            lane=Lane.BULK,
            requested_by=batch.created_by,
            batch=batch,
        )
    except Refused as refusal:
        if refusal.code == "no_usable_source":
            return False
        raise
    return True


def pause(batch: Batch) -> None:
    """Start no more of the batch; what a worker has in hand is finished."""
    Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING).update(state=Batch.State.PAUSED)


def resume(batch: Batch) -> None:
    """Go on with a paused batch."""
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk, state=Batch.State.PAUSED).update(
            state=Batch.State.RUNNING
        )
        queue.wake()


def cancel(batch: Batch) -> int:
    """Cancel what has not ended; results that exist stay. The number cancelled."""
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CANCELED)
        return batch.generations.filter(status__in=Generation.WAITING).update(
            **free(
                status=Status.CANCELED,
                error_code="canceled_by_user",
                finished_at=timezone.now(),
            )
        )


def undo(batch: Batch) -> int:
    """Undo every publication of the batch, the newest first; the number asked for."""
    cancel_waiting = Publication.objects.filter(
        generation__batch=batch, state=Publication.State.PENDING_APPROVAL
    )
    for publication in cancel_waiting:
        storefront.cancel(publication)
    published = Publication.objects.filter(
        generation__batch=batch, state=Publication.State.PUBLISHED
    ).order_by("-id")
    asked = 0
    for publication in published:
        storefront.undo(publication)
        asked += 1
    return asked


def progress(batch: Batch) -> Progress:
    """Count the batch by state, and estimate the seconds left from the pace so far."""
    rows = batch.generations
    by_status = {
        Status(row["status"]): row["n"]
        for row in rows.values("status").annotate(n=Count("pk")).order_by()
    }
    by_stage = rows.filter(status=Status.PROCESSING).values("stage").annotate(n=Count("pk"))
    published = rows.aggregate(
        published=Count("pk", filter=Q(publication__state=Publication.State.PUBLISHED)),
        undone=Count("pk", filter=Q(publication__state=Publication.State.ROLLED_BACK)),
    )
    left = by_status.get(Status.QUEUED, 0) + by_status.get(Status.PROCESSING, 0)
    return Progress(
        total=sum(by_status.values()),
        waiting=by_status.get(Status.QUEUED, 0),
        working=by_status.get(Status.PROCESSING, 0),
        review=by_status.get(Status.AWAITING_REVIEW, 0),
        succeeded=by_status.get(Status.SUCCEEDED, 0),
        failed=by_status.get(Status.FAILED, 0),
        rejected=by_status.get(Status.REJECTED, 0),
        canceled=by_status.get(Status.CANCELED, 0),
        published=published["published"],
        undone=published["undone"],
        stages={str(stage): 0 for stage in Stage}
        | {row["stage"]: row["n"] for row in by_stage.order_by()},
        eta_seconds=_eta(batch, left),
        finished=left == 0,
    )


def _eta(batch: Batch, left: int) -> int | None:
    ended = batch.generations.exclude(finished_at=None).aggregate(
        n=Count("pk"), first=Min("created_at"), last=Max("finished_at")
    )
    if not left or not ended["n"] or batch.state != Batch.State.RUNNING:
        return None
    spent: timedelta = ended["last"] - ended["first"]
    count: int = ended["n"]
    return round(spent.total_seconds() / count * left)
