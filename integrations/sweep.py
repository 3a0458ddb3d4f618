"""Which products a full sweep has met, without marking any of their rows.

Each page notes eight bytes a product in a row of its own, in the page's transaction, so that a
killed sweep goes on with what it knew. 500,000 products cost 4 MB in the database until the sweep
is over, and about 20 MB of memory at its end.
"""

from __future__ import annotations

import uuid
from array import array
from bisect import bisect_left
from collections.abc import Iterable

from django.db.models import QuerySet

from integrations.models import Product, SweptPage, SyncRun

_CODE = "Q"  # unsigned, eight bytes


def note(run: SyncRun, external_ids: Iterable[str]) -> None:
    """Remember that the sweep met these products."""
    rows = run.store.products.filter(external_id__in=list(external_ids))
    keys = array(_CODE, (_key(pk) for pk in rows.values_list("pk", flat=True)))
    if keys:
        SweptPage.objects.create(run=run, products=keys.tobytes())


def met(run: SyncRun) -> array[int]:
    """The keys of all products that the sweep met, sorted, each once."""
    keys = array(_CODE)
    for packed in run.swept_pages.values_list("products", flat=True).iterator():
        keys.frombytes(bytes(packed))
    return array(_CODE, sorted(set(keys)))


def missing(run: SyncRun, keys: array[int]) -> set[str]:
    """The external ids of products known since before the sweep that are not among ``keys``."""
    rows = known(run).values_list("pk", "external_id").iterator()
    return {external_id for pk, external_id in rows if not _holds(keys, _key(pk))}


def known(run: SyncRun) -> QuerySet[Product]:
    """The products that a sweep should meet: all that were here, and there, when it began."""
    return run.store.products.filter(parent=None, created_at__lt=run.started_at).exclude(
        status=Product.Status.DELETED
    )


def forget() -> int:
    """Drop the notes of sweeps that are over; the number of pages. For the schedule."""
    open_ones = (*SyncRun.ACTIVE, SyncRun.State.ASKING)
    return SweptPage.objects.exclude(run__state__in=open_ones).delete()[0]


def _key(pk: uuid.UUID) -> int:
    """The last eight bytes of an id: 62 of their bits are random or counted."""
    return pk.int & (1 << 64) - 1


def _holds(keys: array[int], key: int) -> bool:
    index = bisect_left(keys, key)
    return index < len(keys) and keys[index] == key
