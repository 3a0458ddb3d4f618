"""What a store's day may cost: a place is reserved at intake and settled at the end.

A made image costs one, also where a person turns it down, or cancels once inference has begun:
else asking again would be free for ever. What is re-used, fails, is rejected by verification,
expires or is cancelled before costs nothing. Days are UTC, and an image counts on the day it was
asked for.

Locks are taken in one order everywhere: the row that changes (generation, batch, automation), the
workspace (only where a cap exists, so that two processes cannot pass it), the store's day.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from generation.errors import Refused
from generation.models import Batch, Budget, Generation, UsageDay
from generation.types import Stage
from integrations.models import Product, Store
from productviz.accounts.models import Workspace
from productviz.lib import queue
from productviz.lib.ids import public_id
from productviz.outbox.record import Told, record as record_told

EXHAUSTED = "budget_exhausted"
THRESHOLDS = (80, 100)  # percent of a cap that is told of, once a day each

Scope = Literal["store", "workspace"]


@dataclass(frozen=True, slots=True)
class Cap:
    """The most images of a day; ``used`` are made or reserved, ``told`` is in percent."""

    scope: Scope
    limit: int
    used: int = 0
    told: int = 0

    @property
    def left(self) -> int:
        """How many more fit into the day."""
        return max(self.limit - self.used, 0)

    def reached(self, more: int) -> list[int]:
        """The thresholds that ``more`` images reach and nobody was told of, lowest first."""
        percent = (self.used + more) * 100 // self.limit if self.limit else THRESHOLDS[-1]
        return [one for one in THRESHOLDS if self.told < one <= percent]


def reserve(store: Store, count: int = 1) -> date:
    """Reserve places in today's budget, in the caller's transaction; the day they belong to.

    Raises Refused (``budget_exhausted``) where not all of them fit.
    """
    day = today()
    caps = _locked_caps(store, day)
    tight = min(caps, key=lambda cap: cap.left, default=None)
    if tight is not None and tight.left < count:
        raise Refused(EXHAUSTED, _sentence(tight, store, count))
    _take(store, day, count, caps)
    return day


def lock(store: Store) -> None:
    """Take the workspace's lock now: for who settles a place before reserving another one."""
    _locked_caps(store, today())


def reserve_up_to(store: Store, count: int) -> tuple[date, int]:
    """Reserve as many of ``count`` places as fit; the day and how many, which may be none."""
    day = today()
    caps = _locked_caps(store, day)
    granted = min([count, *(cap.left for cap in caps)])
    if granted:
        _take(store, day, granted, caps)
    return day, granted


def settle(
    row: Generation,
    *,
    spent: bool,
    reused: bool = False,
    failed: bool = False,
    ended: date | None = None,
) -> None:
    """End a generation's reservation, in the caller's transaction; harmless where none is held.

    ``reused`` and ``failed`` are counted for the figures only. ``ended`` is the reservation that
    the caller's own conditional update has just taken off the row, which spares a second write
    (PostgreSQL checks all its foreign keys again on one).
    """
    day = ended or row.reserved_on
    if day is None:
        return
    # Not a change that anybody outside can see, so the version stays.
    mine = Generation.objects.filter(pk=row.pk, reserved_on=day)
    if ended or mine.update(reserved_on=None, version=F("version")):
        row.reserved_on = None
        store = Product.objects.filter(pk=row.product_id).values("store")
        UsageDay.objects.filter(store__in=store, day=day).update(
            reserved=F("reserved") - 1,
            spent=F("spent") + int(spent),
            reused=F("reused") + int(reused),
            failed=F("failed") + int(failed),
        )


def settle_canceled(store: Store, rows: Iterable[Generation]) -> None:
    """Settle rows that the caller cancels in one update that also ends their ``reserved_on``."""
    held = Counter((row.reserved_on, was_rendered(row)) for row in rows if row.reserved_on)
    for (day, spent), count in sorted(held.items()):
        UsageDay.objects.filter(store=store, day=day).update(
            reserved=F("reserved") - count, spent=F("spent") + (count if spent else 0)
        )


def was_rendered(row: Generation) -> bool:
    """Whether inference has begun, so that cancelling it costs an image all the same.

    What waits for a painter stands at inference already, but has no steps before it is begun.
    """
    if row.stage == Stage.INFERENCE and row.queue == queue.GPU:
        return row.steps > 0
    return row.stage not in (Stage.INTAKE, Stage.PREPROCESS)


def left_today(store: Store) -> int | None:
    """How many more images the store may make today; None where nothing limits it."""
    return min((cap.left for cap in caps_of(store, today())), default=None)


def today() -> date:
    """The day that budgets count now, in UTC."""
    return timezone.now().date()


def limit_of(workspace: Workspace, store: Store | None = None) -> int | None:
    """The limit that somebody set for the workspace, or for one store; None for none."""
    rows = Budget.objects.filter(workspace=workspace, store=store)
    return rows.values_list("daily_images", flat=True).first()


def set_limit(workspace: Workspace, limit: int | None, *, store: Store | None = None) -> None:
    """Set or lift (None) a limit; batches that wait for budget look again at once."""
    with transaction.atomic():
        rows = Budget.objects.filter(workspace=workspace, store=store)
        if limit is None:
            rows.delete()
        else:
            rows.update_or_create(
                workspace=workspace, store=store, defaults={"daily_images": limit}
            )
        waiting = Q(pause_reason=Batch.Pause.BUDGET) | Q(errand=Batch.Errand.RETRY)
        Batch.objects.filter(waiting, workspace=workspace).update(not_before=None)
        queue.wake()


def used_today(workspace: Workspace) -> dict[uuid.UUID | None, tuple[int, int]]:
    """Images made and reserved today by store; under None what stores made that are gone."""
    rows = UsageDay.objects.filter(workspace=workspace, day=today()).values("store")
    sums = rows.annotate(made=Sum("spent"), kept=Sum("reserved")).order_by()
    return {row["store"]: (row["made"], row["kept"]) for row in sums}


def caps_of(store: Store, day: date) -> list[Cap]:
    """The caps that hold for a store, with what the day has used of them."""
    limits = _limits(store)
    if not limits:
        return []
    amount = F("reserved") + F("spent")
    ours = Q(store=store)
    rows = UsageDay.objects.filter(workspace_id=store.workspace_id, day=day)
    found = rows.aggregate(
        used_workspace=Sum(amount),
        told_workspace=Max("told_workspace"),
        used_store=Sum(amount, filter=ours),
        told_store=Max("told", filter=ours),
    )
    return [
        Cap(scope, limit, used=found[f"used_{scope}"] or 0, told=found[f"told_{scope}"] or 0)
        for scope, limit in limits.items()
    ]


def _limits(store: Store) -> dict[Scope, int]:
    rows = Budget.objects.filter(Q(store=None) | Q(store=store), workspace_id=store.workspace_id)
    limits: dict[Scope, int] = {}
    for row in rows:
        limits["workspace" if row.store_id is None else "store"] = row.daily_images
    everywhere = settings.WORKSPACE_DAILY_LIMIT
    if everywhere is not None:
        limits["workspace"] = min(everywhere, limits.get("workspace", everywhere))
    return limits


def _locked_caps(store: Store, day: date) -> list[Cap]:
    """The caps, with the workspace locked until the end of the transaction if there are any."""
    if not _limits(store):
        return []
    # NO KEY UPDATE: rows that point at the workspace may still be written by others.
    workspaces = Workspace.objects.select_for_update(no_key=True)
    workspaces.filter(pk=store.workspace_id).values_list("pk").first()
    return caps_of(store, day)


def _take(store: Store, day: date, count: int, caps: list[Cap]) -> None:
    rows = UsageDay.objects.filter(store=store, day=day)
    change = {"reserved": F("reserved") + count}
    if not rows.update(**change):
        new = UsageDay(workspace_id=store.workspace_id, store=store, day=day)
        UsageDay.objects.bulk_create([new], ignore_conflicts=True)
        rows.update(**change)
    for cap in caps:
        if reached := cap.reached(count):
            rows.update(**{"told" if cap.scope == "store" else "told_workspace": reached[-1]})
            record_told(*(_told(store, day, cap, cap.used + count, one) for one in reached))


def _told(store: Store, day: date, cap: Cap, used: int, threshold: int) -> Told:
    """Each scope's day is an object of its own, whose threshold is its version."""
    is_store = cap.scope == "store"
    scope = store.pk if is_store else store.workspace_id
    return Told(
        type="usage.threshold_reached",
        workspace_id=store.workspace_id,
        object_id=uuid.uuid5(scope, day.isoformat()),
        version=threshold,
        store_id=store.pk if is_store else None,
        object={
            "id": public_id("str" if is_store else "wsp", scope),
            "object": "usage",
            "scope": cap.scope,
            "day": day.isoformat(),
            "limit": cap.limit,
            "used": used,
            "threshold_percent": threshold,
            "version": threshold,
        },
    )


def _sentence(cap: Cap, store: Store, count: int) -> str:
    whose = f"“{store.name}”" if cap.scope == "store" else "This workspace"
    left = f"{cap.left:,} of them are left" if cap.left else "none of them is left"
    wanted = f", and {count:,} are needed" if cap.left else ""
    return (
        f"{whose} may make {cap.limit:,} images a day; {left}{wanted}."
        " Raise the limit under “Budgets”, or go on after midnight UTC."
    )
