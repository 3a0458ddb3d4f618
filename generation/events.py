"""What is told of generations, batches and assets: thin objects, beside the state change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.models import Generation
from generation.types import Stage
from productviz.lib.ids import public_id
from productviz.outbox.record import Told, record as record_told

KINDS = (
    "accepted",
    "stage_changed",
    "progress",
    "review_required",
    "approved",
    "retried",
    "completed",
    "failed",
    "rejected",
    "canceled",
    "expired",
)
_PROGRESS = {
    "preprocess": 10,
    "inference": 25,
    "postprocess": 70,
    "store": 90,
    "deliver": 97,
}


def record(
    generation: Generation,
    kind: str,
    detail: Mapping[str, Any] | None = None,
    *,
    previous: Mapping[str, Any] | None = None,
) -> None:
    """Add ``generation.<kind>`` to the outbox; the row is read as the change has left it."""
    row = Generation.objects.select_related("product", "asset").get(pk=generation.pk)
    record_told(
        Told(
            type=f"generation.{kind}",
            workspace_id=row.workspace_id,
            object_id=row.pk,
            version=row.version,
            store_id=row.product.store_id,
            object=thin(row),
            previous=previous or {},
            detail=detail or {},
            audience=row.audience,
        )
    )


def thin(row: Generation) -> dict[str, Any]:
    """The generation as events show it: ids, state, and what is needed to act."""
    return {
        "id": row.public_id,
        "object": "generation",
        "status": row.status,
        "stage": stage(row),
        "progress": progress(row),
        "version": row.version,
        "product": public_id("prd", row.product_id),
        "product_external_id": row.product.external_id,
        "batch": public_id("bat", row.batch_id) if row.batch_id else None,
        "assets": [public_id("ast", row.asset_id)] if row.asset_id else [],
        "error": error(row),
        "metadata": row.metadata,
    }


def stage(row: Generation) -> str:
    """Where it is; before a worker has begun it is still at the intake."""
    return Stage.INTAKE if row.status == Generation.Status.QUEUED else row.stage


def progress(row: Generation) -> int:
    """Percent of the way, by stage; an ended generation is at 100."""
    if row.status in Generation.TERMINAL:
        return 100
    if row.status == Generation.Status.QUEUED:
        return 5
    return _PROGRESS.get(row.stage, 5)


def error(row: Generation) -> dict[str, Any] | None:
    """What went wrong, in the words of the API; None where nothing did."""
    if not row.error_code:
        return None
    return {
        "code": row.error_code,
        "stage": row.stage,
        "message": row.error_message,
        "retryable": row.status == Generation.Status.FAILED,
        "attempts": row.attempt + row.retries,
    }
