"""What a client may ask of a batch, read and checked to the last id before anything is started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from generation import batches
from generation.api.generation_json import MODES
from generation.api.generation_requests import (
    cautions,
    forced,
    pinned_version,
    refuse_unready,
    require_right,
)
from generation.api.refusals import told
from generation.models import Batch, PresetVersion, PublishMode
from generation.selection import Selector
from integrations.models import Product, Store
from productviz.accounts.models import ApiKey
from productviz.api.problems import Problem, field_problem
from productviz.lib.ids import public_id


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """A request for a batch that can be started as it stands."""

    key: ApiKey
    store: Store
    version: PresetVersion
    selector: Selector
    publish: PublishMode
    wishes: Mapping[str, Any]
    warnings: tuple[str, ...]

    def estimate(self) -> batches.Estimate:
        """What it would be; nothing is started."""
        return batches.estimate(store=self.store, version=self.version, selector=self.selector)

    def place(self) -> Batch:
        """Start it, in the caller's transaction. Raises Problem."""
        with told("/selector"):
            return batches.start(
                store=self.store,
                version=self.version,
                publish=self.publish,
                selector=self.selector,
                requested_by=self.key.created_by,
                concurrency=self.wishes.get("concurrency"),
                undo_at=self.wishes.get("undo_at"),
                is_test=self.key.is_test,
                metadata=dict(self.wishes.get("metadata", {})),
            )


def batch_order_of(key: ApiKey, asked: Mapping[str, Any]) -> BatchOrder:
    """What the checked fields add up to. Raises Problem where they do not go together."""
    version, store = pinned_version(asked), asked["selector"]["store"]
    recipe = version.parsed()
    refuse_unready(store, recipe)
    mode = MODES[asked.get("publish", {}).get("mode", "none")]
    require_right(key, mode)
    return BatchOrder(
        key=key,
        store=store,
        version=version,
        selector=_selector(store, asked["selector"]),
        publish=PublishMode.NONE if key.is_test else mode,
        wishes=asked,
        warnings=(*forced(key, mode), *cautions(recipe)),
    )


def _selector(store: Store, asked: Mapping[str, Any]) -> Selector:
    parts = {name: value for name, value in asked.items() if name != "store"}
    if "product_ids" in parts:
        _require_products(store, parts["product_ids"])
        parts["product_ids"] = [public_id("prd", pk) for pk in parts["product_ids"]]
    try:
        return Selector.from_json(parts)
    except ValueError as error:
        raise field_problem("/selector", "invalid", str(error)) from None


def _require_products(store: Store, ids: Iterable[Any]) -> None:
    """Each must be a product that the store has; a stranger's is not found."""
    asked = list(ids)
    rows = store.products.exclude(status=Product.Status.DELETED).filter(pk__in=asked)
    known = set(rows.values_list("pk", flat=True))
    errors = [
        {
            "pointer": f"/selector/product_ids/{at}",
            "code": "not_found",
            "detail": "There is no such product in this store.",
        }
        for at, pk in enumerate(asked)
        if pk not in known
    ]
    if errors:
        raise Problem("validation_failed", "Some products are not there.", errors=errors[:100])
