"""Writes what a store says about its products into our rows, and tells which inputs changed.

Always inside the caller's transaction; reads no store. What a store repeats unchanged is compared
and not written, so that sweeping an unchanged catalog costs reads only. A product whose family is
being published at this moment is passed over: its publication reads it again at its end.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from integrations import contract, mirror_images
from integrations.inputs import Ours, digest, ours_of, source_ids
from integrations.models import Product, Publication, Store

_WRITING = (Publication.State.IN_PROGRESS, Publication.State.ROLLING_BACK)
_FIELDS = (
    "parent",
    "type",
    "status",
    "sku",
    "title",
    "description",
    "options",
    "url",
    "remote_updated_at",
    "inputs_hash",
    "inputs_changed_at",
)


def upsert(
    store: Store,
    products: Sequence[contract.Product],
    *,
    settling: uuid.UUID | None = None,
) -> list[uuid.UUID]:
    """Mirror the products; the ids of those that are new or whose inputs changed.

    ``settling`` is the publication whose product may be written although it is being published.
    """
    unique = {one.external_id: one for one in products}
    known = _Known.of(store, unique)
    differing = {key: one for key, one in unique.items() if known.differs(one)}
    if not differing:
        return []
    # Compared again under the lock: only now nobody else can write to them.
    known = _Known.of(store, differing, lock=True)
    busy = _being_written(known.rows.values(), settling)
    open_ones = [
        one
        for key, one in differing.items()
        if (key not in known.rows or known.rows[key].pk not in busy) and known.differs(one)
    ]
    return _write(store, open_ones, known)


def mark_deleted(store: Store, external_ids: Sequence[str]) -> int:
    """Note that products are gone, their variants too; the number of products."""
    gone = store.products.filter(external_id__in=external_ids).exclude(
        status=Product.Status.DELETED
    )
    ids = list(gone.values_list("pk", flat=True))
    Product.objects.filter(parent__in=ids).update(status=Product.Status.DELETED)
    return Product.objects.filter(pk__in=ids).update(status=Product.Status.DELETED)


@dataclass(frozen=True, slots=True)
class _Known:
    """What our rows say about some products: the rows, their parents, images and variants."""

    rows: Mapping[str, Product]
    parents: Mapping[str, uuid.UUID]
    ours: Mapping[uuid.UUID, Ours]
    images: mirror_images.Known
    variants: Mapping[uuid.UUID, set[str]]

    @classmethod
    def of(
        cls, store: Store, products: Mapping[str, contract.Product], *, lock: bool = False
    ) -> _Known:
        """Read the rows; with ``lock`` nobody else can write to them in this transaction."""
        found = store.products.filter(external_id__in=list(products)).order_by("pk")
        rows = {row.external_id: row for row in (found.select_for_update() if lock else found)}
        ids = [row.pk for row in rows.values()]
        return cls(
            rows=rows,
            parents=_ids(store, {one.parent_external_id for one in products.values()} - {""}),
            ours=ours_of(ids),
            images=mirror_images.known(ids),
            variants=_present_variants(ids),
        )

    def inputs_hash(self, one: contract.Product) -> str:
        """The hash of what a picture of the product depends on."""
        gallery = [(image.external_id, image.url) for image in one.images]
        return digest(
            title=one.title,
            description=one.description,
            options=one.options,
            images=source_ids(gallery, self._ours(one)),
        )

    def differs(self, one: contract.Product) -> bool:
        """Whether anything would have to be written for what the store says."""
        row = self.rows.get(one.external_id)
        return (
            row is None
            or self.row_differs(one)
            or bool(self.image_changes(row.pk, one))
            or bool(self.variants[row.pk].difference(one.variant_external_ids))
        )

    def row_differs(self, one: contract.Product) -> bool:
        """Whether the product's own row is not yet as the store says."""
        row = self.rows.get(one.external_id)
        if row is None:
            return True
        parent = self.parents.get(one.parent_external_id)
        values = _values(one, parent=parent, inputs_hash=self.inputs_hash(one))
        return any(getattr(row, name) != value for name, value in values.items())

    def inputs_changed_at(self, one: contract.Product) -> datetime | None:
        """When the product's inputs changed last, once this is written."""
        row = self.rows.get(one.external_id)
        if row is not None and row.inputs_hash == self.inputs_hash(one):
            return row.inputs_changed_at
        return timezone.now()

    def image_changes(self, pk: uuid.UUID, one: contract.Product) -> mirror_images.Changes:
        """What its gallery's rows lack."""
        return mirror_images.compare(pk, one, self._ours(one), self.images.get(pk, {}))

    def _ours(self, one: contract.Product) -> Ours:
        row = self.rows.get(one.external_id)
        return self.ours[row.pk] if row else Ours()


def _present_variants(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    variants: dict[uuid.UUID, set[str]] = {pk: set() for pk in ids}
    rows = Product.objects.filter(parent__in=ids).exclude(status=Product.Status.DELETED)
    for parent, external_id in rows.values_list("parent", "external_id"):
        variants[parent].add(external_id)  # type: ignore[index]
    return variants


def _being_written(rows: Iterable[Product], settling: uuid.UUID | None) -> set[uuid.UUID]:
    families = {row.pk: row.parent_id or row.pk for row in rows}
    writing = Publication.objects.filter(family__in=families.values(), state__in=_WRITING)
    others = writing if settling is None else writing.exclude(pk=settling)
    busy = set(others.values_list("family", flat=True))
    return {pk for pk, family in families.items() if family in busy}


def _ids(store: Store, external_ids: Iterable[str]) -> dict[str, uuid.UUID]:
    rows = store.products.filter(external_id__in=list(external_ids))
    return dict(rows.values_list("external_id", "pk"))


def _values(
    one: contract.Product, *, parent: uuid.UUID | None, inputs_hash: str
) -> dict[str, object]:
    return {
        "parent_id": parent,
        "type": one.type.value,
        "status": one.status,
        "sku": one.sku,
        "title": one.title,
        "description": one.description,
        "options": dict(one.options),
        "url": one.url,
        "remote_updated_at": one.updated_at,
        "inputs_hash": inputs_hash,
    }


def _write(store: Store, products: Sequence[contract.Product], known: _Known) -> list[uuid.UUID]:
    hashes = {one.external_id: known.inputs_hash(one) for one in products}
    rows = [one for one in products if known.row_differs(one)]
    _write_rows(store, [one for one in rows if not one.parent_external_id], known)
    _write_rows(store, [one for one in rows if one.parent_external_id], known)
    ids = _ids(store, hashes.keys() - known.rows.keys())
    ids |= {key: row.pk for key, row in known.rows.items()}
    mirror_images.write(known.image_changes(ids[one.external_id], one) for one in products)
    _drop_lost_variants(products, known)
    return [
        ids[key]
        for key, new in hashes.items()
        if key not in known.rows or known.rows[key].inputs_hash != new
    ]


def _write_rows(store: Store, products: Sequence[contract.Product], known: _Known) -> None:
    """Variants come after their parents, whose ids they need."""
    parents = _ids(store, {one.parent_external_id for one in products} - {""})
    Product.objects.bulk_create(
        [
            Product(
                store=store,
                external_id=one.external_id,
                **_values(
                    one,
                    parent=parents.get(one.parent_external_id),
                    inputs_hash=known.inputs_hash(one),
                ),
                inputs_changed_at=known.inputs_changed_at(one),
            )
            for one in products
        ],
        update_conflicts=True,
        unique_fields=["store", "external_id"],
        update_fields=_FIELDS,
    )


def _drop_lost_variants(products: Sequence[contract.Product], known: _Known) -> None:
    lost = [
        external_id
        for one in products
        if (row := known.rows.get(one.external_id)) is not None
        for external_id in known.variants[row.pk].difference(one.variant_external_ids)
    ]
    parents = [row.pk for row in known.rows.values()]
    Product.objects.filter(parent__in=parents, external_id__in=lost).update(
        status=Product.Status.DELETED
    )
