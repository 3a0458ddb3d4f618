"""Reading products, variants, files and the shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from graphql import GraphQLError

from .connections import Connection, page
from .resolve import Arguments, Context, Installation, JobRow, Resolver, field
from .search import Value, select
from .state import gid, iso, number_of
from .tables import Media, Option, Product, Shop, Variant


def _attribute(name: str) -> Resolver:
    return lambda row, context, arguments: getattr(row, name)


def _moment(name: str) -> Resolver:
    return lambda row, context, arguments: iso(getattr(row, name))


def _id(kind: str) -> Resolver:
    return lambda row, context, arguments: gid(kind, cast("Product", row).id)


for _kind, _names in {
    "Product": {
        "title": "title", "handle": "handle", "descriptionHtml": "description_html",
        "vendor": "vendor", "productType": "product_type", "status": "status", "tags": "tags",
        "legacyResourceId": "id",
    },
    "ProductVariant": {
        "title": "title", "sku": "sku", "position": "position", "price": "price",
        "legacyResourceId": "id",
    },
    "ProductOption": {"name": "name", "position": "position", "values": "values"},
    "MediaImage": {"alt": "alt", "fileErrors": "errors", "mediaErrors": "errors"},
    "Shop": {"name": "name", "myshopifyDomain": "domain", "currencyCode": "currency"},
}.items():  # fmt: skip
    for _name, _own in _names.items():
        field(_kind, _name)(_attribute(_own))
for _kind in ("Product", "ProductVariant", "ProductOption", "MediaImage", "Shop"):
    field(_kind, "id")(_id(_kind))
for _kind in ("Product", "MediaImage"):
    field(_kind, "createdAt")(_moment("created"))
for _kind in ("Product", "ProductVariant", "MediaImage"):
    field(_kind, "updatedAt")(_moment("updated"))


@field("Product", "category")
def _category(row: object, context: Context, arguments: Arguments) -> object:
    category = cast("Product", row).category
    if category is None:
        return None
    number, name = category
    return {"id": gid("TaxonomyCategory", number), "fullName": name, "name": name.split(" > ")[-1]}


@field("Product", "options")
def _options(row: object, context: Context, arguments: Arguments) -> list[Option]:
    return cast("Product", row).options


@field("Product", "featuredMedia")
def _featured(row: object, context: Context, arguments: Arguments) -> Media | None:
    media = cast("Product", row).media
    return context.shop.media[media[0]] if media else None


@field("Product", "onlineStoreUrl")
def _address(row: object, context: Context, arguments: Arguments) -> str:
    return f"{context.origin}/products/{cast('Product', row).handle}"


@field("Product", "hasOnlyDefaultVariant")
def _has_only_default_variant(row: object, context: Context, arguments: Arguments) -> bool:
    options = cast("Product", row).options
    return [(one.name, one.values) for one in options] == [("Title", ["Default Title"])]


@field("Product", "media")
def _product_media(row: object, context: Context, arguments: Arguments) -> Connection[Media]:
    media = [context.shop.media[number] for number in cast("Product", row).media]
    if arguments.get("sortKey") == "ID":
        media.sort(key=lambda one: one.id)
        return page(media, arguments, lambda one: (one.id, one.id))
    places = {one.id: place for place, one in enumerate(media)}
    return page(media, arguments, lambda one: (places[one.id], one.id))


@field("Product", "variants")
def _variants(row: object, context: Context, arguments: Arguments) -> Connection[Variant]:
    rows = [context.shop.variants[number] for number in cast("Product", row).variants]
    return page(rows, arguments, lambda one: (one.position, one.id))


@field("ProductVariant", "media")
def _variant_media(row: object, context: Context, arguments: Arguments) -> Connection[Media]:
    media = [context.shop.media[number] for number in cast("Variant", row).media]
    return page(media, arguments, lambda one: (one.id, one.id))


@field("ProductVariant", "selectedOptions")
def _selected(row: object, context: Context, arguments: Arguments) -> object:
    return [{"name": name, "value": value} for name, value in cast("Variant", row).options]


@field("ProductVariant", "product")
def _product_of(row: object, context: Context, arguments: Arguments) -> Product:
    return context.shop.products[cast("Variant", row).product_id]


@field("Shop", "primaryDomain")
def _domain(row: object, context: Context, arguments: Arguments) -> object:
    domain = cast("Shop", row).domain
    return {"id": gid("Domain", 1), "host": domain, "url": f"https://{domain}", "sslEnabled": True}


@field("Shop", "plan")
def _plan(row: object, context: Context, arguments: Arguments) -> object:
    return {"publicDisplayName": "Development", "partnerDevelopment": True, "shopifyPlus": False}


@field("Shop", "email", "contactEmail")
def _email(row: object, context: Context, arguments: Arguments) -> str:
    return next(iter(cast("Shop", row).users.values())).email


@field("AppInstallation", "id")
def _installation_id(row: object, context: Context, arguments: Arguments) -> str:
    return gid("AppInstallation", context.shop.id)


@field("AppInstallation", "accessScopes")
def _scopes(row: object, context: Context, arguments: Arguments) -> object:
    return [{"handle": s, "description": s} for s in context.token.scope.split(",") if s]


@field("Job", "id")
def _job_id(row: object, context: Context, arguments: Arguments) -> str:
    return cast("JobRow", row).id


@field("Job", "done")
def _job_done(row: object, context: Context, arguments: Arguments) -> bool:
    return cast("JobRow", row).done


@field("QueryRoot", "shop")
def _shop(row: object, context: Context, arguments: Arguments) -> Shop:
    return context.shop


@field("QueryRoot", "currentAppInstallation")
def _current(row: object, context: Context, arguments: Arguments) -> Installation:
    return Installation(context.shop)


@field("QueryRoot", "job")
def _job(row: object, context: Context, arguments: Arguments) -> JobRow | None:
    done = context.shop.jobs.get(str(arguments["id"]))
    return None if done is None else JobRow(str(arguments["id"]), done)


def find_node(context: Context, value: object) -> object:
    """Return the row of a gid, or None."""
    shop = context.shop
    tables: tuple[tuple[str, dict[int, object]], ...] = (
        ("Product", cast("dict[int, object]", shop.products)),
        ("ProductVariant", cast("dict[int, object]", shop.variants)),
        ("MediaImage", cast("dict[int, object]", shop.media)),
        ("BulkOperation", cast("dict[int, object]", shop.bulk)),
        ("WebhookSubscription", cast("dict[int, object]", shop.subscriptions)),
    )
    for kind, rows in tables:
        number = number_of(value, kind)
        if number is not None:
            return rows.get(number)
    if not str(value).startswith("gid://shopify/"):
        raise GraphQLError(f"Invalid global id '{value}'")
    return None


@field("QueryRoot", "node")
def _node(row: object, context: Context, arguments: Arguments) -> object:
    return find_node(context, arguments["id"])


@field("QueryRoot", "nodes")
def _nodes(row: object, context: Context, arguments: Arguments) -> list[object]:
    ids = cast("list[object]", arguments["ids"])
    if len(ids) > 250:
        raise GraphQLError("The input array size of 250 is exceeded.")
    return [find_node(context, value) for value in ids]


@field("QueryRoot", "product")
def _one_product(row: object, context: Context, arguments: Arguments) -> object:
    number = number_of(arguments["id"], "Product")
    if number is None:
        raise GraphQLError(f"Invalid global id '{arguments['id']}'")
    return context.shop.products.get(number)


@field("QueryRoot", "productVariant")
def _one_variant(row: object, context: Context, arguments: Arguments) -> object:
    return context.shop.variants.get(number_of(arguments["id"], "ProductVariant") or 0)


def product_fields(shop: Shop, row: Product) -> dict[str, Value]:
    """Return what `products(query:)` can search in a product."""
    skus = [shop.variants[number].sku for number in row.variants]
    return {
        "": f"{row.title} {row.vendor} {row.product_type} {' '.join(row.tags)}",
        "id": float(row.id), "title": row.title, "handle": row.handle, "status": row.status,
        "vendor": row.vendor, "product_type": row.product_type, "tag": row.tags, "sku": skus,
        "created_at": float(int(row.created)), "updated_at": float(int(row.updated)),
    }  # fmt: skip


_PRODUCT_SORTS: dict[str, Callable[[Product], float | str]] = {
    "UPDATED_AT": lambda row: row.updated,
    "CREATED_AT": lambda row: row.created,
    "TITLE": lambda row: row.title,
    "VENDOR": lambda row: row.vendor,
    "PRODUCT_TYPE": lambda row: row.product_type,
}


@field("QueryRoot", "products")
def _products(row: object, context: Context, arguments: Arguments) -> object:
    rows = select(
        context.shop.products.values(),
        arguments.get("query"),
        lambda one: product_fields(context.shop, one),
    )
    value = _PRODUCT_SORTS.get(str(arguments.get("sortKey")), _by_id)
    rows.sort(key=lambda one: (value(one), one.id))
    return page(rows, arguments, lambda one: (value(one), one.id))


def _by_id(row: Product) -> float | str:
    return row.id


@field("QueryRoot", "productVariants")
def _all_variants(row: object, context: Context, arguments: Arguments) -> object:
    rows = list(context.shop.variants.values())
    return page(rows, arguments, lambda one: (one.id, one.id))
