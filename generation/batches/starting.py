"""Begin a batch: one row, at once; workers make its generations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from generation.batches.told import tell
from generation.intake.accept import Refused
from generation.models import Batch, PresetVersion, PublishMode, Schedule
from generation.selection import Selector, usable
from integrations.models import Store
from productviz.accounts.models import User
from productviz.lib import queue


def start(
    *,
    store: Store,
    version: PresetVersion,
    publish: PublishMode,
    selector: Selector,
    requested_by: User | None,
    concurrency: int | None = None,
    undo_at: datetime | None = None,
    schedule: Schedule | None = None,
    is_test: bool = False,
    metadata: dict[str, Any] | None = None,
) -> Batch:
    """Ask for one generation of each product that the selector finds and that has a photograph.

    Raises Refused for a preset of another workspace, and where no product has a photograph.
    """
    if version.preset.workspace_id != store.workspace_id:
        raise Refused("not_found", "There is no such preset in this workspace.")
    products = selector.products(store)
    if not usable(products, version.parsed().kind).exists():
        raise Refused(
            "no_usable_source", "None of these products has the photographs that the preset takes."
        )
    with transaction.atomic():
        batch = Batch.objects.create(
            workspace_id=store.workspace_id,
            store=store,
            preset_version=version,
            publish=publish,
            state=Batch.State.PREPARING,
            selector=selector.to_json(),
            expected=products.count(),
            created_by=requested_by,
            concurrency=concurrency,
            undo_at=undo_at,
            schedule=schedule,
            is_test=is_test,
            metadata=metadata or {},
        )
        tell(batch, "started")
        queue.wake()
    return batch
