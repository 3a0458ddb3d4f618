"""WooCommerce's JSON to the contract's plain values. No requests, no decisions.

Names and descriptions come as HTML and leave as plain text; they are never written back.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.contract import GalleryState, Image, Product, ProductType
from productviz.lib.text import plain, storable

Raw = Mapping[str, Any]

PRODUCT_FIELDS = (
    "id,name,permalink,status,type,sku,description,images,attributes,variations,parent_id,"
    "date_created_gmt,date_modified_gmt"
)
VARIATION_FIELDS = (
    "id,name,permalink,status,type,sku,description,image,attributes,parent_id,"
    "date_created_gmt,date_modified_gmt"
)
MAX_TITLE = 500
MAX_DESCRIPTION = 20_000
MAX_URL = 2048

_TYPES = {
    "simple": ProductType.SIMPLE,
    "variable": ProductType.PARENT,
    "variation": ProductType.VARIANT,
}
_STATUSES = {"publish": "active", "trash": "deleted"}


def moment(value: object) -> datetime | None:
    """A ``*_gmt`` stamp, which carries no zone, as an aware time."""
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
    except ValueError:
        return None


def product(raw: Raw) -> Product:
    """A row of wc/v3/products."""
    return Product(
        external_id=str(raw["id"]),
        title=plain(raw.get("name"))[:MAX_TITLE],
        sku=storable(raw.get("sku"))[:191],
        type=_TYPES.get(str(raw.get("type")), ProductType.OTHER),
        status=_STATUSES.get(str(raw.get("status")), "draft"),
        url=_url(raw.get("permalink")),
        updated_at=_updated(raw),
        images=usable(images(raw)),
        description=plain(raw.get("description"))[:MAX_DESCRIPTION],
        options={
            plain(row.get("name")): ", ".join(map(plain, row.get("options") or ()))
            for row in raw.get("attributes") or ()
        },
        variant_external_ids=tuple(str(number) for number in raw.get("variations") or ()),
    )


def variation(raw: Raw, *, parent_id: str, parent_name: object) -> Product:
    """A row of wc/v3/products/{id}/variations; its title is the parent's and its options."""
    options = {
        plain(row.get("name")): plain(row.get("option")) for row in raw.get("attributes") or ()
    }
    chosen = ", ".join(value for value in options.values() if value)
    title = f"{plain(parent_name)} - {chosen}" if chosen else plain(parent_name)
    return Product(
        external_id=str(raw["id"]),
        title=title[:MAX_TITLE],
        sku=storable(raw.get("sku"))[:191],
        type=ProductType.VARIANT,
        status=_STATUSES.get(str(raw.get("status")), "draft"),
        url=_url(raw.get("permalink")),
        updated_at=_updated(raw),
        images=usable(images(raw)),
        parent_external_id=parent_id,
        description=plain(raw.get("description"))[:MAX_DESCRIPTION],
        options=options,
    )


def images(raw: Raw) -> tuple[Image, ...]:
    """The gallery of a product, or the one image of a variation, in order."""
    rows: Iterable[Raw] = raw.get("images") or ()
    if "image" in raw:
        rows = [raw["image"]] if raw["image"] else []
    return tuple(image(row) for row in rows if row.get("id"))


def image(row: Raw) -> Image:
    """One image object of wc/v3."""
    return Image(
        external_id=str(row["id"]),
        url=str(row.get("src") or ""),
        alt=storable(row.get("alt")),
        name=str(row.get("name") or ""),
    )


def media(row: Raw) -> Image:
    """One attachment of wp/v2/media."""
    title = row.get("title")
    return Image(
        external_id=str(row["id"]),
        url=str(row.get("source_url") or ""),
        alt=storable(row.get("alt_text")),
        name=str(title.get("rendered", "")) if isinstance(title, dict) else "",
    )


def usable(found: tuple[Image, ...]) -> tuple[Image, ...]:
    """Only images that can be fetched."""
    return tuple(
        one
        for one in found
        if one.url.startswith(("http://", "https://")) and len(one.url) <= MAX_URL
    )


def gallery(raw: Raw) -> GalleryState:
    """The whole gallery, images without a usable address included: they must survive a write."""
    return GalleryState(images(raw))


def _url(value: object) -> str:
    url = html.unescape(str(value or ""))
    return url if url.startswith(("http://", "https://")) and len(url) <= MAX_URL else ""


def _updated(raw: Raw) -> datetime:
    found = moment(raw.get("date_modified_gmt")) or moment(raw.get("date_created_gmt"))
    return found or datetime.fromtimestamp(0, UTC)
