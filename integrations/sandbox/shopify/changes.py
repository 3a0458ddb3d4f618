"""Changes to products and files that many doors share: touch, attach, detach, reorder."""

from __future__ import annotations

from . import payloads
from .state import State
from .tables import Media, Product, Shop
from .webhooks import Hooks

MEDIA_LIMIT = 250


def origin(state: State, shop: Shop) -> str:
    """Return the address of a shop on this server."""
    return f"{state.home}/{shop.domain}"


def touched(state: State, hooks: Hooks, shop: Shop, row: Product) -> None:
    """Raise the product's `updatedAt` and queue products/update."""
    row.updated = max(state.now(), row.updated)
    fire_product(state, hooks, shop, row, topic="products/update")


def fire_product(state: State, hooks: Hooks, shop: Shop, row: Product, *, topic: str) -> None:
    """Queue a webhook about a product as it is now."""
    payload = payloads.product(shop, row, origin=origin(state, shop))
    hooks.fire(shop, topic, payload, resource=str(row.id))


def holders(shop: Shop, media: Media) -> list[Product]:
    """Return the products whose gallery shows a file."""
    return [row for row in shop.products.values() if media.id in row.media]


def detach(shop: Shop, row: Product, number: int) -> None:
    """Take a file out of a gallery and off the variants that show it."""
    row.media.remove(number)
    for variant in row.variants:
        own = shop.variants[variant]
        own.media = [one for one in own.media if one != number]


def move(row: Product, number: int, position: int) -> None:
    """Move a file to a zero-based place; places behind the end mean the end."""
    if number in row.media:
        row.media.remove(number)
        row.media.insert(position, number)


def delete_product(state: State, hooks: Hooks, shop: Shop, row: Product) -> None:
    """Delete a product with its variants; its files stay in Files."""
    del shop.products[row.id]
    for number in row.variants:
        del shop.variants[number]
    hooks.fire(shop, "products/delete", {"id": row.id}, resource=str(row.id))
