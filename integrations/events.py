"""What is told of stores, their catalogs and what is written to them: thin objects, beside the
state change, in its transaction.

A product's change is told once, by the most telling word: ``created``, ``inputs_changed`` where
pictures depend on it, else ``updated``. ``publication.requested`` is also said when it is the
store's turn: to fetch what was approved, or to put back what was there before.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from integrations.models import Product, Publication, PublicationItem, SourceImage, Store, SyncRun
from integrations.models.stores import StoreStatus
from productviz.lib.ids import public_id
from productviz.outbox.record import Told, record

# Events are at most 20 KB; the object's own address has all of its items.
ITEMS_TOLD = 20
_STATE = Publication.State
_WORKED = frozenset({_STATE.PUBLISHED, _STATE.PARTIALLY_PUBLISHED})
_ACTIONS = {"replace": "replace", "first": "set_primary", "last": "add"}


class Fault(TypedDict):
    """What went wrong, in the words of the API."""

    code: str
    stage: str
    message: str
    retryable: bool
    attempts: int


def publication(row: Publication, kind: str, *, previous: str = "") -> None:
    """Tell ``publication.<kind>``; the row is read as the change has left it."""
    fresh = Publication.objects.select_related("store", "product").get(pk=row.pk)
    record(
        Told(
            type=f"publication.{kind}",
            workspace_id=fresh.store.workspace_id,
            store_id=fresh.store_id,
            object_id=fresh.pk,
            version=fresh.version,
            object=_thin_publication(fresh),
            previous={"status": previous} if previous else {},
        )
    )


def _thin_publication(row: Publication) -> dict[str, Any]:
    items = row.items.order_by("pk")[:ITEMS_TOLD]
    return {
        "id": row.public_id,
        "object": "publication",
        "status": row.state,
        "version": row.version,
        "store": public_id("str", row.store_id),
        "product": public_id("prd", row.product_id),
        "product_external_id": row.product.external_id,
        "items": [
            {
                "asset": public_id("ast", item.asset_id),
                "action": _ACTIONS[item.placement],
                "status": item_status(item, row.state),
                "remote_id": item.external_id or None,
            }
            for item in items
        ],
        "error": publication_error(row),
        "metadata": row.metadata,
    }


def action_of(item: PublicationItem) -> str:
    """What an item does to the gallery, in the API's words."""
    return _ACTIONS[item.placement]


def item_status(item: PublicationItem, state: str) -> str:
    """How far one picture is: its publication's state, unless the store refused this very one."""
    if item.refused:
        return "failed"
    return _STATE.PUBLISHED if state in _WORKED else state


def publication_error(row: Publication) -> Fault | None:
    """What went wrong, in the words of the API; None where nothing did."""
    if not row.error_code:
        return None
    retryable = row.state in (_STATE.FAILED, _STATE.CONFLICT, _STATE.ROLLBACK_FAILED)
    return {
        "code": row.error_code,
        "stage": "deliver",
        "message": row.error,
        "retryable": retryable or row.state in Publication.WAITING,
        "attempts": row.attempt + row.retries,
    }


@dataclass(frozen=True, slots=True)
class ProductChange:
    """One product as a change has left it."""

    kind: str
    pk: uuid.UUID
    version: int
    external_id: str
    sku: str
    status: str
    inputs_hash: str
    metadata: Mapping[str, str]


def products(store: Store, changes: Iterable[ProductChange]) -> None:
    """Tell ``product.<kind>`` of many products, in one statement a few hundred."""
    shop = store.public_id
    record(*(_told_product(store, shop, one) for one in changes))


def products_deleted(store: Store, ids: Iterable[uuid.UUID]) -> None:
    """Tell ``product.deleted`` of rows that say so already."""
    rows = Product.objects.filter(pk__in=list(ids)).order_by("pk")
    products(store, (change_of(row, "deleted") for row in rows))


def change_of(row: Product, kind: str) -> ProductChange:
    """A change as its row has it."""
    return ProductChange(
        kind=kind,
        pk=row.pk,
        version=row.version,
        external_id=row.external_id,
        sku=row.sku,
        status=row.status,
        inputs_hash=row.inputs_hash,
        metadata=row.metadata,
    )


def _told_product(store: Store, shop: str, one: ProductChange) -> Told:
    thin = {
        "id": public_id("prd", one.pk),
        "object": "product",
        "status": one.status,
        "version": one.version,
        "store": shop,
        "external_id": one.external_id,
        "sku": one.sku,
        "input_hash": one.inputs_hash,
        "metadata": dict(one.metadata),
    }
    return Told(
        type=f"product.{one.kind}",
        workspace_id=store.workspace_id,
        store_id=store.pk,
        object_id=one.pk,
        version=one.version,
        object=thin,
    )


def store_status(pk: uuid.UUID, *, previous: str) -> None:
    """Tell ``store.<status>``, where the status is not what it was before."""
    row = Store.objects.defer("credentials", "inbox_secret", "old_inbox_secret").get(pk=pk)
    if row.status != previous:
        store(row, row.status, previous=previous)


def store(row: Store, kind: str, *, previous: str = "") -> None:
    """Tell ``store.<kind>`` of the row as it is."""
    record(
        Told(
            type=f"store.{kind}",
            workspace_id=row.workspace_id,
            store_id=row.pk,
            object_id=row.pk,
            version=row.version,
            object={
                "id": row.public_id,
                "object": "store",
                "kind": row.platform,
                "name": row.name,
                "status": "deleted" if kind == "deleted" else row.status,
                "status_reason": row.status_reason,
                "version": row.version,
                "metadata": row.metadata,
            },
            previous={"status": previous} if previous else {},
        )
    )


def set_status(
    pk: uuid.UUID, status: StoreStatus, reason: str, *, unless: StoreStatus | None = None
) -> bool:
    """Change a store's status and tell of it, in the caller's transaction; False if it was so."""
    others = Store.objects.filter(pk=pk).exclude(status__in=(status, unless or status))
    previous = others.select_for_update().values_list("status", flat=True).first()
    if previous is None:
        return False
    Store.objects.filter(pk=pk).update(status=status, status_reason=reason)
    store_status(pk, previous=previous)
    return True


def sync(run: SyncRun, kind: str) -> None:
    """Tell ``sync.<kind>``: a sweep's one end."""
    row = SyncRun.objects.select_related("store").get(pk=run.pk)
    record(
        Told(
            type=f"sync.{kind}",
            workspace_id=row.store.workspace_id,
            store_id=row.store_id,
            object_id=row.pk,
            version=1,
            object={
                "id": row.public_id,
                "object": "sync",
                "status": row.state,
                "store": public_id("str", row.store_id),
                "kind": row.kind,
                "seen": row.seen,
                "changed": row.changed,
                "removed": row.removed,
                "message": row.message,
            },
        )
    )


def image(row: SourceImage, kind: str) -> None:
    """Tell ``image.ready`` or ``image.rejected``."""
    fresh = SourceImage.with_removed.select_related("product__store").get(pk=row.pk)
    product = fresh.product
    record(
        Told(
            type=f"image.{kind}",
            workspace_id=product.store.workspace_id,
            store_id=product.store_id,
            object_id=fresh.pk,
            version=fresh.version,
            object={
                "id": fresh.public_id,
                "object": "image",
                "status": fresh.status,
                "version": fresh.version,
                "product": product.public_id,
                "product_external_id": product.external_id,
                "external_id": fresh.external_id,
                "sha256": fresh.sha256 or None,
                "error": image_error(fresh),
                "metadata": fresh.metadata,
            },
            previous={"status": SourceImage.Status.PENDING},
        )
    )


def image_error(row: SourceImage) -> Fault | None:
    """Why an image cannot be used, in the words of the API."""
    if not row.error_code:
        return None
    return {
        "code": row.error_code,
        "stage": "preprocess",
        "message": row.error,
        "retryable": False,
        "attempts": 1,
    }
