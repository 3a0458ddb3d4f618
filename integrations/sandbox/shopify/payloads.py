"""The bodies of webhooks: REST shapes, as the topics' pages document them."""

from __future__ import annotations

from .file_reads import image_url
from .state import gid, iso
from .tables import BulkOperation, Json, Media, Option, Product, Shop, Variant


def product(shop: Shop, row: Product, *, origin: str) -> Json:
    """Return the payload of products/create and products/update."""
    media = [shop.media[number] for number in row.media]
    ready = [one for one in media if one.status == "READY"]
    images = [_image(shop, row, one, place, origin=origin) for place, one in enumerate(ready, 1)]
    return {
        "id": row.id,
        "admin_graphql_api_id": gid("Product", row.id),
        "title": row.title,
        "body_html": row.description_html,
        "vendor": row.vendor,
        "product_type": row.product_type,
        "handle": row.handle,
        "created_at": iso(row.created),
        "updated_at": iso(row.updated),
        "published_at": iso(row.created) if row.status == "ACTIVE" else None,
        "template_suffix": None,
        "published_scope": "global",
        "tags": ", ".join(row.tags),
        "status": row.status.lower(),
        "variants": [_variant(shop.variants[number]) for number in row.variants],
        "options": [_option(row, option) for option in row.options],
        "images": images,
        "image": images[0] if images else None,
        "media": [_media(row, one, place, origin=origin) for place, one in enumerate(media, 1)],
        "variant_gids": [
            {
                "admin_graphql_api_id": gid("ProductVariant", number),
                "updated_at": iso(shop.variants[number].updated),
            }
            for number in row.variants
        ],
    }


def _variant(row: Variant) -> Json:
    values = [value for _, value in row.options]
    return {
        "id": row.id,
        "admin_graphql_api_id": gid("ProductVariant", row.id),
        "product_id": row.product_id,
        "title": row.title,
        "sku": row.sku,
        "price": row.price,
        "position": row.position,
        "updated_at": iso(row.updated),
        "option1": values[0] if values else None,
        "option2": values[1] if len(values) > 1 else None,
        "option3": values[2] if len(values) > 2 else None,
        "image_id": row.media[0] if row.media else None,
    }


def _option(row: Product, option: Option) -> Json:
    return {
        "id": option.id,
        "product_id": row.id,
        "name": option.name,
        "position": option.position,
        "values": option.values,
    }


def _image(shop: Shop, row: Product, media: Media, place: int, *, origin: str) -> Json:
    holders = [number for number in row.variants if media.id in shop.variants[number].media]
    return {
        "id": media.id,
        "alt": media.alt or None,
        "position": place,
        "product_id": row.id,
        "created_at": iso(media.created),
        "updated_at": iso(media.updated),
        "width": media.width,
        "height": media.height,
        "src": image_url(origin, media),
        "variant_ids": holders,
    }


def _media(row: Product, media: Media, place: int, *, origin: str) -> Json:
    preview = {"width": media.width, "height": media.height, "src": image_url(origin, media)}
    ready = media.status == "READY"
    return {
        "id": media.id,
        "admin_graphql_api_id": gid("MediaImage", media.id),
        "product_id": row.id,
        "position": place,
        "alt": media.alt or None,
        "status": media.status,
        "media_content_type": "IMAGE",
        "preview_image": {**preview, "status": media.status} if ready else None,
        "created_at": iso(media.created),
        "updated_at": iso(media.updated),
        "variant_ids": [],
    }


def bulk(row: BulkOperation) -> Json:
    """Return the payload of bulk_operations/finish; it names no address."""
    return {
        "admin_graphql_api_id": gid("BulkOperation", row.id),
        "completed_at": iso(row.completed) if row.completed else None,
        "created_at": iso(row.created),
        "error_code": row.error_code.lower() if row.error_code else None,
        "status": row.status.lower(),
        "type": "query",
    }


def uninstalled(shop: Shop) -> Json:
    """Return the payload of app/uninstalled: the shop."""
    return {
        "id": shop.id,
        "name": shop.name,
        "email": next(iter(shop.users.values())).email,
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "currency": shop.currency,
    }


def scopes(shop: Shop, before: list[str], *, now: float) -> Json:
    """Return the payload of app/scopes_update."""
    return {
        "id": shop.id,
        "previous": before,
        "current": list(shop.granted),
        "updated_at": iso(now),
        "shop_id": gid("Shop", shop.id),
    }


def compliance(shop: Shop, topic: str) -> Json:
    """Return the payload of a compliance topic, for a made-up customer."""
    body: Json = {"shop_id": shop.id, "shop_domain": shop.domain}
    if topic == "shop/redact":
        return body
    customer = {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"}
    orders = [299938, 280263, 220458]
    if topic == "customers/redact":
        return {**body, "customer": customer, "orders_to_redact": orders}
    return {**body, "orders_requested": orders, "customer": customer, "data_request": {"id": 9999}}
