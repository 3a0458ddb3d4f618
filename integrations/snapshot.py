"""What of an older picture of a catalog may still be believed.

A store may take an hour to write a whole catalog down. What was read of a product meanwhile is
newer, and what was deleted meanwhile must not come back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from integrations import contract
from integrations.models import Product, Store


def believed(
    store: Store, products: Sequence[contract.Product], *, is_gone: Callable[[str], bool]
) -> list[contract.Product]:
    """The products without those that we have read, or seen deleted, since; nor their variants.

    ``is_gone`` asks the store about one that is deleted here.
    """
    outdated = _read_since(store, products)
    outdated |= {external_id for external_id in _deleted(store, products) if is_gone(external_id)}
    return [
        one for one in products if outdated.isdisjoint({one.external_id, one.parent_external_id})
    ]


def _read_since(store: Store, products: Sequence[contract.Product]) -> set[str]:
    stamps = {one.external_id: one.updated_at for one in products}
    rows = store.products.filter(external_id__in=list(stamps)).exclude(remote_updated_at=None)
    return {
        external_id
        for external_id, stamp in rows.values_list("external_id", "remote_updated_at")
        if stamp is not None and stamp > stamps[external_id]
    }


def _deleted(store: Store, products: Sequence[contract.Product]) -> set[str]:
    tops = [one.external_id for one in products if not one.parent_external_id]
    rows = store.products.filter(external_id__in=tops, status=Product.Status.DELETED)
    return set(rows.values_list("external_id", flat=True))
