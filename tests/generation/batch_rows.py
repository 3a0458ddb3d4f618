"""Batches for tests: a store with products, and workers that take every step at once."""

from __future__ import annotations

from typing import Any

from generation import batches
from generation.batches import work
from generation.models import Batch, PublishMode
from generation.selection import Selector
from integrations.models import Product, SourceImage, Store
from productviz.lib.lease import new_owner
from productviz.outbox.models import Event
from tests.factories import make_preset, make_store


def make_catalog(count: int, store: Store | None = None, *, without_photo: int = 0) -> Store:
    """A store with so many products, the last of them without a photograph."""
    store = store or make_store()
    first = store.products.count()
    products = Product.objects.bulk_create(
        Product(store=store, external_id=str(first + n), title=f"Mug {first + n}")
        for n in range(count)
    )
    SourceImage.objects.bulk_create(
        SourceImage(product=one, external_id="1", url=f"https://store.example/{one.pk}.jpg")
        for one in products[: count - without_photo]
    )
    return store


def start(store: Store, *, selector: Selector | None = None, **fields: Any) -> Batch:
    """A batch that nobody has prepared yet."""
    spec = fields.pop("spec", {})
    preset = fields.pop("preset", None) or make_preset(store.workspace, **spec)
    values: dict[str, Any] = {"publish": PublishMode.NONE, "requested_by": None, **fields}
    return batches.start(
        store=store, version=preset.latest, selector=selector or Selector(), **values
    )


def prepared(store: Store, **fields: Any) -> Batch:
    """A batch with all its generations."""
    batch = start(store, **fields)
    work_through()
    batch.refresh_from_db()
    return batch


def work_through() -> int:
    """Let a worker take every step that is due; how many times it took one."""
    owner, taken = new_owner(), 0
    while work.take_steps(owner):
        taken += 1
    return taken


def events_of(batch: Batch) -> list[str]:
    """What was told of the batch, in order."""
    rows = Event.objects.filter(object_id=batch.pk).order_by("sequence", "id")
    return list(rows.values_list("type", flat=True))
