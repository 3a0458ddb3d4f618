"""What a key may see: its workspace, narrowed to its stores where it has any.

Every query of the API begins here, so that what a key may not see is simply not found.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import QuerySet

from integrations.models import Product, Store
from productviz.accounts.models import ApiKey
from productviz.api.problems import Problem
from productviz.lib.ids import parse_public_id
from productviz.lib.rows import PublicIdModel

Row = TypeVar("Row", bound=PublicIdModel)


def stores_of(key: ApiKey) -> QuerySet[Store]:
    """The stores that the key may see."""
    rows = Store.objects.filter(workspace=key.workspace_id)
    return rows.filter(pk__in=key.stores) if key.stores else rows


def products_of(key: ApiKey) -> QuerySet[Product]:
    """The products of the stores that the key may see."""
    return Product.objects.filter(store__in=stores_of(key))


def found(rows: QuerySet[Row], text: str) -> Row:
    """The row with this public id among ``rows``; raises Problem ``not_found`` for any other."""
    pk = parse_public_id(rows.model.PREFIX, text)
    row = None if pk is None else rows.filter(pk=pk).first()
    if row is None:
        raise Problem("not_found")
    return row
