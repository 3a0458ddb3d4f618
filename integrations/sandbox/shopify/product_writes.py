"""productUpdate, productReorderMedia, productVariantAppendMedia, productVariantDetachMedia."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from graphql import GraphQLError

from . import changes
from .file_writes import MAX_ALT, new_media, refuse_many, user_error
from .resolve import Arguments, Context, JobRow, field
from .state import gid, number_of
from .tables import Json, Product, Task, Variant

MAX_PAIRS = 100
_TEXTS = {
    "title": "title",
    "handle": "handle",
    "descriptionHtml": "description_html",
    "vendor": "vendor",
    "productType": "product_type",
    "status": "status",
}
_KNOWN = {"id", "tags", *_TEXTS}


@field("Mutation", "productUpdate")
def update(row: object, context: Context, arguments: Arguments) -> object:
    """Change a product's texts and append media made of staged uploads or addresses."""
    fields = cast("Json", arguments.get("product") or arguments.get("input") or {})
    strange = [name for name, value in fields.items() if value and name not in _KNOWN]
    if strange:
        raise GraphQLError(f"The sandbox does not change a product's {', '.join(strange)}.")
    identifier = cast("Json", arguments.get("identifier") or {"id": fields.get("id")})
    product = _identified(context, identifier)
    if product is None:
        error = {"field": ["id"], "message": "Product does not exist"}
        return {"product": None, "userErrors": [error]}
    media = cast("list[Json]", arguments.get("media") or [])
    refuse_many(cast("list[object]", media), "media")
    with context.state.lock:
        errors = [e for place, one in enumerate(media) for e in _media_problems(one, place)]
        if len(product.media) + len(media) > changes.MEDIA_LIMIT:
            message = f"Exceeded the limit of {changes.MEDIA_LIMIT} media per product."
            errors.append({"field": ["media"], "message": message})
        if "title" in fields and not str(fields["title"] or "").strip():
            errors.append({"field": ["title"], "message": "Title can't be blank"})
        if errors:
            return {"product": product, "userErrors": errors}
        _apply(context, product, fields, media)
    return {"product": product, "userErrors": []}


def _identified(context: Context, identifier: Json) -> Product | None:
    if identifier.get("handle"):
        rows = context.shop.products.values()
        return next((p for p in rows if p.handle == identifier["handle"]), None)
    return context.shop.products.get(number_of(identifier.get("id"), "Product") or 0)


def _media_problems(one: Json, place: int) -> Iterable[Json]:
    parts = urlsplit(str(one["originalSource"]))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        yield {"field": ["media", str(place), "originalSource"], "message": "Image URL is invalid"}
    if one["mediaContentType"] != "IMAGE":
        text = "The sandbox keeps images only."
        yield {"field": ["media", str(place), "mediaContentType"], "message": text}
    if len(str(one.get("alt") or "")) > MAX_ALT:
        text = "Alt value exceeds the maximum limit of 512 characters"
        yield {"field": ["media", str(place), "alt"], "message": text}


def _apply(context: Context, product: Product, fields: Json, media: list[Json]) -> None:
    for name, own in _TEXTS.items():
        if fields.get(name) is not None:
            setattr(product, own, str(fields[name]))
    if fields.get("tags") is not None:
        product.tags = sorted(str(tag) for tag in cast("list[object]", fields["tags"]))
    for one in media:
        source = str(one["originalSource"])
        name = Path(unquote(urlsplit(source).path)).name or "image"
        row = new_media(context, name, source=source, alt=str(one.get("alt") or ""))
        product.media.append(row.id)
    changes.touched(context.state, context.hooks, context.shop, product)


@field("Mutation", "productReorderMedia")
def reorder(row: object, context: Context, arguments: Arguments) -> object:
    """Queue moves of a gallery's media; they are applied in sequence when the job runs."""
    moves = cast("list[Json]", arguments["moves"])
    refuse_many(cast("list[object]", moves), "moves")
    product = context.shop.products.get(number_of(arguments["id"], "Product") or 0)
    if product is None:
        error = user_error("PRODUCT_DOES_NOT_EXIST", "Product does not exist", "id")
        return {"job": None, "mediaUserErrors": [error], "userErrors": [error]}
    errors = [
        error
        for place, one in enumerate(moves)
        for error in _media_error(context, product, one["id"], ("moves", place, "id"))
    ]
    if errors:
        return {"job": None, "mediaUserErrors": errors, "userErrors": errors}
    pairs = [(number_of(m["id"], "MediaImage") or 0, int(str(m["newPosition"]))) for m in moves]
    job = gid("Job", str(uuid.uuid4()))
    with context.state.lock:
        due = context.state.now() + context.state.job_seconds
        context.shop.jobs[job] = False
        context.shop.tasks.append(Task("reorder", due, product_id=product.id, job=job, moves=pairs))
    return {"job": JobRow(job, done=False), "mediaUserErrors": [], "userErrors": []}


def _media_error(
    context: Context, product: Product, value: object, path: tuple[object, ...]
) -> Iterable[Json]:
    number = number_of(value, "MediaImage")
    if number not in context.shop.media:
        yield user_error("MEDIA_DOES_NOT_EXIST", f"Media id {value} does not exist.", *path)
    elif number not in product.media:
        message = f"Media id {value} does not exist on the given product."
        yield user_error("MEDIA_DOES_NOT_EXIST_ON_PRODUCT", message, *path)


@field("Mutation", "productVariantAppendMedia")
def append(row: object, context: Context, arguments: Arguments) -> object:
    """Give variants that have no media one of the product's."""
    return _pairs(context, arguments, add=True)


@field("Mutation", "productVariantDetachMedia")
def detach(row: object, context: Context, arguments: Arguments) -> object:
    """Take variants' media away."""
    return _pairs(context, arguments, add=False)


def _pairs(context: Context, arguments: Arguments, *, add: bool) -> object:
    inputs = cast("list[Json]", arguments["variantMedia"])
    refuse_many(cast("list[object]", inputs), "variantMedia")
    product = context.shop.products.get(number_of(arguments["productId"], "Product") or 0)
    if product is None:
        error = user_error("PRODUCT_DOES_NOT_EXIST", "Product does not exist", "productId")
        return {"product": None, "productVariants": None, "userErrors": [error]}
    with context.state.lock:
        errors = _pair_problems(context, product, inputs, add=add)
        if errors:
            return {"product": product, "productVariants": None, "userErrors": errors}
        variants = [_pair(context, one, add=add) for one in inputs]
        changes.touched(context.state, context.hooks, context.shop, product)
    return {"product": product, "productVariants": variants, "userErrors": []}


def _pair_problems(
    context: Context, product: Product, inputs: list[Json], *, add: bool
) -> list[Json]:
    if len(inputs) > MAX_PAIRS:
        message = (
            f"Exceeded the maximum number of {MAX_PAIRS} variant-media pairs per mutation call."
        )
        return [user_error("MAXIMUM_VARIANT_MEDIA_PAIRS_EXCEEDED", message, "variantMedia")]
    errors: list[Json] = []
    seen: set[object] = set()
    for place, one in enumerate(inputs):
        path = ("variantMedia", place)
        if one["variantId"] in seen:
            message = "Variant specified in more than one pair."
            code = "PRODUCT_VARIANT_SPECIFIED_MULTIPLE_TIMES"
            errors.append(user_error(code, message, *path, "variantId"))
        seen.add(one["variantId"])
        errors += _one_pair(context, product, one, path, add=add)
    return errors


def _one_pair(
    context: Context, product: Product, one: Json, path: tuple[object, ...], *, add: bool
) -> Iterable[Json]:
    number = number_of(one["variantId"], "ProductVariant")
    if number is None or number not in product.variants:
        code = "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT"
        yield user_error(code, "Variant does not exist on the given product.", *path, "variantId")
        return
    ids = cast("list[object]", one["mediaIds"])
    if len(ids) != 1:
        code = "TOO_MANY_MEDIA_PER_INPUT_PAIR" if ids else "MISSING_ARGUMENTS"
        message = "Only one mediaId is allowed per variant-media input pair."
        yield user_error(code, message, *path, "mediaIds")
        return
    problems = list(_media_error(context, product, ids[0], (*path, "mediaIds")))
    yield from problems
    if not problems:
        media = number_of(ids[0], "MediaImage") or 0
        yield from _holding(context, context.shop.variants[number], media, path, add=add)


def _holding(
    context: Context, variant: Variant, media: int, path: tuple[object, ...], *, add: bool
) -> Iterable[Json]:
    if add and variant.media:
        code = "PRODUCT_VARIANT_ALREADY_HAS_MEDIA"
        yield user_error(code, "Product variant already has attached media.", *path, "variantId")
    elif add and context.shop.media[media].status != "READY":
        message = "Non-ready media cannot be attached to variants."
        yield user_error("NON_READY_MEDIA", message, *path, "mediaIds")
    elif not add and media not in variant.media:
        message = "The specified media is not attached to the specified variant."
        yield user_error("MEDIA_IS_NOT_ATTACHED_TO_VARIANT", message, *path, "mediaIds")


def _pair(context: Context, one: Json, *, add: bool) -> Variant:
    variant = context.shop.variants[number_of(one["variantId"], "ProductVariant") or 0]
    media = number_of(cast("list[object]", one["mediaIds"])[0], "MediaImage") or 0
    variant.media = [media] if add else []
    variant.updated = context.state.now()
    return variant


@field("Mutation", "productDelete")
def delete(row: object, context: Context, arguments: Arguments) -> object:
    """Delete a product; its files stay in Files."""
    value = cast("Json", arguments["input"])["id"]
    product = context.shop.products.get(number_of(value, "Product") or 0)
    if product is None:
        raise GraphQLError(f"invalid id: {value}")
    changes.delete_product(context.state, context.hooks, context.shop, product)
    return {"deletedProductId": value, "userErrors": []}
