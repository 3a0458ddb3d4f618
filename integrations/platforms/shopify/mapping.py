"""Shopify's GraphQL objects to the contract's plain values. No requests, no decisions.

Ids stay whole (``gid://shopify/Product/1``): numbers of products and variants overlap, and a
gallery holds videos and 3D models beside images. Descriptions come as HTML and leave as plain
text; they are never written back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from integrations.contract import GalleryState, Image, Product, ProductType
from productviz.lib.text import plain, storable

Raw = Mapping[str, Any]

MAX_TITLE = 500
MAX_DESCRIPTION = 20_000
MAX_URL = 2048
# Sold by its address only, but sold.
_ACTIVE = frozenset({"ACTIVE", "UNLISTED"})


def gid(kind: str, number: int | str) -> str:
    """The id of an object that is known by its number, as in a webhook's body."""
    return f"gid://shopify/{kind}/{number}"


def number_of(external_id: str) -> str:
    """The number at an id's end."""
    return external_id.rpartition("/")[2]


def family(raw: Raw, media: Sequence[Raw], variants: Sequence[Raw]) -> list[Product]:
    """A product and its variants, the product first; one without options has no variants."""
    shown = images(media, variants)
    top = _product(raw, shown, variants)
    if top.type is ProductType.SIMPLE:
        return [top]
    by_id = {image.external_id: image for image in shown}
    rows = [(row, by_id.get(_media_id(row))) for row in variants]
    return [top, *(variant(row, raw, image) for row, image in rows)]


def _product(raw: Raw, shown: tuple[Image, ...], variants: Sequence[Raw]) -> Product:
    is_simple = bool(raw.get("hasOnlyDefaultVariant"))
    options = {} if is_simple else _options(raw.get("options") or ())
    ids = () if is_simple else tuple(str(row["id"]) for row in variants)
    return Product(
        external_id=str(raw["id"]),
        title=_folded(raw.get("title"))[:MAX_TITLE],
        sku=_sku(variants[0]) if is_simple and variants else "",
        type=ProductType.SIMPLE if is_simple else ProductType.PARENT,
        status=_status(raw),
        url=_url(raw.get("onlineStoreUrl")),
        updated_at=_moment(raw.get("updatedAt")),
        images=_usable(shown),
        description=plain(raw.get("descriptionHtml"))[:MAX_DESCRIPTION],
        options=options,
        variant_external_ids=ids,
    )


def variant(raw: Raw, parent: Raw, image: Image | None) -> Product:
    """A variant under its product; ``image`` is the one that it shows."""
    chosen = {
        _folded(one["name"]): _folded(one["value"]) for one in raw.get("selectedOptions") or ()
    }
    values = ", ".join(value for value in chosen.values() if value)
    title = f"{_folded(parent.get('title'))} - {values}"
    url = _url(parent.get("onlineStoreUrl"))
    return Product(
        external_id=str(raw["id"]),
        title=title[:MAX_TITLE],
        sku=_sku(raw),
        type=ProductType.VARIANT,
        status=_status(parent),
        url=f"{url}?variant={number_of(str(raw['id']))}" if url else "",
        updated_at=_moment(raw.get("updatedAt")),
        images=_usable((unlinked(image),)) if image else (),
        parent_external_id=str(parent["id"]),
        options=chosen,
    )


def variant_gallery(raw: Raw) -> GalleryState:
    """The one image that a variant shows, or none."""
    return GalleryState(tuple(media(node) for node in raw["media"]["nodes"]))


def images(rows: Iterable[Raw], variants: Iterable[Raw]) -> tuple[Image, ...]:
    """A product's media in order, each with the variants that show it."""
    links: dict[str, list[str]] = {}
    for row in variants:
        links.setdefault(_media_id(row), []).append(str(row["id"]))
    return tuple(media(row, tuple(links.get(str(row["id"]), ()))) for row in rows)


def media(row: Raw, variant_ids: tuple[str, ...] = ()) -> Image:
    """One medium. A video, a 3D model or an image in the making has no address, only a place."""
    url = str((row.get("image") or {}).get("url") or "")
    return Image(
        external_id=str(row["id"]),
        url=url,
        alt=storable(row.get("alt")),
        name=PurePosixPath(urlsplit(url).path).name or str(row.get("__typename") or ""),
        variant_ids=variant_ids,
    )


def unlinked(image: Image) -> Image:
    """The image as a variant's own gallery holds it: there the link goes without saying."""
    return Image(image.external_id, image.url, image.alt, image.name)


def _usable(found: tuple[Image, ...]) -> tuple[Image, ...]:
    """Only pictures that can be fetched."""
    return tuple(one for one in found if _url(one.url))


def _media_id(variant: Raw) -> str:
    nodes = variant["media"]["nodes"]
    return str(nodes[0]["id"]) if nodes else ""


def _options(rows: Iterable[Raw]) -> dict[str, str]:
    return {_folded(row["name"]): ", ".join(map(_folded, row.get("values") or ())) for row in rows}


def _folded(text: object) -> str:
    """Titles and options are plain text at Shopify: "<3" in one is no tag."""
    return " ".join(storable(text).split())


def _sku(raw: Raw) -> str:
    return storable(raw.get("sku"))[:191]


def _status(raw: Raw) -> str:
    return "active" if raw.get("status") in _ACTIVE else "draft"


def _url(value: object) -> str:
    url = str(value or "")
    return url if url.startswith(("http://", "https://")) and len(url) <= MAX_URL else ""


def _moment(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
