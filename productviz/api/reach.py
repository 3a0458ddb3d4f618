"""How far a key reaches inside its workspace: all stores or a few, for good or for trying only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from productviz.accounts.models import ApiKey
from productviz.api.problems import Problem
from productviz.lib.ids import parse_public_id, public_id
from productviz.lib.rows import PublicIdModel

Row = TypeVar("Row", bound=Model)
Known = TypeVar("Known", bound=PublicIdModel)

STORE = "str"
# What these scopes change is what a store shows, or what automations make pictures for a store of.
LIVE_ONLY = frozenset(
    {"stores:write", "products:write", "images:write", "presets:write", "publications:write"}
)


def stores_of(key: ApiKey) -> QuerySet[Any]:
    """The stores that the key may see."""
    rows: QuerySet[Any] = key.workspace.stores.filter(deleted_at=None)
    return rows.filter(pk__in=key.stores) if key.stores else rows


def find(rows: QuerySet[Known], text: str) -> Known:
    """The row with this public id, from rows that the key may see. Raises Problem.

    A stranger's row is not found, in the same words as one that does not exist.
    """
    pk = parse_public_id(rows.model.PREFIX, text)
    row = None if pk is None else rows.filter(pk=pk).first()
    if row is None:
        raise Problem("not_found")
    return row


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


def refuse_test_key(key: ApiKey, scopes: Iterable[str]) -> None:
    """Raise Problem for a test key: nothing that one starts reaches a store."""
    if key.is_test:
        raise Problem(
            "insufficient_scope",
            "A test key writes to no store and changes nothing that works for one. Use a live key.",
            required_scopes=sorted(scopes),
        )


def refuse_live(key: ApiKey, *, is_test: bool) -> None:
    """Raise Problem where a test key would go on with what a test key did not start."""
    if key.is_test and not is_test:
        raise Problem(
            "insufficient_scope",
            "A test key decides about what test keys have started alone. Use a live key.",
        )
