"""Which products of a store a run is about; kept as JSON beside the run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Q, QuerySet

from generation.triggers import Filter
from integrations.models import Product, Store


@dataclass(frozen=True, slots=True)
class Selector:
    """Narrows a store's products; what is empty narrows nothing."""

    status: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    category: str = ""
    product_ids: tuple[uuid.UUID, ...] = ()
    query: str = ""

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Selector:
        """Read what ``to_json`` wrote; raises ValueError with a sentence."""
        own = ("product_ids", "query")
        narrowed = Filter.from_json({k: v for k, v in given.items() if k not in own})
        ids = tuple(uuid.UUID(one) for one in given.get("product_ids", ()))
        return cls(narrowed.status, narrowed.tags, narrowed.category, ids, given.get("query", ""))

    def to_json(self) -> dict[str, Any]:
        """Only what narrows."""
        facts = {name: value for name, value in asdict(self).items() if value}
        ids = {"product_ids": [str(pk) for pk in self.product_ids]} if self.product_ids else {}
        return {**facts, **ids}

    def products(self, store: Store) -> QuerySet[Product]:
        """The store's living products that it names."""
        rows = Product.objects.filter(store=store)
        rows = Filter(self.status, self.tags, self.category).products(rows)
        if self.product_ids:
            rows = rows.filter(pk__in=self.product_ids)
        if self.query:
            rows = rows.filter(Q(title__icontains=self.query) | Q(sku__icontains=self.query))
        return rows
