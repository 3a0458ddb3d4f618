"""What the queue's workers do for storefronts, and what becomes of a row when a store fails.

A row that meets a store that is down waits longer each time; one that needs the merchant waits
for the merchant; a bug ends only its own row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations import (
    catalog,
    events as told,
    inbox,
    opening,
    privacy,
    publish,
    pulling,
    sweep,
    sync_ends,
    tokens,
)
from integrations.contract import (
    NeedsMerchant,
    NotReady,
    Permanent,
    PlatformError,
    Retryable,
    RightMissing,
)
from integrations.models import (
    AccessToken,
    InboundEvent,
    PrivacyRequest,
    Publication,
    Store,
    SyncRun,
)
from integrations.models.stores import StoreStatus
from productviz.lib import scratch
from productviz.lib.files import StorageFailed
from productviz.lib.lease import (
    MAX_ATTEMPTS,
    Heartbeat,
    claim,
    due as due_now,
    free,
    free_dead,
    held,
    put_off,
    release,
    wait,
)
from productviz.lib.rows import LeasedModel
from productviz.lib.stopping import is_stopping

log = structlog.get_logger(__name__)

Row = TypeVar("Row", bound=LeasedModel)
Run = Callable[[Any, str], None]
Fail = Callable[[Any, str, PlatformError], None]

# Seconds: restarts and busy hosts pass within minutes, maintenance within hours, a broken host is
# mended on the next working day; after about two days it is the merchant's turn.
LADDER = (15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
LONGEST_WISH = 3600.0
AFTER_A_BUG = timedelta(seconds=30)
_STORAGE = "Files could not be stored or read. Check the disk or the bucket."
_BUG = "Something unexpected went wrong in ProductViz; the log has the details. Try again later."


def events(owner: str) -> int:
    """Look into up to 20 store webhooks."""
    return _work(_events(), owner, limit=20, run=inbox.process, fail=inbox.fail)


def publications(owner: str) -> int:
    """Write, or undo, up to 4 galleries."""
    return _work(publish.waiting(), owner, limit=4, run=publish.run, fail=publish.fail)


def sync_runs(owner: str) -> int:
    """Go on with one catalog sweep for a while."""
    waiting = SyncRun.objects.filter(state__in=SyncRun.ACTIVE)
    return _work(_open(waiting), owner, limit=1, run=catalog.run_sync, fail=sync_ends.fail)


def privacy_requests(owner: str) -> int:
    """Answer one request to show or erase data."""
    return _work(privacy.waiting(), owner, limit=1, run=privacy.run, fail=privacy.fail)


SOURCES: tuple[Callable[[str], int], ...] = (events, publications, sync_runs, privacy_requests)


def _events() -> QuerySet[InboundEvent]:
    """Hints of stores that we may talk to, and what any store says about itself."""
    waiting = InboundEvent.objects.filter(state=InboundEvent.State.RECEIVED)
    heard = ~Q(store__status=StoreStatus.DISCONNECTED) | Q(about_store=True)
    return waiting.filter(heard).order_by("pk")


def _open(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Only rows of stores we may talk to; the others wait for the merchant."""
    return rows.exclude(store__status=StoreStatus.DISCONNECTED).order_by("pk")


def due() -> bool:
    """Whether anything of ours waits for a worker now."""
    waiting: tuple[QuerySet[Any], ...] = (
        _events(),
        privacy.waiting(),
        publish.waiting(),
        _open(SyncRun.objects.filter(state__in=SyncRun.ACTIVE)),
    )
    return any(rows.filter(due_now()).exists() for rows in waiting)


def rescue(*, counted: bool = True) -> int:
    """Free what dead workers of this machine hold; ``counted``: they died of their work."""
    leased = (AccessToken, InboundEvent, PrivacyRequest, Publication, SyncRun)
    return sum(free_dead(model, counted=counted) for model in leased)


def daily() -> int:
    """Renew access that ends, wake disabled webhooks, forget what is over; for the schedule."""
    scratch.sweep()
    stores = Store.objects.exclude(status=StoreStatus.DISCONNECTED)
    woken = sum(map(inbox.keep_webhooks_alive, stores))
    return tokens.renew_ending() + woken + inbox.prune() + sweep.forget()


def poll() -> int:
    """Ask for the sweeps that are due, give up on stores that fetched nothing; for the schedule,
    every few minutes."""
    return catalog.request_due() + pulling.expire()


def _work(rows: QuerySet[Row], owner: str, *, limit: int, run: Run, fail: Fail) -> int:
    claimed = claim(rows, owner=owner, limit=limit)
    if not claimed:
        return 0
    with Heartbeat(rows.model, owner):
        for row in claimed:
            if is_stopping():
                release([row], owner)
            else:
                _attempt(row, owner, run=run, fail=fail)
    return len(claimed)


def _attempt(row: LeasedModel, owner: str, *, run: Run, fail: Fail) -> None:
    if row.attempt > MAX_ATTEMPTS:
        fail(row, owner, Permanent(_BUG, code="internal_error"))
        return
    try:
        run(row, owner)
    except NotReady as error:
        wait(row, owner, seconds=min(error.after, LONGEST_WISH), **_note(row, error))
    except Retryable as error:
        _later(row, owner, error, fail)
    except StorageFailed:
        log.exception("storage failed", row=str(row))
        _later(row, owner, Retryable(_STORAGE, code="storage_failed"), fail)
    except RightMissing as error:
        opening.note_missing(cast(Any, row).store_id, str(error))
        fail(row, owner, error)
    except NeedsMerchant as error:
        _suspend(row, owner, error)
    except PlatformError as error:
        fail(row, owner, error)
    except Exception:
        log.exception("a storefront row failed", row=str(row), attempt=row.attempt)
        _after_a_bug(row, owner, fail)


def _later(row: LeasedModel, owner: str, error: Retryable, fail: Fail) -> None:
    fresh = held(row, owner).values_list("retries", flat=True).first()
    if fresh is None:
        return
    if fresh >= len(LADDER):
        fail(row, owner, Permanent(f"{error} Gave up after two days.", code=error.code))
        return
    row.retries = fresh
    wish = min(error.after or 0.0, LONGEST_WISH)
    put_off(row, owner, seconds=max(float(LADDER[fresh]), wish), **_note(row, error))


def _note(row: LeasedModel, error: PlatformError) -> dict[str, str]:
    """Say on the row why it waits."""
    if isinstance(row, Publication):
        return {"error": str(error), "error_code": error.code[:40]}
    if isinstance(row, PrivacyRequest):
        return {"outcome": str(error)}
    return {"message": str(error)} if isinstance(row, SyncRun) else {"note": str(error)}


def _suspend(row: LeasedModel, owner: str, error: NeedsMerchant) -> None:
    """Nothing of this store goes on before the merchant connects it again."""
    store_id = cast(Any, row).store_id
    with transaction.atomic():
        told.set_status(store_id, StoreStatus.DISCONNECTED, str(error))
    if held(row, owner).update(**_note(row, error)):
        release([row], owner)
    log.warning("store disconnected", store=str(store_id), reason=str(error))


def _after_a_bug(row: LeasedModel, owner: str, fail: Fail) -> None:
    if row.attempt >= MAX_ATTEMPTS:
        fail(row, owner, Permanent(_BUG, code="internal_error"))
        return
    held(row, owner).update(**free(not_before=timezone.now() + AFTER_A_BUG))
