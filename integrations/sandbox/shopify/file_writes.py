"""fileCreate, fileUpdate, fileDelete, fileAcknowledgeUpdateFailed.

Every input is checked before anything changes: one bad file leaves all of them undone.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from graphql import GraphQLError

from . import changes, processing
from .resolve import Arguments, Context, field
from .state import gid, number_of
from .tables import Json, Media, Product, Shop

MAX_INPUT = 250
MAX_ALT = 512
_EXTENSIONS = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic"}
_SAME = {".jpeg": ".jpg"}
_BAD_NAME = re.compile(r"[/\\\0]|^\.*$")


def refuse_many(rows: list[object], name: str) -> None:
    """Refuse an input array of more than 250 entries, as Shopify does at the top level."""
    if len(rows) > MAX_INPUT:
        raise GraphQLError(
            f"The input array size of {len(rows)} is greater than the maximum allowed of "
            f"{MAX_INPUT}.",
            extensions={"code": "MAX_INPUT_SIZE_EXCEEDED", "argument": name},
        )


def user_error(code: str, message: str, *path: object) -> Json:
    """Return one entry of `userErrors`."""
    return {"code": code, "message": message, "field": [str(step) for step in path]}


@field("Mutation", "fileCreate")
def create(row: object, context: Context, arguments: Arguments) -> object:
    """Make files of staged uploads or public addresses; they are processed afterwards."""
    inputs = cast("list[Json]", arguments["files"])
    refuse_many(cast("list[object]", inputs), "files")
    with context.state.lock:
        taken = {one.filename.lower() for one in context.shop.media.values()}
        errors: list[Json] = []
        for place, one in enumerate(inputs):
            errors += _create_problems(one, place, taken)
            if one.get("duplicateResolutionMode") == "RAISE_ERROR":
                taken.add(_name(one).lower())
        if errors:
            return {"files": [], "userErrors": errors}
        return {"files": [_make(context, one) for one in inputs], "userErrors": []}


def _name(one: Json) -> str:
    given = one.get("filename") or Path(unquote(urlsplit(str(one["originalSource"])).path)).name
    return str(given)


def _create_problems(one: Json, place: int, taken: set[str]) -> Iterable[Json]:
    source, name = str(one["originalSource"]), _name(one)
    mode = str(one.get("duplicateResolutionMode") or "APPEND_UUID")
    if len(str(one.get("alt") or "")) > MAX_ALT:
        message = "The alt value exceeds the maximum limit of 512 characters."
        yield user_error("ALT_VALUE_LIMIT_EXCEEDED", message, "files", place, "alt")
    parts = urlsplit(source)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        message = "Image URL is invalid"
        yield user_error("INVALID_IMAGE_SOURCE_URL", message, "files", place, "originalSource")
        return
    if one.get("contentType") not in (None, "IMAGE"):
        message = "The sandbox keeps images only."
        yield user_error("UNACCEPTABLE_ASSET", message, "files", place, "contentType")
    if mode == "REPLACE" and not one.get("filename"):
        code = "MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE"
        message = "Missing filename argument when attempting to use REPLACE duplicate mode."
        yield user_error(code, message, "files", place, "filename")
    if mode == "RAISE_ERROR" and name.lower() in taken:
        message = "A file with the name you entered already exists."
        yield user_error("FILENAME_ALREADY_EXISTS", message, "files", place, "filename")
    yield from _name_problems(one, source, place)


def _name_problems(one: Json, source: str, place: int) -> Iterable[Json]:
    name = str(one.get("filename") or "")
    if not name:
        return
    own, given = Path(name).suffix.lower(), processing.extension(source)
    if _BAD_NAME.search(name):
        yield user_error("INVALID_FILENAME", "Filename is invalid", "files", place, "filename")
    elif own not in _EXTENSIONS:
        message = "Invalid filename extension."
        yield user_error("INVALID_FILENAME_EXTENSION", message, "files", place, "filename")
    elif given and _SAME.get(own, own) != _SAME.get(given, given):
        code = "MISMATCHED_FILENAME_AND_ORIGINAL_SOURCE"
        message = "Provided filename extension must match original source."
        yield user_error(code, message, "files", place, "filename")


def _make(context: Context, one: Json) -> Media:
    shop, name = context.shop, _name(one)
    source, alt = str(one["originalSource"]), str(one.get("alt") or "")
    same = next((m for m in shop.media.values() if m.filename.lower() == name.lower()), None)
    if same is not None and one.get("duplicateResolutionMode") == "REPLACE":
        same.source, same.alt, same.updated = source, alt or same.alt, context.state.now()
        processing.start(context.state, shop, same)
        return same
    return new_media(context, name, source=source, alt=alt)


def new_media(context: Context, name: str, *, source: str, alt: str) -> Media:
    """Add a file that will be processed; a name in use gets a UUID appended."""
    shop, now = context.shop, context.state.now()
    if any(one.filename.lower() == name.lower() for one in shop.media.values()):
        path = Path(name)
        name = f"{path.stem}_{uuid.uuid4()}{path.suffix}"
    media = Media(context.state.new_id(), name, alt, now, now, source=source)
    shop.media[media.id] = media
    processing.start(context.state, shop, media)
    return media


@field("Mutation", "fileUpdate")
def update(row: object, context: Context, arguments: Arguments) -> object:
    """Change alt, name, content and references of files that are READY."""
    inputs = cast("list[Json]", arguments["files"])
    refuse_many(cast("list[object]", inputs), "files")
    with context.state.lock:
        sizes = {number: len(product.media) for number, product in context.shop.products.items()}
        errors = [
            error
            for place, one in enumerate(inputs)
            for error in _update_problems(context.shop, one, place, sizes)
        ]
        if errors:
            return {"files": [], "userErrors": errors}
        changed: dict[int, Product] = {}
        files = [_apply(context, one, changed) for one in inputs]
        for product in changed.values():
            changes.touched(context.state, context.hooks, context.shop, product)
        return {"files": files, "userErrors": []}


def _update_problems(shop: Shop, one: Json, place: int, sizes: dict[int, int]) -> Iterable[Json]:
    media = shop.media.get(number_of(one["id"], "MediaImage") or 0)
    if media is None:
        message = f"File id {one['id']} does not exist."
        yield user_error("FILE_DOES_NOT_EXIST", message, "files", place, "id")
        return
    if media.status != "READY":
        message = "Non-ready files cannot be updated."
        yield user_error("NON_READY_STATE", message, "files", place, "id")
        return
    if len(str(one.get("alt") or "")) > MAX_ALT:
        message = "The alt value exceeds the maximum limit of 512 characters."
        yield user_error("ALT_VALUE_LIMIT_EXCEEDED", message, "files", place, "alt")
    yield from _rename_problems(shop, media, one, place)
    for name, add in (("referencesToAdd", True), ("referencesToRemove", False)):
        for reference in cast("list[object]", one.get(name) or []):
            yield from _reference_problems(
                shop, media, reference, ("files", place, name), sizes=sizes, add=add
            )


def _rename_problems(shop: Shop, media: Media, one: Json, place: int) -> Iterable[Json]:
    name = str(one.get("filename") or "")
    if not name or name == media.filename:
        return
    if _BAD_NAME.search(name):
        yield user_error("INVALID_FILENAME", "Filename is invalid", "files", place, "filename")
    elif Path(name).suffix.lower() != Path(media.filename).suffix.lower():
        message = "The filename extension must match the original."
        yield user_error("INVALID_FILENAME_EXTENSION", message, "files", place, "filename")
    elif any(m.filename.lower() == name.lower() for m in shop.media.values() if m is not media):
        message = "A file with the name you entered already exists."
        yield user_error("FILENAME_ALREADY_EXISTS", message, "files", place, "filename")


def _reference_problems(
    shop: Shop,
    media: Media,
    reference: object,
    path: tuple[object, ...],
    *,
    sizes: dict[int, int],
    add: bool,
) -> Iterable[Json]:
    number = number_of(reference, "Product")
    if number is None:
        message = f"{reference} is not a product."
        yield user_error("UNSUPPORTED_FILE_REFERENCE", message, *path)
        return
    product = shop.products.get(number)
    if product is None:
        message = f"The target resource {reference} does not exist."
        yield user_error("REFERENCE_TARGET_DOES_NOT_EXIST", message, *path)
        return
    held = media.id in product.media
    if add != held:
        sizes[number] += 1 if add else -1
    if add and sizes[number] > changes.MEDIA_LIMIT:
        message = f"Exceeded the limit of {changes.MEDIA_LIMIT} media per product."
        yield user_error("PRODUCT_MEDIA_LIMIT_EXCEEDED", message, *path)


def _apply(context: Context, one: Json, changed: dict[int, Product]) -> Media:
    shop = context.shop
    media = shop.media[number_of(one["id"], "MediaImage") or 0]
    for reference in cast("list[object]", one.get("referencesToAdd") or []):
        product = shop.products[number_of(reference, "Product") or 0]
        if media.id not in product.media:
            product.media.append(media.id)
            changed[product.id] = product
    for reference in cast("list[object]", one.get("referencesToRemove") or []):
        product = shop.products[number_of(reference, "Product") or 0]
        if media.id in product.media:
            changes.detach(shop, product, media.id)
            changed[product.id] = product
    if any(one.get(name) is not None for name in ("alt", "filename", "originalSource")):
        _edit(context, media, one)
        changed.update({product.id: product for product in changes.holders(shop, media)})
    media.updated = context.state.now()
    return media


def _edit(context: Context, media: Media, one: Json) -> None:
    if one.get("alt") is not None:
        media.alt = str(one["alt"])
    if one.get("filename"):
        media.filename = str(one["filename"])
    if one.get("originalSource"):
        media.source, media.replacing = str(one["originalSource"]), True
        processing.start(context.state, context.shop, media)


@field("Mutation", "fileDelete")
def delete(row: object, context: Context, arguments: Arguments) -> object:
    """Delete files for good, out of every gallery and variant."""
    ids = cast("list[object]", arguments["fileIds"])
    refuse_many(ids, "fileIds")
    shop = context.shop
    with context.state.lock:
        missing = [one for one in ids if number_of(one, "MediaImage") not in shop.media]
        if missing:
            message = f"File id {', '.join(map(str, missing))} does not exist."
            error = user_error("FILE_DOES_NOT_EXIST", message, "fileIds")
            return {"deletedFileIds": None, "userErrors": [error]}
        for one in ids:
            media = shop.media.pop(number_of(one, "MediaImage") or 0)
            for product in changes.holders(shop, media):
                changes.detach(shop, product, media.id)
                changes.touched(context.state, context.hooks, shop, product)
            if media.file:
                (context.state.uploads / media.file).unlink(missing_ok=True)
    return {"deletedFileIds": ids, "userErrors": []}


@field("Mutation", "fileAcknowledgeUpdateFailed")
def acknowledge(row: object, context: Context, arguments: Arguments) -> object:
    """Bring files whose new content was refused back to READY with the old one."""
    ids = cast("list[object]", arguments["fileIds"])
    refuse_many(ids, "fileIds")
    rows = [context.shop.media.get(number_of(one, "MediaImage") or 0) for one in ids]
    errors = [
        user_error("FILE_DOES_NOT_EXIST", f"File id {ids[n]} does not exist.", "fileIds", n)
        for n, media in enumerate(rows)
        if media is None
    ]
    files = [media for media in rows if media is not None]
    errors += [
        user_error(
            "INVALID_FAILED_MEDIA_STATE", f"{gid('MediaImage', media.id)} has no failed update.",
            "fileIds",
        )
        for media in files
        if media.status != "FAILED" or not media.replacing
    ]  # fmt: skip
    if errors:
        return {"files": None, "userErrors": errors}
    for media in files:
        media.status, media.errors, media.replacing = "READY", [], False
    return {"files": files, "userErrors": []}
