"""Turn a request body into changes of a product row: texts, prices, attributes, meta.

Shared by products and variations, create and update. Images are resolved beforehand, because
downloads must not happen while the store is locked.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import markup
from .library import free_slug
from .params import invalid
from .render import PRODUCT_COLUMNS
from .replies import ApiError
from .state import UNCATEGORIZED, State
from .tables import Json, Meta, Product

_READ_ONLY = frozenset(
    {
        "price", "price_html", "on_sale", "purchasable", "total_sales", "related_ids",
        "has_options", "average_rating", "rating_count", "backorders_allowed", "backordered",
        "shipping_required", "shipping_taxable", "shipping_class_id", "variations", "parent_id",
        "categories", "images", "attributes", "meta_data",
    }
)  # fmt: skip
_STATUSES = ("draft", "pending", "private", "publish", "future", "auto-draft", "trash")
_ARRAYS = ("categories", "attributes", "meta_data", "tags")
_STRINGS = ("name", "slug", "sku", "description", "short_description", "regular_price")


def check(state: State, body: Mapping[str, object], *, product_id: int = 0) -> None:
    """Refuse wrong types, an unknown status and a SKU that another product has."""
    for name in _STRINGS:
        if name in body and not isinstance(body[name], str):
            raise invalid(name, "rest_invalid_type", f"{name} is not of type string.")
    for name in _ARRAYS:
        if body.get(name) is not None and not isinstance(body[name], list):
            raise invalid(name, "rest_invalid_type", f"{name} is not of type array.")
    if "status" in body and body["status"] not in _STATUSES:
        listed = f"{', '.join(_STATUSES[:-1])}, and {_STATUSES[-1]}"
        raise invalid("status", "rest_not_in_enum", f"status is not one of {listed}.")
    _check_sku(state, str(body.get("sku", "")), product_id)


def _check_sku(state: State, sku: str, product_id: int) -> None:
    if not sku:
        return
    for other in state.tables.products.values():
        if other.id == product_id or other.status == "trash":
            continue
        if other.fields.get("sku") == sku:
            raise ApiError(
                400,
                "product_invalid_sku",
                "Invalid or duplicated SKU.",
                resource_id=other.id,
                unique_sku=f"{sku}-1",
            )


def apply(state: State, product: Product, body: Mapping[str, object]) -> None:
    """Write every known field of the body into the row; the caller holds the lock."""
    for name, value in body.items():
        if name in PRODUCT_COLUMNS and name not in _READ_ONLY:
            product.fields[name] = _column(name, value)
    if "name" in body:
        product.name = markup.kses(str(body["name"]))
    if "attributes" in body and product.type == "variation":
        product.attributes = variation_attributes(state, product, body["attributes"])
    elif "attributes" in body:
        product.attributes = product_attributes(body["attributes"])
    if "categories" in body:
        product.category_ids = _category_ids(state, body["categories"])
    if "meta_data" in body:
        _merge_meta(state, product, body["meta_data"])
    if "type" in body and product.type != "variation":
        product.type = str(body["type"])
    _set_status(product, str(body.get("status", product.status)))
    _set_slug(state, product, str(body.get("slug", "")))


def _column(name: str, value: object) -> object:
    if name in ("description", "short_description"):
        return markup.kses(str(value or ""))
    if name in ("regular_price", "sale_price"):
        return str(value or "")
    return value


def _set_status(product: Product, status: str) -> None:
    if product.status == "trash" and status != "trash":
        product.slug = product.slug.removesuffix("__trashed")
    product.status = status


def _set_slug(state: State, product: Product, wanted: str) -> None:
    if product.type == "variation":
        return
    new = markup.slug(wanted)
    if not new and not product.slug and product.status not in ("draft", "pending"):
        new = markup.slug(product.name)
    if new and new != product.slug:
        product.slug = free_slug(state, new)


def _category_ids(state: State, value: object) -> list[int]:
    rows = value if isinstance(value, list) else []
    wanted = [int(row["id"]) for row in rows if isinstance(row, dict) and row.get("id")]
    known = [number for number in wanted if number in state.tables.categories]
    return known or [UNCATEGORIZED]


def product_attributes(value: object) -> list[Json]:
    """Normalise the attributes of a product to the seven recorded keys."""
    rows = value if isinstance(value, list) else []
    return [
        {
            "id": row.get("id", 0),
            "name": str(row.get("name", "")),
            "slug": str(row.get("slug") or row.get("name", "")),
            "position": row.get("position", position),
            "visible": bool(row.get("visible", False)),
            "variation": bool(row.get("variation", False)),
            "options": list(row.get("options", [])),
        }
        for position, row in enumerate(rows)
        if isinstance(row, dict)
    ]


def variation_attributes(state: State, variation: Product, value: object) -> list[Json]:
    """Keep the pairs whose attribute the parent uses for variations."""
    parent = state.tables.products[variation.parent_id]
    used = {str(a["name"]).lower(): a for a in parent.attributes if a.get("variation")}
    rows = value if isinstance(value, list) else []
    kept: list[Json] = []
    for row in rows:
        own = used.get(str(row.get("name", "")).lower()) if isinstance(row, dict) else None
        if own is None:
            continue
        slug = str(own["slug"]) if own["id"] else markup.slug(str(own["name"]))
        option = str(row.get("option", ""))
        kept.append({"id": own["id"], "name": own["name"], "slug": slug, "option": option})
    return kept


def _merge_meta(state: State, product: Product, value: object) -> None:
    for row in value if isinstance(value, list) else []:
        if not isinstance(row, dict):
            continue
        key, number = row.get("key"), row.get("id")
        own = next(
            (m for m in product.meta if number == m.id or (not number and m.key == key)), None
        )
        if row.get("value") is None:
            product.meta = [m for m in product.meta if m is not own]
        elif own is not None:
            own.key, own.value = str(key or own.key), row["value"]
        else:
            product.meta.append(Meta(state.new_meta_id(), str(key), row["value"]))
