"""What is told of a batch: its state and its counts."""

from __future__ import annotations

from typing import Any

from generation.batches.progress import Progress, progress
from generation.models import Batch, Preset, PresetVersion
from integrations.models import Store
from productviz.lib.ids import public_id
from productviz.outbox.record import Told, record as record_told


def tell(batch: Batch, kind: str) -> None:
    """Add ``batch.<kind>`` to the outbox, in the transaction of the change it tells of."""
    record_told(
        Told(
            type=f"batch.{kind}",
            workspace_id=batch.workspace_id,
            object_id=batch.pk,
            version=batch.version,
            store_id=batch.store_id,
            object=thin(batch, progress(batch)),
        )
    )


def thin(batch: Batch, now: Progress) -> dict[str, Any]:
    """The batch as events show it: ids, state and counts."""
    return {
        "id": batch.public_id,
        "object": "batch",
        "status": batch.state,
        "pause_reason": batch.pause_reason or None,
        "version": batch.version,
        "store": public_id(Store.PREFIX, batch.store_id),
        "preset": public_id(Preset.PREFIX, batch.preset_version.preset_id),
        "preset_version": public_id(PresetVersion.PREFIX, batch.preset_version_id),
        "counts": counts(now),
        "metadata": batch.metadata,
    }


def counts(now: Progress) -> dict[str, int]:
    """The counts in the words of the API."""
    return {
        "total": now.total,
        "expected": now.expected,
        "queued": now.waiting,
        "processing": now.working,
        "awaiting_review": now.review,
        "succeeded": now.succeeded,
        "failed": now.failed,
        "rejected": now.rejected,
        "canceled": now.canceled,
        "expired": now.expired,
        "skipped": now.skipped,
    }
