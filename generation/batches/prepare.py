"""Turn a batch's selector into generations, a chunk of products a transaction.

The cursor moves in the transaction that adds the rows, so a killed worker goes on exactly where it
was. A product that cannot be made a picture of is skipped and counted; the day's budget ends a
chunk early, and the rest waits for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import structlog
from django.db import transaction
from django.utils import timezone

from generation import budgets
from generation.batches.chunks import CHUNK, Next, change, locked, when_budget_may_be_back
from generation.events import told
from generation.intake.sources import (
    Refused,
    Source,
    choose_sources,
    fetched,
    refuse_unusable,
)
from generation.intake.turns import next_turn
from generation.models import Batch, Generation, GenerationSource, Lane
from generation.selection import Selector
from generation.spec import Kind
from generation.types import Stage
from integrations.models import Product
from productviz.lib import queue
from productviz.lib.lease import free, held
from productviz.outbox.record import record as record_told

log = structlog.get_logger(__name__)

State = Batch.State


@dataclass(frozen=True, slots=True)
class _Look:
    """One product: the pictures to make its image from, or why there is none."""

    product: Product
    sources: Sequence[Source] = ()
    skipped: str = ""


def step(batch: Batch, owner: str) -> Next:
    """Make the next chunk of generations; DONE also where the batch is no longer ours."""
    with transaction.atomic():
        mine = held(batch, owner).filter(state__in=[State.PREPARING, State.PAUSED], is_held=False)
        row = locked(mine)
        if row is None:
            return Next.DONE
        kind = row.preset_version.parsed().kind
        looks = [_look(one, kind) for one in _next_products(row, kind)]
        wanted = sum(not look.skipped for look in looks)
        day, granted = budgets.reserve_up_to(row.store, wanted)
        fitting = _fitting(looks, granted)
        _add(row, day, [look for look in fitting if not look.skipped])
        return _note(row, fitting, more=len(looks) == CHUNK, waits=granted < wanted)


def give_up(batch: Batch, owner: str) -> None:
    """Stop a batch that has cost three workers; resuming it tries again from its cursor."""
    held(batch, owner).update(**free(state=State.PAUSED, pause_reason=Batch.Pause.FAULT))


def _next_products(row: Batch, kind: Kind) -> list[Product]:
    rows = Selector.from_json(row.selector).products(row.store).order_by("pk")
    if row.cursor:
        rows = rows.filter(pk__gt=row.cursor)
    # Descriptions are long, and no choice of photographs reads them.
    return list(fetched(rows, kind).defer("description", "attributes")[:CHUNK])


def _look(product: Product, kind: Kind) -> _Look:
    try:
        sources = choose_sources(product, kind)
        refuse_unusable(product, kind, sources)
    except Refused as refusal:
        return _Look(product, skipped=refusal.code)
    except Exception:
        log.exception("a batch skipped a product", product=product.public_id)
        return _Look(product, skipped="internal_error")
    return _Look(product, sources)


def _fitting(looks: Sequence[_Look], granted: int) -> Sequence[_Look]:
    """The looks before the first one that has no place in the budget."""
    taken = 0
    for number, look in enumerate(looks):
        taken += not look.skipped
        if taken > granted:
            return looks[:number]
    return looks


def _add(row: Batch, day: date, looks: Sequence[_Look]) -> None:
    if not looks:
        return
    first = next_turn(row.workspace_id, Lane.BULK)
    made = [
        Generation(
            workspace_id=row.workspace_id,
            store_id=row.store_id,
            product=look.product,
            preset_version=row.preset_version,
            batch=row,
            lane=Lane.BULK,
            turn=first + number,
            publish=row.publish,
            requested_by_id=row.created_by_id,
            is_test=row.is_test,
            inputs_hash=look.product.inputs_hash,
            stage=Stage.PREPROCESS,
            reserved_on=day,
        )
        for number, look in enumerate(looks)
    ]
    Generation.objects.bulk_create(made)
    GenerationSource.objects.bulk_create(
        GenerationSource(
            generation=generation,
            image=source.image,
            position=position,
            role=source.role,
            height_cm=source.height_cm,
        )
        for generation, look in zip(made, looks, strict=True)
        for position, source in enumerate(look.sources)
    )
    record_told(*(told(generation, "accepted") for generation in made))
    queue.wake()


def _note(row: Batch, looks: Sequence[_Look], *, more: bool, waits: bool) -> Next:
    """Move the cursor past the looks, and say on the row how it goes on."""
    if waits and not looks and row.pause_reason:
        # Nothing that anybody could see has changed since the last look.
        later = free(not_before=when_budget_may_be_back(), attempt=0)
        Batch.objects.filter(pk=row.pk).update(**later)
        return Next.LATER
    skipped = Counter(look.skipped for look in looks if look.skipped)
    values = {
        "cursor": looks[-1].product.pk if looks else row.cursor,
        "total": row.total + len(looks) - skipped.total(),
        "skipped": row.skipped + skipped.total(),
        "skipped_why": dict(Counter(row.skipped_why) + skipped),
    }
    if waits:
        later = free(not_before=when_budget_may_be_back(), attempt=0)
        change(row, state=State.PAUSED, pause_reason=Batch.Pause.BUDGET, **later, **values)
        return Next.LATER
    if more:
        change(row, state=State.PREPARING, pause_reason="", **values)
        return Next.MORE
    end = free(prepared_at=timezone.now(), attempt=0, not_before=None)
    change(row, state=State.RUNNING, pause_reason="", **end, **values)
    return Next.DONE
