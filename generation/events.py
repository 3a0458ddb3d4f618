"""What is told of generations, batches and assets: thin objects, beside the state change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.models import Asset, Automation, Generation
from generation.types import Stage
from productviz.lib.ids import public_id
from productviz.outbox.record import Told, record as record_told

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
    row = Generation.objects.select_related("product").get(pk=generation.pk)
    tell(row, kind, detail, previous=previous)


def tell(
    row: Generation,
    kind: str,
    detail: Mapping[str, Any] | None = None,
    *,
    previous: Mapping[str, Any] | None = None,
) -> None:
    """As ``record``, of a row in hand that is as the change has left it, version and all."""
    record_told(told(row, kind, detail, previous=previous))


def told(
    row: Generation,
    kind: str,
    detail: Mapping[str, Any] | None = None,
    *,
    previous: Mapping[str, Any] | None = None,
) -> Told:
    """``generation.<kind>`` of a row that is as the change has left it, for many at once."""
    return Told(
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


def record_asset(asset: Asset, kind: str) -> None:
    """Add ``asset.<kind>`` to the outbox; the asset is as the change has left it."""
    record_told(
        Told(
            type=f"asset.{kind}",
            workspace_id=asset.workspace_id,
            object_id=asset.pk,
            version=asset.version,
            store_id=asset.product.store_id,
            object=thin_asset(asset),
        )
    )


def thin_asset(asset: Asset) -> dict[str, Any]:
    """The asset as events show it."""
    return {
        "id": asset.public_id,
        "object": "asset",
        "status": "deleted" if asset.deleted_at else "ready",
        "version": asset.version,
        "product": public_id("prd", asset.product_id),
        "product_external_id": asset.product.external_id,
        "metadata": asset.metadata,
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
    begun = _PROGRESS.get(row.stage, 5)
    if row.stage != Stage.INFERENCE or not row.steps:
        return begun
    return begun + (_PROGRESS["postprocess"] - begun) * row.steps_done // row.steps


def error(row: Generation) -> dict[str, Any] | None:
    """What went wrong, in the words of the API; None where nothing did."""
    if not row.error_code:
        return None
    return {
        "code": row.error_code,
        "stage": row.stage,
        "message": row.error_message,
        "retryable": row.status == Generation.Status.FAILED,
        "attempts": row.attempt + row.retries + row.painter_waits,
    }


def automation_paused(row: Automation) -> None:
    """Add ``automation.paused`` to the outbox; the row is as the change has left it."""
    record_told(
        Told(
            type="automation.paused",
            workspace_id=row.store.workspace_id,
            object_id=row.pk,
            version=row.version,
            store_id=row.store_id,
            object={
                "id": row.public_id,
                "object": "automation",
                "enabled": row.enabled,
                "paused_reason": row.pause_reason,
                "version": row.version,
                "store": public_id("str", row.store_id),
                "preset": public_id("pre", row.preset_id),
                "metadata": row.metadata,
            },
            previous={"paused_reason": ""},
        )
    )
