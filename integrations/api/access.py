"""What a key may see of the storefront side; whatever it may not is not found."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from integrations.models import Product, SourceImage, Store
from productviz.accounts.models import ApiKey
from productviz.api import reach
from productviz.api.problems import Problem

EXTERNAL = "ext:"


def stores_of(key: ApiKey) -> QuerySet[Store]:
    """The stores of the key's workspace, or those of them that the key is narrowed to."""
    rows: QuerySet[Store] = reach.stores_of(key)
    return rows


def products_of(key: ApiKey) -> QuerySet[Product]:
    """The products of the stores that the key may see."""
    return Product.objects.filter(store__in=stores_of(key))


def images_of(key: ApiKey) -> QuerySet[SourceImage]:
    """The images that the products which the key may see have now."""
    return SourceImage.objects.filter(product__in=products_of(key))


def product_of(key: ApiKey, text: str, *related: str) -> Product:
    """The product of a path: by its id, or ``ext:`` and an external id that one store has."""
    rows = products_of(key).select_related("store", "parent", *related)
    if not text.startswith(EXTERNAL):
        return reach.find(rows, text)
    return only(_by_external_id(rows, text.removeprefix(EXTERNAL)))


def product_in(store: Store, external_id: str) -> Product:
    """The product of a store by its external id. Raises Problem."""
    rows = store.products.select_related("store", "parent")
    return only(_by_external_id(rows, external_id))


def _by_external_id(rows: QuerySet[Product], external_id: str) -> Sequence[Product]:
    return [] if "\x00" in external_id else list(rows.filter(external_id=external_id)[:2])


def only(rows: Sequence[Product]) -> Product:
    """The one row there is. Raises Problem."""
    if len(rows) > 1:
        raise Problem(
            "not_found",
            "More than one store has this external_id: ask for"
            " /stores/{id}/products/ext:{external_id}.",
        )
    if not rows:
        raise Problem("not_found")
    return rows[0]
