"""The catalog sweep: keeps our mirror of a store complete, resumable after any interruption.

Each page is one transaction together with its cursor. Nothing is deleted because of one bad
answer: a catalog that shrinks a lot asks the merchant first. Webhooks only hint; this decides.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone

from integrations import events, mirror, snapshot, sweep, sync_ends
from integrations.contract import (
    Adapter,
    Gone,
    Permanent,
    Product,
    ProductRef,
    Retryable,
    SyncPage,
)
from integrations.models import Store, SyncRun
from integrations.models.stores import Platform, StoreStatus
from integrations.registry import adapter_for
from productviz.lib.lease import free, held, release
from productviz.lib.queue import wake
from productviz.lib.stopping import is_stopping

log = structlog.get_logger(__name__)

# Sent after commit with ``store`` and ``product_ids``: products that are new or whose inputs
# changed. The one upward notice of the storefront side.
catalog_changed = Signal()

SLICE_SECONDS = 15.0
POLL_EVERY = timedelta(minutes=10)
FULL_EVERY = timedelta(days=7)
# A catalog that loses this much at once is more often a wrong filter than a decision.
GUARD_COUNT = 20
GUARD_SHARE = 0.10
# So many products are asked for one by one; more are looked for in the list of all.
ASK_EACH = 50


def announce(store: Store, product_ids: Sequence[uuid.UUID]) -> None:
    """Send ``catalog_changed`` in the current transaction, so that no kill can lose the notice.

    A receiver that fails is logged and undone by itself; the mirror does not depend on it.
    """
    if not product_ids:
        return
    try:
        with transaction.atomic():
            catalog_changed.send(sender=Store, store=store, product_ids=list(product_ids))
    except Exception:
        log.exception("a catalog receiver failed", store=store.public_id)


def request_sync(store: Store, *, kind: str) -> SyncRun:
    """Ask for a sweep; the active one if there is one. Raises Permanent where none is possible."""
    if store.pushes:
        raise Permanent(
            "A custom store’s own program brings its products. There is nothing to read.",
            code="state_conflict",
        )
    if store.status == StoreStatus.DISCONNECTED:
        raise Permanent(
            "The store is disconnected. Connect it again first.", code="store_disconnected"
        )
    if store.synced_until is None:
        kind = SyncRun.Kind.FULL
    active = store.sync_runs.filter(state__in=SyncRun.ACTIVE)
    if kind == SyncRun.Kind.FULL:
        active.filter(started_at=None).update(kind=kind)
    running = active.first()
    if running is not None:
        return running
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(store=store, kind=kind)
            if kind == SyncRun.Kind.FULL:
                _withdraw_question(store)
    except IntegrityError:
        return store.sync_runs.get(state__in=SyncRun.ACTIVE)
    wake()
    return run


def hurry(store: Store) -> str:
    """Go on with the sweep that waits for the store to prepare something; says what was done."""
    with transaction.atomic():
        waiting = store.sync_runs.filter(state__in=SyncRun.ACTIVE, lease_owner="")
        if not waiting.update(not_before=None):
            return "no sync waits for it"
        wake()
    return "the sync goes on"


def request_due() -> int:
    """Ask for the sweeps that the clock demands; the number asked for. For the schedule."""
    asked = 0
    connected = Store.objects.exclude(status=StoreStatus.DISCONNECTED)
    for store in connected.exclude(platform=Platform.CUSTOM):
        done = store.sync_runs.filter(state=SyncRun.State.DONE)
        now = timezone.now()
        full = done.filter(kind=SyncRun.Kind.FULL, finished_at__gt=now - FULL_EVERY)
        asking = store.sync_runs.filter(state=SyncRun.State.ASKING)
        if not full.exists() and not asking.exists():
            request_sync(store, kind=SyncRun.Kind.FULL)
        elif not done.filter(finished_at__gt=now - POLL_EVERY).exists():
            request_sync(store, kind=SyncRun.Kind.CHANGES)
        else:
            continue
        asked += 1
    return asked


def answer(run: SyncRun, *, delete: bool) -> SyncRun:
    """Settle a sweep that asked: remove what vanished, or keep everything as it is."""
    changes: dict[str, object] = {"state": SyncRun.State.DONE, "finished_at": timezone.now()}
    if delete:
        changes = {"state": SyncRun.State.QUEUED, "deletions_confirmed": True}
    try:
        with transaction.atomic():
            asking = SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.ASKING)
            if not asking.update(**changes):
                raise Permanent("This sync asks nothing any more.", code="state_conflict")
            if not delete:
                events.sync(run, "completed")
            Store.objects.filter(pk=run.store_id).update(sync_question="")
    except IntegrityError as error:
        raise Permanent(
            "Another sync of this store is running. Answer when it is done.", code="state_conflict"
        ) from error
    wake()
    run.refresh_from_db()
    return run


def _withdraw_question(store: Store) -> None:
    done = {"state": SyncRun.State.DONE, "finished_at": timezone.now()}
    for run in store.sync_runs.filter(state=SyncRun.State.ASKING):
        if SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.ASKING).update(**done):
            events.sync(run, "completed")
    Store.objects.filter(pk=store.pk).update(sync_question="")


def run_sync(run: SyncRun, owner: str, *, seconds: float = SLICE_SECONDS) -> None:
    """Work on a claimed sweep for about ``seconds``, then let it go; raises PlatformError."""
    adapter = adapter_for(run.store)
    if run.started_at is None:
        run.started_at = timezone.now()
        held(run, owner).update(state=SyncRun.State.RUNNING, started_at=run.started_at)
        _subscribe(run.store, adapter)
    if not run.pages_done and not _read_pages(run, owner, adapter, time.monotonic() + seconds):
        release([run], owner)
        wake()
        return
    if run.kind == SyncRun.Kind.FULL and not _remove_vanished(run, owner, adapter):
        return
    sync_ends.finish(run, owner)


def _subscribe(store: Store, adapter: Adapter) -> None:
    """Webhooks only save time; without them the sweeps still find every change."""
    if not store.capabilities.get("webhooks"):
        return
    try:
        adapter.subscribe(url=store.inbox_url, secret=store.inbox_secret)
    except (Retryable, Permanent) as error:
        log.warning("webhooks not renewed", store=store.public_id, reason=str(error))


def _read_pages(run: SyncRun, owner: str, adapter: Adapter, deadline: float) -> bool:
    """Read on from the cursor; False if the time is over before the last page."""
    since = run.store.synced_until if run.kind == SyncRun.Kind.CHANGES else None
    for page in adapter.pages(changed_since=since, cursor=run.cursor or None):
        if not _apply(run, owner, adapter, page):
            return False
        if page.cursor is None:
            return True
        if time.monotonic() > deadline or is_stopping():
            return False
    return True


def _apply(run: SyncRun, owner: str, adapter: Adapter, page: SyncPage) -> bool:
    """One page and its cursor in one transaction; False if the lease was lost."""
    run.cursor, run.pages_done = page.cursor or run.cursor, page.cursor is None
    tops = {one.external_id for one in page.products if not one.parent_external_id}
    run.seen += len(tops)
    run.total = run.total if page.total is None else page.total
    stamps = [one.updated_at for one in page.products]
    run.newest = max([*stamps, *([run.newest] if run.newest else [])], default=None)
    full = run.kind == SyncRun.Kind.FULL
    products = _believed(run.store, adapter, page)
    with transaction.atomic():
        changed = mirror.upsert(run.store, products)
        if full:
            sweep.note(run, tops)
        run.changed += len(changed)
        fields = ("cursor", "pages_done", "seen", "total", "newest", "changed")
        values = {name: getattr(run, name) for name in fields}
        if not held(run, owner).update(**values, attempt=0, retries=0, message=""):
            transaction.set_rollback(True)
            return False
        announce(run.store, changed)
    return True


def _believed(store: Store, adapter: Adapter, page: SyncPage) -> Sequence[Product]:
    if not page.is_snapshot:
        return page.products
    return snapshot.believed(store, page.products, is_gone=lambda one: _is_gone(one, adapter))


def _remove_vanished(run: SyncRun, owner: str, adapter: Adapter) -> bool:
    """Mark what the store no longer has; False if the merchant must be asked first."""
    met = sweep.met(run)
    known = sweep.known(run).count()
    missing = _really_missing(sweep.missing(run, met), known, adapter)
    if _is_suspicious(len(missing), known) and not run.deletions_confirmed:
        _ask(run, owner, len(missing), known)
        return False
    with transaction.atomic():
        run.removed = mirror.mark_deleted(run.store, sorted(missing))
        # A sweep that had to begin anew has counted some products twice.
        held(run, owner).update(removed=run.removed, seen=len(met))
    return True


def _really_missing(missing: set[str], known: int, adapter: Adapter) -> set[str]:
    """Ask the store once more: a row can slip between two pages."""
    if len(missing) <= ASK_EACH and not _is_suspicious(len(missing), known):
        return {external_id for external_id in missing if _is_gone(external_id, adapter)}
    for ids in adapter.ids():
        missing.difference_update(ids)
    return missing


def _is_gone(external_id: str, adapter: Adapter) -> bool:
    try:
        adapter.product(ProductRef(external_id))
    except Gone:
        return True
    return False


def _is_suspicious(missing: int, known: int) -> bool:
    many = missing > GUARD_COUNT and missing > known * GUARD_SHARE
    return many or (missing > 0 and missing == known)


def _ask(run: SyncRun, owner: str, missing: int, known: int) -> None:
    question = (
        f"{missing} of {known} products are no longer in your store's catalog. Were they really"
        " deleted? Nothing is removed here until you answer."
    )
    with transaction.atomic():
        if held(run, owner).update(**free(state=SyncRun.State.ASKING, message=question)):
            Store.objects.filter(pk=run.store_id).update(sync_question=question)
