"""How far a key reaches inside its workspace: all stores, or the few that it names."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from productviz.accounts.models import ApiKey
from productviz.lib.ids import public_id

Row = TypeVar("Row", bound=Model)

STORE = "str"


def stores_of(key: ApiKey) -> QuerySet[Any]:
    """The stores that the key may see."""
    rows: QuerySet[Any] = key.workspace.stores.filter(deleted_at=None)
    return rows.filter(pk__in=key.stores) if key.stores else rows


def within(key: ApiKey, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Of rows that name stores themselves, those that name no other than the key's."""
    if not key.stores:
        return rows
    mine = set(key.stores)
    found = rows.values_list("pk", "stores")
    return rows.filter(pk__in=[pk for pk, stores in found if stores and mine.issuperset(stores)])


def store_ids(stores: list[str]) -> list[str]:
    """Stores kept as UUIDs in text, as the API shows them."""
    return [public_id(STORE, uuid.UUID(one)) for one in stores]
