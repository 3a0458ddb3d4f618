"""A stand-in for the new batches and selectors, until they are here; then this file goes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from generation import batches
from generation.models import Batch, Generation, PresetVersion, PublishMode
from generation.review import NotPossible, retry
from integrations.models import Product, Store
from productviz.accounts.models import User
from productviz.lib.ids import parse_public_id

State = Batch.State


@dataclass(frozen=True, slots=True)
class Selector:
    """Products of one store."""

    status: tuple[str, ...] = ()
    product_ids: tuple[uuid.UUID, ...] = ()
    query: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Selector:
        """Read; ValueError."""
        ids = [parse_public_id("prd", text) for text in value.get("product_ids", ())]
        return cls(
            tuple(value.get("status", ())), tuple(pk for pk in ids if pk), value.get("query", "")
        )

    def to_json(self) -> dict[str, Any]:
        """Write."""
        return {"status": list(self.status)} if self.status else {}

    def products(self, store: Store) -> QuerySet[Product]:
        """What is meant."""
        rows = Product.objects.filter(store=store).exclude(status=Product.Status.DELETED)
        rows = rows.filter(status__in=self.status) if self.status else rows
        rows = rows.filter(pk__in=self.product_ids) if self.product_ids else rows
        return rows.filter(title__icontains=self.query)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a batch would be."""

    products: int
    skipped: int
    seconds: int
    budget_left: int | None
    samples: tuple[Product, ...]


def estimate(*, store: Store, version: PresetVersion, selector: Selector) -> Estimate:
    """Estimate."""
    found = selector.products(store)
    ready = found.filter(images__is_generated=False).distinct()
    count = ready.count()
    return Estimate(count, found.count() - count, count, None, tuple(ready[:20]))


def start(
    *,
    store: Store,
    version: PresetVersion,
    publish: PublishMode,
    selector: Selector,
    requested_by: User | None,
    metadata: dict[str, Any],
    **rest: Any,
) -> Batch:
    """Start."""
    batch = batches.start(
        store=store,
        version=version,
        publish=publish,
        products=selector.products(store),
        requested_by=requested_by,
    )
    Batch.objects.filter(pk=batch.pk).update(metadata=metadata, selector=selector.to_json(), **rest)
    Generation.objects.filter(batch=batch).update(is_test=rest["is_test"])
    batch.refresh_from_db()
    return batch


def pause(batch: Batch) -> Batch:
    """Pause."""
    return _change(batch, (State.RUNNING,), batches.pause)


def resume(batch: Batch) -> Batch:
    """Go on."""
    return _change(batch, (State.PAUSED,), batches.resume)


def cancel(batch: Batch) -> Batch:
    """End."""
    return _change(batch, (State.RUNNING, State.PAUSED), batches.cancel)


def undo(batch: Batch) -> Batch:
    """Undo."""
    return _change(batch, tuple(State), batches.undo)


def retry_failed(batch: Batch) -> Batch:
    """Try again."""
    failed = list(batch.generations.filter(status=Generation.Status.FAILED))
    if not failed:
        raise NotPossible("Nothing of this batch has failed.")
    for row in failed:
        retry(row)
    return batch


def _change(batch: Batch, states: tuple[str, ...], do: Any) -> Batch:
    if batch.state not in states:
        raise NotPossible("Not now.")
    do(batch)
    batch.refresh_from_db()
    return batch


def progress(batch: Batch) -> batches.Progress:
    """Where it stands."""
    return batches.progress(batch)


def progress_of(rows: Iterable[Batch]) -> list[tuple[Batch, batches.Progress]]:
    """Where they stand."""
    return [(row, batches.progress(row)) for row in rows]


def counts(now: batches.Progress) -> dict[str, int]:
    """In the words of the API."""
    return {
        "total": now.total,
        "expected": now.total,
        "queued": now.waiting,
        "processing": now.working,
        "awaiting_review": now.review,
        "succeeded": now.succeeded,
        "failed": now.failed,
        "rejected": now.rejected,
        "canceled": now.canceled,
        "expired": 0,
        "skipped": 0,
    }
