"""What a key may see: its workspace, narrowed to its stores where it has any.

Every query of the API begins here, so that what a key may not see is simply not found.
"""

from __future__ import annotations

from django.db.models import QuerySet

from integrations.models import Product, SourceImage, Store
from productviz.accounts.models import ApiKey


def stores_of(key: ApiKey) -> QuerySet[Store]:
    """The stores that the key may see."""
    rows = Store.objects.filter(workspace=key.workspace_id)
    return rows.filter(pk__in=key.stores) if key.stores else rows


def products_of(key: ApiKey) -> QuerySet[Product]:
    """The products of the stores that the key may see."""
    return Product.objects.filter(store__in=stores_of(key))


def images_of(key: ApiKey) -> QuerySet[SourceImage]:
    """The images that the products which the key may see have now."""
    return SourceImage.objects.filter(product__in=products_of(key))
