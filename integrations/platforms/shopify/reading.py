"""Reading products whole: a page of the catalog, one product, one variant.

A page lists the first few media and variants of each product; where there are more, the product is
read on its own, in parts, because one query may cost 1,000 points at most (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.contract import Gone, Image, Permanent, Product, ProductRef, SyncPage
from integrations.platforms.shopify import mapping
from integrations.platforms.shopify.client import Client

Raw = Mapping[str, Any]

# About 550 points for ten products with ten media and ten variants each.
PAGE = 10
IDS_PAGE = 250
# Changes take a moment to show in lists, and clocks differ.
OVERLAP = timedelta(minutes=5)
# 2,048 variants and 250 media a product (2026-11), and room for more.
_MAX_PARTS = 100
_GONE = "The product no longer exists in the store."


@dataclass(frozen=True, slots=True)
class Whole:
    """A product's own fields, with all its media and variants in order."""

    raw: Raw
    media: tuple[Raw, ...]
    variants: tuple[Raw, ...]

    @property
    def images(self) -> tuple[Image, ...]:
        """The gallery, with the variants that show each image."""
        return mapping.images(self.media, self.variants)

    def family(self) -> list[Product]:
        """The product and its variants as the contract has them, the product first."""
        return mapping.family(self.raw, self.media, self.variants)


def whole(client: Client, product_id: str, *, name: str = "product") -> Whole:
    """Read a product by the document ``name``, to the end of both its lists; raises Gone."""
    raw: Raw = {}
    found: dict[str, dict[str, Raw]] = {"media": {}, "variants": {}}
    after: dict[str, str | None] = {"media": None, "variants": None}
    for _ in range(_MAX_PARTS):
        raw = _part(client, name, product_id, after)
        for key, rows in found.items():
            rows.update((str(row["id"]), row) for row in raw[key]["nodes"])
            # A list that has ended keeps its last cursor: without one it would begin again.
            after[key] = raw[key]["pageInfo"]["endCursor"] or after[key]
        if not any(raw[key]["pageInfo"]["hasNextPage"] for key in found):
            return Whole(raw, tuple(found["media"].values()), tuple(found["variants"].values()))
    raise Permanent("The product has more images or variants than Shopify allows.")


def _part(client: Client, name: str, product_id: str, after: Mapping[str, str | None]) -> Raw:
    if not product_id.startswith(mapping.gid("Product", "")):
        raise Gone(_GONE)
    variables = {
        "id": product_id,
        "mediaAfter": after["media"],
        "variantsAfter": after["variants"],
    }
    raw: Raw | None = client.run(name, variables)["product"]
    if raw is None:
        raise Gone(_GONE)
    return raw


def product(client: Client, ref: ProductRef) -> Product:
    """One product or variant; raises Gone."""
    if ref.parent_external_id:
        row = variant(client, ref)
        shown = mapping.variant_gallery(row).images
        return mapping.variant(row, row["product"], shown[0] if shown else None)
    return whole(client, ref.external_id).family()[0]


def variant(client: Client, ref: ProductRef) -> Raw:
    """One variant with its image and its product's texts; raises Gone."""
    row: Raw | None = client.run("variant", {"id": ref.external_id})["productVariant"]
    if row is None:
        raise Gone("The variant no longer exists in the store.")
    return row


def pages(
    client: Client, *, changed_since: datetime | None, cursor: str | None
) -> Iterator[SyncPage]:
    """Yield products, each directly followed by its variants; by change where ``changed_since``."""
    variables: dict[str, object] = {"first": PAGE, "query": None, "sortKey": "ID"}
    if changed_since is not None:
        since = (changed_since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        variables |= {"query": f"updated_at:>='{since}'", "sortKey": "UPDATED_AT"}
    for rows, after in _walk(client, "products_page", variables, cursor):
        found = [one for row in rows for one in _family(client, row)]
        yield SyncPage(tuple(found), after, total=None)


def ids(client: Client) -> Iterator[tuple[str, ...]]:
    """Yield the ids of all products, a page at a time."""
    for rows, _ in _walk(client, "product_ids", {"first": IDS_PAGE}, None):
        yield tuple(str(row["id"]) for row in rows)


def _walk(
    client: Client, name: str, variables: Mapping[str, object], cursor: str | None
) -> Iterator[tuple[list[Raw], str | None]]:
    while True:
        found = client.run(name, {**variables, "after": cursor})["products"]
        info = found["pageInfo"]
        cursor = info["endCursor"] if info["hasNextPage"] else None
        yield found["nodes"], cursor
        if cursor is None:
            return


def _family(client: Client, row: Raw) -> list[Product]:
    lists = (row["media"], row["variants"])
    if not any(one["pageInfo"]["hasNextPage"] for one in lists):
        return Whole(row, *(tuple(one["nodes"]) for one in lists)).family()
    try:
        return whole(client, str(row["id"])).family()
    except Gone:
        return []
