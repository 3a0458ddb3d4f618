"""Fill an empty shop from catalog rows or from a folder of pictures.

Writes rows directly, as an import would: no webhooks, no GraphQL. The rows are the ones of the
WooCommerce sandbox, so one catalog serves both platforms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from html import unescape
from pathlib import Path

from . import processing
from .state import State
from .tables import Json, Media, Option, Product, Shop, Variant

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}
_STATUSES = {"publish": "ACTIVE", "draft": "DRAFT", "pending": "DRAFT", "private": "DRAFT"}


def from_catalog(
    state: State, shop: Shop, rows: Iterable[Mapping[str, object]], photos: Path
) -> None:
    """Add every row of a catalog; photos are looked up in `photos`, missing ones left out."""
    for row in rows:
        add_product(state, shop, row, photos)


def from_folder(state: State, shop: Shop, folder: Path) -> None:
    """Add one product for each picture; the file's name becomes the product's."""
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in _SUFFIXES:
            name = re.sub(r"[\s_-]+", " ", file.stem).strip().capitalize() or file.stem
            add_product(
                state, shop, {"name": name, "price": "19.00", "photos": [file.name]}, folder
            )


def add_product(state: State, shop: Shop, row: Mapping[str, object], photos: Path) -> Product:
    """Add one product with its photos, options and variants."""
    now, title = state.now(), unescape(str(row.get("name", "Product")))
    categories = [unescape(name) for name in _texts(row.get("categories"))]
    product = Product(
        id=state.new_id(),
        title=title,
        handle=_free_handle(shop, handle(title)),
        created=now,
        updated=now,
        description_html=_paragraphs(str(row.get("description", ""))),
        vendor=str(row.get("vendor", "")) or shop.name,
        product_type=categories[-1] if categories else "",
        status=_STATUSES.get(str(row.get("status", "publish")), "ACTIVE"),
        tags=sorted(categories),
    )
    product.media = [
        media.id
        for name in _texts(row.get("photos"))
        for media in _photo(state, shop, name, photos)
    ]
    shop.products[product.id] = product
    _add_variants(state, shop, product, row, photos)
    return product


def _add_variants(
    state: State, shop: Shop, product: Product, row: Mapping[str, object], photos: Path
) -> None:
    rows = _objects(row.get("variations"))
    names: dict[str, list[str]] = {}
    for one in rows:
        for name, value in _mapping(one.get("options")).items():
            if str(value) not in names.setdefault(name, []):
                names[name].append(str(value))
    names = names or {"Title": ["Default Title"]}
    product.options = [
        Option(state.new_id(), name, place, values)
        for place, (name, values) in enumerate(names.items(), 1)
    ]
    default: Json = {"sku": row.get("sku", ""), "options": {"Title": "Default Title"}}
    for place, one in enumerate(rows or [default], 1):
        options = [(name, str(value)) for name, value in _mapping(one.get("options")).items()]
        variant = Variant(
            id=state.new_id(),
            product_id=product.id,
            title=" / ".join(value for _, value in options) or "Default Title",
            sku=str(one.get("sku", "")),
            price=str(one.get("price", row.get("price", ""))) or "0.00",
            position=place,
            updated=product.updated,
            options=options,
        )
        if one.get("photo"):
            variant.media = _own_photo(state, shop, product, str(one["photo"]), photos)
        shop.variants[variant.id] = variant
        product.variants.append(variant.id)


def _own_photo(state: State, shop: Shop, product: Product, name: str, photos: Path) -> list[int]:
    for number in product.media:
        if shop.media[number].filename == Path(name).name:
            return [number]
    added = [media.id for media in _photo(state, shop, name, photos)]
    product.media += added
    return added


def _photo(state: State, shop: Shop, name: str, photos: Path) -> list[Media]:
    file = photos / name
    if not file.is_file():
        return []
    now, path = state.now(), Path(name)
    free, count = path.name, 1
    while any(one.filename == free for one in shop.media.values()):
        count += 1
        free = f"{path.stem}-{count}{path.suffix}"
    media = Media(state.new_id(), free, "", now, now)
    processing.publish(state, media, processing.check(file.read_bytes()))
    shop.media[media.id] = media
    return [media]


def handle(title: str) -> str:
    """Turn a title into a handle."""
    ascii_text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-") or "product"


def _free_handle(shop: Shop, wanted: str) -> str:
    taken = {row.handle for row in shop.products.values()}
    free, count = wanted, 0
    while free in taken:
        count += 1
        free = f"{wanted}-{count}"
    return free


def _paragraphs(text: str) -> str:
    parts = [part.strip() for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return "\n".join(part if part.startswith("<") else f"<p>{part}</p>" for part in parts)


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}
