"""How a catalog sweep ends, and what its end says of the store."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations import events
from integrations.contract import PlatformError
from integrations.models import Store, SyncRun
from integrations.models.stores import StoreStatus
from productviz.lib.lease import free, held


def finish(run: SyncRun, owner: str) -> None:
    """Close a sweep that has read everything."""
    done = free(state=SyncRun.State.DONE, finished_at=timezone.now(), message="")
    with transaction.atomic():
        if held(run, owner).update(**done):
            run.swept_pages.all().delete()
            Store.objects.filter(pk=run.store_id).update(synced_until=_watermark(run))
            events.sync(run, "completed")
            _well_again(run.store_id)


def _well_again(store_id: uuid.UUID) -> None:
    """The store answers; what stays of a degraded state is the rights it never gave."""
    store = Store.objects.select_for_update().get(pk=store_id)
    if store.status == StoreStatus.DEGRADED:
        store.show_missing()
        store.save(update_fields=["status", "status_reason"])
        events.store_status(store_id, previous=StoreStatus.DEGRADED)


def _watermark(run: SyncRun) -> datetime | None:
    """The store's own newest stamp, never later than our start nor earlier than before.

    Products that changed behind the sweep's back have later stamps and are read next time; a
    product dated into the future cannot hide later changes.
    """
    before = run.store.synced_until
    stamps = [stamp for stamp in (run.newest, run.started_at) if stamp]
    newest = min(stamps) if run.newest else before
    return max(newest, before) if newest and before else newest


def fail(run: SyncRun, owner: str, error: PlatformError) -> None:
    """End a sweep that cannot go on; the store is marked, its products stay."""
    failed = free(state=SyncRun.State.FAILED, finished_at=timezone.now(), message=str(error))
    with transaction.atomic():
        if held(run, owner).update(**failed):
            events.sync(run, "failed")
            _unwell(run.store_id, f"The last sync failed. {error}")


def _unwell(store_id: uuid.UUID, reason: str) -> None:
    """The store is marked; where it was marked already it still has another last sync."""
    unless = StoreStatus.DISCONNECTED
    if not events.set_status(store_id, StoreStatus.DEGRADED, reason, unless=unless):
        Store.objects.filter(pk=store_id).update(
            version=F("version") + 1, updated_at=timezone.now()
        )
