"""Reading files: what a MediaImage shows, and the search over Files."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from urllib.parse import quote, urlencode

from .connections import page
from .resolve import Arguments, Context, field
from .search import Value, select
from .state import gid
from .tables import Media, Shop


def image_url(origin: str, media: Media) -> str:
    """Return a file's public address; `v` changes with its content."""
    return f"{origin}/cdn/files/{quote(media.filename)}?{urlencode({'v': int(media.updated)})}"


@field("MediaImage", "status", "fileStatus")
def _status(row: object, context: Context, arguments: Arguments) -> str:
    return cast("Media", row).status


@field("MediaImage", "mediaContentType")
def _content_type(row: object, context: Context, arguments: Arguments) -> str:
    return "IMAGE"


@field("MediaImage", "mediaWarnings")
def _warnings(row: object, context: Context, arguments: Arguments) -> list[object]:
    return []


@field("MediaImage", "mimeType")
def _mime_type(row: object, context: Context, arguments: Arguments) -> str | None:
    return cast("Media", row).mime_type or None


@field("MediaImage", "image")
def _image(row: object, context: Context, arguments: Arguments) -> object:
    media = cast("Media", row)
    if media.status != "READY":
        return None
    url = image_url(context.origin, media)
    return {
        "id": gid("ImageSource", media.id), "url": url, "altText": media.alt or None,
        "width": media.width, "height": media.height,
    }  # fmt: skip


@field("MediaImage", "originalSource")
def _original(row: object, context: Context, arguments: Arguments) -> object:
    media = cast("Media", row)
    if media.status != "READY":
        return None
    return {"url": image_url(context.origin, media) + "&original=1", "fileSize": media.size}


@field("MediaImage", "preview")
def _preview(row: object, context: Context, arguments: Arguments) -> object:
    media = cast("Media", row)
    return {"image": _image(media, context, arguments), "status": media.status}


def file_fields(row: Media, products: list[str]) -> dict[str, Value]:
    """Return what `files(query:)` can search in a file."""
    return {
        "": row.filename, "id": float(row.id), "ids": str(row.id), "filename": row.filename,
        "status": row.status, "media_type": "IMAGE", "original_upload_size": float(row.size),
        "created_at": float(int(row.created)), "updated_at": float(int(row.updated)),
        "product_id": products,
    }  # fmt: skip


@field("QueryRoot", "files")
def _files(row: object, context: Context, arguments: Arguments) -> object:
    query = str(arguments.get("query") or "")
    users = _users(context.shop) if "product_id:" in query else {}
    lag = context.faults.take("search_lag")
    newest = context.state.now() - (lag.seconds if lag else 0.0)
    known = [one for one in context.shop.media.values() if one.created <= newest]
    rows = select(known, query, lambda one: file_fields(one, users.get(one.id, [])))
    keys: dict[str, Callable[[Media], tuple[float | str, int]]] = {
        "FILENAME": lambda one: (one.filename, one.id),
        "CREATED_AT": lambda one: (one.created, one.id),
        "UPDATED_AT": lambda one: (one.updated, one.id),
    }
    key = keys.get(str(arguments.get("sortKey")), lambda one: (one.id, one.id))
    rows.sort(key=key)
    return page(rows, arguments, key)


def _users(shop: Shop) -> dict[int, list[str]]:
    """Return the products that show each file."""
    users: dict[int, list[str]] = {}
    for product in shop.products.values():
        for number in product.media:
            users.setdefault(number, []).append(str(product.id))
    return users
