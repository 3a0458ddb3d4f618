"""When a product's inputs change in its store, start the generations its automations ask for.

A change is held until the product has been quiet for a while; workers start what is due. Only
another ``inputs_hash`` than the last image's makes a new one. Ceilings that no loop can pass stop
an automation, say why on the dashboard, and hold what changes until somebody resumes it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Case, DateTimeField, Exists, F, OuterRef, QuerySet, Value, When
from django.utils import timezone

from generation import budgets, fuses
from generation.events import record
from generation.forecast import Simulation, simulate
from generation.fuses import Tally
from generation.intake.accept import Refused, accept
from generation.models import Automation, Generation, HeldChange, Lane, PublishMode
from generation.triggers import SUPERSEDED, Filter, changed_since_made, concerned
from integrations.models import Product, Store
from integrations.models.stores import StoreStatus
from productviz.lib.lease import free

__all__ = [
    "Simulation",
    "hold",
    "is_due",
    "on_catalog_changed",
    "resume",
    "running",
    "simulate",
    "start_due",
    "switch",
]

log = structlog.get_logger(__name__)

# The longest that a product which is never quiet is waited for, as a multiple of the quiet.
MOST_WINDOWS = 10
# Products of one automation that one transaction starts: others wait for it no longer than that.
STARTED_AT_ONCE = 20
LOOK_AGAIN = timedelta(hours=1)
# How long a draft is waited for, where only active products are asked for.
WAITED_FOR_STATUS = timedelta(days=30)
# What lies in the product or the preset: asking again changes nothing before these do.
_FINAL = frozenset({"no_usable_source", "invalid_request", "not_found", "validation_failed"})
_SUPERSEDED = "The product changed again before this image was begun; a newer one was started."


def on_catalog_changed(
    sender: Any, *, store: Store, product_ids: Sequence[uuid.UUID], **kwargs: Any
) -> None:
    """The receiver of ``integrations.catalog.catalog_changed``: hold the change, start nothing.

    Our own write-backs never get here, since they do not change a product's inputs.
    """
    changed = Product.objects.filter(pk__in=list(product_ids))
    for automation in Automation.objects.filter(store=store, enabled=True).order_by("pk"):
        ids = list(concerned(automation, changed).values_list("pk", flat=True))
        if not ids:
            continue
        hold(automation, ids)
        all_well = automation.counted_since or automation.created_at
        if not automation.paused_at and (reason := fuses.storm(store, all_well)):
            fuses.pause(automation, reason)


def hold(automation: Automation, product_ids: Iterable[uuid.UUID]) -> None:
    """Keep products in mind until they are quiet; a further change puts one off, not for ever.

    What is there is changed before what is not is added: a worker that takes a row between the two
    waits for this transaction, or leaves the place for a new one.
    """
    now, quiet = timezone.now(), timedelta(seconds=automation.debounce_seconds)
    ids = sorted(product_ids)
    may_wait = When(
        first_at__gt=now - quiet * (MOST_WINDOWS - 1),
        then=Value(now + quiet, output_field=DateTimeField()),
    )
    held = automation.held.filter(product__in=ids)
    held.update(due_at=Case(may_wait, default=F("due_at"), output_field=DateTimeField()))
    HeldChange.objects.bulk_create(
        (
            HeldChange(automation=automation, product_id=pk, first_at=now, due_at=now + quiet)
            for pk in ids
        ),
        ignore_conflicts=True,
    )


def running() -> QuerySet[Automation]:
    """Automations that may start something now."""
    rows = Automation.objects.filter(enabled=True, paused_at=None, preset__archived_at=None)
    return rows.exclude(store__status=StoreStatus.DISCONNECTED)


def _due() -> QuerySet[Automation]:
    due = HeldChange.objects.filter(automation=OuterRef("pk"), due_at__lte=timezone.now())
    return running().filter(Exists(due))


def is_due() -> bool:
    """Whether a held change may be gone on with now."""
    return _due().exists()


def start_due(owner: str = "") -> int:
    """Go on with changes of products that are quiet; the number of products. For workers."""
    stores = list(_due().order_by("store").values_list("store", flat=True).distinct())
    return sum(_start_in(store) for store in stores)


def _start_in(store: uuid.UUID) -> int:
    """One worker a store at a time, so that two never count at once; others pass it by."""
    with transaction.atomic():
        rows = Automation.objects.filter(store=store).order_by("pk")
        locked = list(_for_update(rows.select_related("preset", "store"), skip_locked=True))
        if len(locked) < rows.count():
            return 0
        return sum(_start_held(one) for one in locked if one.enabled and not one.paused_at)


def _for_update(rows: QuerySet[Any], *, skip_locked: bool = False) -> QuerySet[Any]:
    """Lock rows so that others may still refer to them."""
    no_key = connection.features.has_select_for_no_key_update
    return rows.select_for_update(of=("self",), no_key=no_key, skip_locked=skip_locked)


def _start_held(automation: Automation) -> int:
    """Take the due changes of products that nobody is writing to just now."""
    now = timezone.now()
    due = automation.held.filter(due_at__lte=now).order_by("due_at", "pk")[:STARTED_AT_ONCE]
    changes = {change.product_id: change for change in due}
    named = Product.objects.filter(pk__in=list(changes)).select_related("store").order_by("pk")
    products = {row.pk: row for row in _for_update(named, skip_locked=True)}
    passing = set(_passing(automation, named).values_list("pk", flat=True))
    changed = set(changed_since_made(automation, named).values_list("pk", flat=True))
    tally, done = Tally.of(automation, products), 0
    for pk, change in changes.items():
        if automation.paused_at:
            break
        if pk not in products:
            continue
        done += 1
        if pk not in passing:
            _wait_for_status(automation, change, products[pk])
        elif pk in changed:
            _go_on(automation, change, products[pk], tally)
        else:
            _take(change)
    return done


def _passing(automation: Automation, rows: QuerySet[Product]) -> QuerySet[Product]:
    return Filter.from_json(automation.filters).products(rows)


def _take(change: HeldChange) -> bool:
    """Remove the change; False if it was put off meanwhile, and is somebody else's to take."""
    due = HeldChange.objects.filter(pk=change.pk, due_at=change.due_at)
    return bool(due.delete()[0])


def _put_off(change: HeldChange, until: datetime) -> None:
    HeldChange.objects.filter(pk=change.pk, due_at=change.due_at).update(due_at=until)


def _wait_for_status(automation: Automation, change: HeldChange, product: Product) -> None:
    """A draft is looked at again and again; what is gone, or filtered out, is forgotten."""
    rows = Product.objects.filter(pk=product.pk)
    filters = Filter.from_json(automation.filters)
    may_come = filters.products(rows, any_status=True).exists()
    if may_come and change.first_at > timezone.now() - WAITED_FOR_STATUS:
        _put_off(change, timezone.now() + LOOK_AGAIN)
    else:
        _take(change)


def _go_on(automation: Automation, change: HeldChange, product: Product, tally: Tally) -> None:
    """Start the image unless a limit speaks against it; a product that fails stops no other."""
    if until := tally.wait_until(product):
        _put_off(change, until)
    elif reason := tally.reason_against(product):
        fuses.pause(automation, reason)
    else:
        try:
            _start(automation, change, product, tally)
        except Refused as refusal:
            _refused(automation, change, refusal)
        except Exception:
            log.exception("automation could not start", product=product.public_id)
            _put_off(change, timezone.now() + LOOK_AGAIN)


def _start(automation: Automation, change: HeldChange, product: Product, tally: Tally) -> None:
    """The one that still waits for its turn gives way to the new one. Raises Refused."""
    with transaction.atomic():
        if not _take(change):
            return
        budgets.lock(product.store)
        _supersede(automation, product)
        accept(
            product=product,
            version=automation.preset.latest,
            publish=PublishMode(automation.publish),
            lane=Lane.NORMAL,
            requested_by=None,
            automation=automation,
        )
        tally.add(product)


def _refused(automation: Automation, change: HeldChange, refusal: Refused) -> None:
    """What a budget refuses waits for somebody; what is busy, for an hour; else it is dropped."""
    log.info("automation passed over", product=str(change.product_id), code=refusal.code)
    if refusal.code == "budget_exhausted":
        fuses.pause(automation, f"{refusal.message} {fuses.KEPT}")
    elif refusal.code in _FINAL:
        _take(change)
    else:
        _put_off(change, timezone.now() + LOOK_AGAIN)


def _supersede(automation: Automation, product: Product) -> None:
    """Cancel what nobody has begun: it would be made from what the product was before."""
    waiting = {"status": Generation.Status.QUEUED, "lease_owner": ""}
    for row in automation.generations.filter(product=product, **waiting):
        ended = free(
            status=Generation.Status.CANCELED,
            error_code=SUPERSEDED,
            error_message=_SUPERSEDED,
            finished_at=timezone.now(),
        )
        if Generation.objects.filter(pk=row.pk, **waiting).update(**ended):
            record(row, "canceled", previous={"status": Generation.Status.QUEUED})
            budgets.settle(row, spent=False)


def resume(automation: Automation) -> None:
    """Let an automation go on, with the count at zero; what it held is gone on with soon."""
    Automation.objects.filter(pk=automation.pk).update(
        enabled=True, paused_at=None, pause_reason="", counted_since=timezone.now()
    )


def switch(automation: Automation, *, on: bool) -> None:
    """Turn an automation on or off. What changed while it was off starts nothing."""
    rows = Automation.objects.filter(pk=automation.pk, enabled=not on)
    rows.update(enabled=on, **({"swept_at": timezone.now(), "swept_id": None} if on else {}))
