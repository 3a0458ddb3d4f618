"""Writes what a store says about its products into our rows, and tells which inputs changed.

Always inside the caller's transaction; reads no store. A product that is being published at this
moment is passed over: its publication reads it again at its end.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.utils import timezone

from integrations import contract
from integrations.inputs import Ours, digest, ours_of, source_ids
from integrations.models import Product, Publication, SourceImage, Store

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
)


def upsert(
    store: Store,
    products: Sequence[contract.Product],
    *,
    run_id: uuid.UUID | None = None,
    settling: uuid.UUID | None = None,
) -> list[uuid.UUID]:
    """Mirror the products; the ids of those that are new or whose inputs changed.

    ``run_id`` marks them as seen by a full sweep; ``settling`` is the publication whose product
    may be written although it is being published.
    """
    unique = {one.external_id: one for one in products}
    rows = _locked(store, unique)
    busy = _being_written(rows.values(), settling)
    if run_id is not None:
        Product.objects.filter(pk__in=busy).update(seen_in_run=run_id)
    open_ones = [
        one
        for one in unique.values()
        if one.external_id not in rows or rows[one.external_id].pk not in busy
    ]
    ours = ours_of(row.pk for row in rows.values())
    hashes = {one.external_id: _hash(one, rows, ours) for one in open_ones}
    tops = [one for one in open_ones if not one.parent_external_id]
    _write(store, tops, hashes, parents={}, run_id=run_id)
    variants = [one for one in open_ones if one.parent_external_id]
    parents = _ids(store, {one.parent_external_id for one in variants})
    _write(store, variants, hashes, parents=parents, run_id=run_id)
    ids = _ids(store, hashes)
    _write_images({ids[one.external_id]: one for one in open_ones}, ours)
    _drop_lost_variants({ids[one.external_id]: one for one in tops})
    return [
        ids[external_id]
        for external_id, new in hashes.items()
        if external_id not in rows or rows[external_id].inputs_hash != new
    ]


def mark_deleted(store: Store, external_ids: Sequence[str]) -> int:
    """Note that products are gone, their variants too; the number of products."""
    gone = store.products.filter(external_id__in=external_ids).exclude(
        status=Product.Status.DELETED
    )
    ids = list(gone.values_list("pk", flat=True))
    Product.objects.filter(parent__in=ids).update(status=Product.Status.DELETED)
    return Product.objects.filter(pk__in=ids).update(status=Product.Status.DELETED)


def _locked(store: Store, external_ids: Mapping[str, object]) -> dict[str, Product]:
    rows = store.products.select_for_update().filter(external_id__in=list(external_ids))
    return {row.external_id: row for row in rows.order_by("pk")}


def _being_written(rows: Iterable[Product], settling: uuid.UUID | None) -> set[uuid.UUID]:
    writing = Publication.objects.filter(product__in=list(rows), state__in=_WRITING)
    others = writing if settling is None else writing.exclude(pk=settling)
    return set(others.values_list("product", flat=True))


def _ids(store: Store, external_ids: Mapping[str, object] | set[str]) -> dict[str, uuid.UUID]:
    rows = store.products.filter(external_id__in=list(external_ids))
    return dict(rows.values_list("external_id", "pk"))


def _hash(
    one: contract.Product, rows: Mapping[str, Product], ours: Mapping[uuid.UUID, Ours]
) -> str:
    row = rows.get(one.external_id)
    gallery = [(image.external_id, image.url) for image in one.images]
    return digest(
        title=one.title,
        description=one.description,
        options=one.options,
        images=source_ids(gallery, ours[row.pk] if row else Ours()),
    )


def _write(
    store: Store,
    products: Sequence[contract.Product],
    hashes: Mapping[str, str],
    *,
    parents: Mapping[str, uuid.UUID],
    run_id: uuid.UUID | None,
) -> None:
    rows = [
        Product(
            store=store,
            external_id=one.external_id,
            parent_id=parents.get(one.parent_external_id),
            type=one.type.value,
            status=one.status,
            sku=one.sku,
            title=one.title,
            description=one.description,
            options=dict(one.options),
            url=one.url,
            remote_updated_at=one.updated_at,
            inputs_hash=hashes[one.external_id],
            seen_in_run=run_id,
        )
        for one in products
    ]
    seen = ("seen_in_run",) if run_id is not None else ()
    Product.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["store", "external_id"],
        update_fields=[*_FIELDS, *seen],
    )


def _write_images(
    products: Mapping[uuid.UUID, contract.Product], ours: Mapping[uuid.UUID, Ours]
) -> None:
    known: dict[uuid.UUID, dict[str, SourceImage]] = {pk: {} for pk in products}
    for image in SourceImage.with_removed.filter(product__in=list(products)):
        known[image.product_id][image.external_id] = image
    new: list[SourceImage] = []
    changed: list[SourceImage] = []
    lost: list[uuid.UUID] = []
    for pk, one in products.items():
        wanted = _wanted(pk, one, ours.get(pk, Ours()), known[pk])
        for image in wanted:
            (changed if image.external_id in known[pk] else new).append(image)
        kept = {image.external_id for image in wanted}
        lost += [image.pk for key, image in known[pk].items() if key not in kept]
    SourceImage.objects.bulk_create(new, ignore_conflicts=True)
    for image in changed:
        image.removed_at = None
    fields = ["url", "alt", "position", "is_generated", "replaced_by_us", "sha256", "removed_at"]
    SourceImage.with_removed.bulk_update(changed, fields, batch_size=100)
    SourceImage.objects.filter(pk__in=lost).update(removed_at=timezone.now())


def _wanted(
    pk: uuid.UUID, one: contract.Product, ours: Ours, known: Mapping[str, SourceImage]
) -> list[SourceImage]:
    """The rows a gallery should have: its images, and the originals that ours stand for."""
    rows: dict[str, SourceImage] = {}
    hidden: dict[str, int] = {}
    for position, image in enumerate(one.images):
        original = ours.original_of(image.external_id, image.url)
        row = known.get(image.external_id)
        row = row or SourceImage(product_id=pk, external_id=image.external_id, url=image.url)
        if row.url != image.url:
            row.url, row.sha256 = image.url, ""
        row.alt, row.position = image.alt, position
        is_ours = original is not None and image.external_id not in ours.restored
        row.is_generated, row.replaced_by_us = is_ours, False
        rows.setdefault(image.external_id, row)
        if is_ours and original:
            hidden.setdefault(original, position)
    for external_id, position in hidden.items():
        if external_id in known and external_id not in rows:
            row = known[external_id]
            row.position, row.replaced_by_us = position, True
            rows[external_id] = row
    return list(rows.values())


def _drop_lost_variants(parents: Mapping[uuid.UUID, contract.Product]) -> None:
    rows = Product.objects.filter(parent__in=list(parents)).exclude(status=Product.Status.DELETED)
    lost = [
        pk
        for pk, parent, external_id in rows.values_list("pk", "parent", "external_id")
        if parent is not None and external_id not in parents[parent].variant_external_ids
    ]
    Product.objects.filter(pk__in=lost).update(status=Product.Status.DELETED)
