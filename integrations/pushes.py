"""Catalogs that a store's own program brings: what its rows say, as an adapter would say it.

So a custom store's products go through the same mirror as everybody's, and start the same
automations.
"""

from __future__ import annotations

from django.utils import timezone

from integrations.contract import GalleryState, Image, Product, ProductType
from integrations.models import Product as ProductRow, SourceImage


def as_pushed(row: ProductRow) -> Product:
    """A product as its rows have it."""
    return Product(
        external_id=row.external_id,
        title=row.title,
        sku=row.sku,
        type=ProductType(row.type),
        status=row.status,
        url=row.url,
        updated_at=row.remote_updated_at or timezone.now(),
        images=gallery(row).images,
        parent_external_id=row.parent.external_id if row.parent else "",
        description=row.description,
        options=row.options,
        variant_external_ids=variants(row),
        brand=row.brand,
        category_path=row.category_path,
        attributes=row.attributes,
        tags=tuple(row.tags),
        locale=row.locale,
    )


def gallery(row: ProductRow) -> GalleryState:
    """The gallery as the store shows it, as far as we were told."""
    shown = row.images.filter(replaced_by_us=False).order_by("position", "id")
    return GalleryState(tuple(as_image(image) for image in shown))


def as_image(row: SourceImage) -> Image:
    """One image of the gallery."""
    is_input = row.origin == SourceImage.Origin.STORE or row.status == SourceImage.Status.READY
    return Image(row.external_id, row.url, row.alt, is_input=is_input)


def variants(row: ProductRow) -> tuple[str, ...]:
    """The external ids of the variants that the product has now."""
    present = row.variants.exclude(status=ProductRow.Status.DELETED)
    return tuple(present.values_list("external_id", flat=True))
