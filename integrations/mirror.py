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

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations import contract, events, mirror_images
from integrations.inputs import Ours, digest, ours_of, source_ids
from integrations.models import Product, Publication, Store
from integrations.models.stores import WriteMode

_WRITING = (Publication.State.IN_PROGRESS, Publication.State.ROLLING_BACK)
_FIELDS = (
    "parent",
    "type",
    "status",
    "sku",
    "title",
    "description",
    "options",
    "brand",
    "category_path",
    "attributes",
    "tags",
    "locale",
    "url",
    "remote_updated_at",
    "inputs_hash",
    "inputs_changed_at",
    "metadata",
    "version",
    "updated_at",
)
_DELETED_AT_ONCE = 500


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
    """Note that products are gone, their variants too, and tell of it; the number of products."""
    return sum(
        _mark_deleted(store, external_ids[at : at + _DELETED_AT_ONCE])
        for at in range(0, len(external_ids), _DELETED_AT_ONCE)
    )


def _mark_deleted(store: Store, external_ids: Sequence[str]) -> int:
    with transaction.atomic():
        gone = _there(store).filter(external_id__in=external_ids)
        ids = list(gone.order_by("pk").select_for_update().values_list("pk", flat=True))
        variants = _there(store).filter(parent__in=ids)
        _delete(store, [*ids, *variants.values_list("pk", flat=True)])
    return len(ids)


def _there(store: Store) -> QuerySet[Product]:
    return store.products.exclude(status=Product.Status.DELETED)


def _delete(store: Store, ids: Sequence[uuid.UUID]) -> None:
    if Product.objects.filter(pk__in=ids).update(status=Product.Status.DELETED):
        events.products_deleted(store, ids)


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
        gallery = [(image.external_id, image.url) for image in one.images if image.is_input]
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
        values["metadata"] = self.metadata(one)
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

    def metadata(self, one: contract.Product) -> dict[str, str]:
        """The API client's own pairs: as told now, else as they are."""
        row = self.rows.get(one.external_id)
        return dict(row.metadata if one.metadata is None and row else one.metadata or {})

    def next_version(self, one: contract.Product) -> int:
        """The row's version once it is written."""
        row = self.rows.get(one.external_id)
        return row.version + 1 if row else 1

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
    # A store that fetches its pictures itself is not written to: its word is always the latest.
    writing = Publication.objects.filter(family__in=families.values(), state__in=_WRITING).exclude(
        store__write_mode=WriteMode.PULL
    )
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
        "brand": one.brand,
        "category_path": one.category_path,
        "attributes": dict(one.attributes),
        "tags": list(one.tags),
        "locale": one.locale,
        "url": one.url,
        "remote_updated_at": one.updated_at,
        "inputs_hash": inputs_hash,
    }


def _write(store: Store, products: Sequence[contract.Product], known: _Known) -> list[uuid.UUID]:
    hashes = {one.external_id: known.inputs_hash(one) for one in products}
    _write_rows(store, [one for one in products if not one.parent_external_id], known)
    _write_rows(store, [one for one in products if one.parent_external_id], known)
    ids = _ids(store, hashes.keys() - known.rows.keys())
    ids |= {key: row.pk for key, row in known.rows.items()}
    mirror_images.write(known.image_changes(ids[one.external_id], one) for one in products)
    changes = [_change(one, ids[one.external_id], hashes, known) for one in products]
    events.products(store, changes)
    _drop_lost_variants(store, products, known)
    return [one.pk for one in changes if one.kind != _UNTOUCHED]


_UNTOUCHED = "updated"  # the kind of a change on which no picture depends


def _change(
    one: contract.Product, pk: uuid.UUID, hashes: Mapping[str, str], known: _Known
) -> events.ProductChange:
    row = known.rows.get(one.external_id)
    new = hashes[one.external_id]
    kind = "created" if row is None else _UNTOUCHED if row.inputs_hash == new else "inputs_changed"
    return events.ProductChange(
        kind=kind,
        pk=pk,
        version=known.next_version(one),
        external_id=one.external_id,
        sku=one.sku,
        status=one.status,
        inputs_hash=new,
        metadata=known.metadata(one),
    )


def _write_rows(store: Store, products: Sequence[contract.Product], known: _Known) -> None:
    """Variants come after their parents, whose ids they need."""
    parents = _ids(store, {one.parent_external_id for one in products} - {""})
    Product.objects.bulk_create(
        [
            Product(
                store=store,
                external_id=one.external_id,
                version=known.next_version(one),
                updated_at=timezone.now(),
                metadata=known.metadata(one),
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


def _drop_lost_variants(store: Store, products: Sequence[contract.Product], known: _Known) -> None:
    lost = [
        external_id
        for one in products
        if (row := known.rows.get(one.external_id)) is not None
        for external_id in known.variants[row.pk].difference(one.variant_external_ids)
    ]
    if lost:
        parents = [row.pk for row in known.rows.values()]
        rows = _there(store).filter(parent__in=parents, external_id__in=lost)
        _delete(store, list(rows.values_list("pk", flat=True)))
