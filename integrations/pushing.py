"""A custom store's own program brings products: into the mirror, as a sweep would.

Many are written at once; whether one is right was decided before.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import catalog, mirror, pushes
from integrations.contract import Permanent, Product, ProductType
from integrations.images import require_pushed
from integrations.models import Product as ProductRow, Store
from productviz.lib.ids import parse_public_id
from productviz.lib.text import plain

EXTERNAL = "ext:"


@dataclass(frozen=True, slots=True)
class Pushed:
    """One product as its store says that it is; ``parent`` is an external id, or empty."""

    external_id: str
    values: Mapping[str, Any]
    parent: str = ""


def push(store: Store, products: Sequence[Pushed]) -> dict[str, bool]:
    """Mirror the products in one transaction; for each external id whether it is new.

    Raises Permanent where the store's catalog is read by us instead.
    """
    require_pushed(store)
    with transaction.atomic():
        rows = _rows(store, [one.external_id for one in products])
        families = _families(products)
        told = [_told(one, rows.get(one.external_id), families) for one in products]
        changed = mirror.upsert(store, told)
        catalog.announce(store, changed)
    return {one.external_id: one.external_id not in rows for one in products}


def _rows(store: Store, external_ids: Iterable[str]) -> dict[str, ProductRow]:
    found = store.products.filter(external_id__in=list(external_ids))
    # Locked: their galleries are told again as they are read here.
    found = found.select_for_update(of=("self",))
    return {row.external_id: row for row in found.select_related("parent").order_by("pk")}


def _families(products: Iterable[Pushed]) -> dict[str, set[str]]:
    families: dict[str, set[str]] = {}
    for one in products:
        if one.parent:
            families.setdefault(one.parent, set()).add(one.external_id)
    return families


def _told(one: Pushed, row: ProductRow | None, families: Mapping[str, set[str]]) -> Product:
    values = one.values
    usual = ProductType.VARIANT if one.parent else ProductType.SIMPLE
    present = pushes.variants(row) if row else ()
    return Product(
        external_id=one.external_id,
        title=values["title"],
        sku=values.get("sku", ""),
        type=ProductType(values.get("type", usual)),
        status=values.get("status", ProductRow.Status.ACTIVE),
        url=values.get("url", ""),
        updated_at=values.get("remote_updated_at") or _known_since(row),
        images=pushes.gallery(row).images if row else (),
        parent_external_id=one.parent,
        description=plain(values.get("description", "")),
        options=values.get("options", {}),
        variant_external_ids=(*present, *families.get(one.external_id, ())),
        brand=values.get("brand", ""),
        category_path=values.get("category_path", ""),
        attributes=values.get("attributes", {}),
        tags=tuple(values.get("tags", ())),
        locale=values.get("locale", ""),
        metadata=values.get("metadata"),
    )


def _known_since(row: ProductRow | None) -> datetime:
    return row.remote_updated_at if row and row.remote_updated_at else timezone.now()


def values_of(row: ProductRow) -> dict[str, Any]:
    """What a product is now, to change some of it."""
    names = ("title", "sku", "description", "brand", "category_path", "type", "options")
    more = ("attributes", "tags", "locale", "url", "status")
    return {name: getattr(row, name) for name in (*names, *more)}


def parent_of(store: Store, text: str | None, *, beside: Iterable[str] = ()) -> str:
    """The external id that names a parent: ``prd_...`` or ``ext:...``; empty for none.

    ``beside`` are external ids that come in the same request. Raises Permanent.
    """
    if not text:
        return ""
    external_id = text.removeprefix(EXTERNAL) if text.startswith(EXTERNAL) else ""
    if external_id and external_id in beside:
        return external_id
    rows = store.products.exclude(type=ProductRow.Type.VARIANT)
    found = (
        rows.filter(external_id=external_id)
        if external_id
        else rows.filter(pk=parse_public_id(ProductRow.PREFIX, text) or uuid.UUID(int=0))
    )
    known = found.values_list("external_id", flat=True).first()
    if known is None:
        raise Permanent("There is no such product in this store.", code="not_found")
    return known


def delete(product: ProductRow) -> None:
    """Say that a custom store's product is gone, its variants too. Raises Permanent."""
    require_pushed(product.store)
    mirror.mark_deleted(product.store, [product.external_id])
