"""Fill an empty store: from a catalog file, or one product for each picture of a folder.

Writes rows directly, as an import plugin would: no webhooks, no REST.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import changes
from .library import add_attachment
from .markup import slug, term_name
from .pictures import EXTENSIONS, sniff
from .products import attach_featured, new_product
from .state import State
from .tables import Category, Json, Product

_SUFFIXES = {f".{suffix}" for suffixes in EXTENSIONS.values() for suffix in suffixes}
_AUTHOR = 1


def from_catalog(state: State, rows: Iterable[Mapping[str, object]], photos: Path) -> None:
    """Add every row of a catalog; photos are looked up in `photos`, missing ones left out."""
    for row in rows:
        _add(state, row, photos)


def from_folder(state: State, folder: Path) -> None:
    """Add one simple product for each picture; the file's name becomes the product's."""
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in _SUFFIXES:
            name = re.sub(r"[\s_-]+", " ", file.stem).strip().capitalize() or file.stem
            _add(state, {"name": name, "price": "19.00", "photos": [file.name]}, folder)


def _add(state: State, row: Mapping[str, object], photos: Path) -> Product:
    kind = str(row.get("type", "simple"))
    product = new_product(state, kind=kind)
    product.image_ids = _attach(state, product, _texts(row.get("photos")), photos)
    body: Json = {
        "name": str(row.get("name", "Product")),
        "sku": str(row.get("sku", "")),
        "description": str(row.get("description", "")),
        "short_description": str(row.get("short_description", "")),
        "status": str(row.get("status", "publish")),
        "attributes": _attributes(row),
    }
    if kind == "simple":
        body["regular_price"] = str(row.get("price", ""))
    changes.apply(state, product, body)
    product.category_ids = _categories(state, _texts(row.get("categories")))
    state.tables.products[product.id] = product
    attach_featured(state, product)
    for position, variation in enumerate(_objects(row.get("variations"))):
        _add_variation(state, product, row, {"menu_order": position, **variation}, photos)
    return product


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _attributes(row: Mapping[str, object]) -> list[Json]:
    """Take the row's attributes, or read them off its variations' options."""
    given = row.get("attributes")
    if isinstance(given, dict):
        given = [{"name": name, "options": options} for name, options in given.items()]
    if _objects(given):
        return [{"visible": True, "variation": True, **item} for item in _objects(given)]
    options: dict[str, list[str]] = {}
    for variation in _objects(row.get("variations")):
        chosen = variation.get("options")
        for name, option in (chosen if isinstance(chosen, dict) else {}).items():
            if option not in options.setdefault(name, []):
                options[name].append(option)
    return [
        {"name": name, "options": values, "visible": True, "variation": True}
        for name, values in options.items()
    ]


def _add_variation(
    state: State, parent: Product, row: Mapping[str, object], variation: Json, photos: Path
) -> None:
    child = new_product(state, kind="variation", parent_id=parent.id)
    photo = variation.get("photo")
    child.image_ids = _reuse_or_attach(state, parent, str(photo), photos) if photo else []
    options = variation.get("options")
    pairs = options.items() if isinstance(options, dict) else ()
    body: Json = {
        "sku": str(variation.get("sku", "")),
        "regular_price": str(variation.get("price", row.get("price", ""))),
        "menu_order": variation["menu_order"],
        "attributes": [{"name": name, "option": option} for name, option in pairs],
    }
    changes.apply(state, child, body)
    shown = ", ".join(str(a["option"]) for a in child.attributes)
    child.name = f"{parent.name} - {shown}" if shown else parent.name
    child.slug = slug(child.name)
    state.tables.products[child.id] = child


def _reuse_or_attach(state: State, parent: Product, photo: str, photos: Path) -> list[int]:
    stem = Path(photo).stem
    for number in parent.image_ids:
        if Path(state.tables.attachments[number].file).stem.removesuffix("-scaled") == stem:
            return [number]
    return _attach(state, parent, [photo], photos)


def _attach(state: State, product: Product, names: list[str], photos: Path) -> list[int]:
    chosen: list[int] = []
    for name in names:
        file = photos / name
        if not file.is_file():
            continue
        data = file.read_bytes()
        kind = sniff(data) or mimetypes.guess_type(name)[0] or "image/jpeg"
        row = add_attachment(
            state, name=name, data=data, mime_type=kind, author=_AUTHOR, parent_id=product.id
        )
        chosen.append(row.id)
    return chosen


def _categories(state: State, names: list[str]) -> list[int]:
    numbers = []
    for name in names:
        shown = term_name(name)
        row = next((c for c in state.tables.categories.values() if c.name == shown), None)
        if row is None:
            row = Category(max(state.tables.categories) + 1, shown, slug(name))
            state.tables.categories[row.id] = row
        numbers.append(row.id)
    return numbers or [min(state.tables.categories)]
