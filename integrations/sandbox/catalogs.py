"""Catalog files: what any of the simulated storefronts can be filled from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = dict[str, object]
BUILT_IN = Path(__file__).parent / "catalog" / "catalog.json"


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalog file: the rows, and the shop's name and currency where it names them."""

    products: list[Json]
    store: str = ""
    currency: str = ""


def read_catalog(file: Path) -> Catalog:
    """Read a catalog.json: a list of products, or an object that holds one.

    Raises ValueError where it is neither.
    """
    read = json.loads(file.read_text("utf-8"))
    head = read if isinstance(read, dict) else {"products": read}
    rows = head.get("products")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{file.name} must hold a list of products; see the catalog folder.")
    return Catalog(rows, str(head.get("store", "")), str(head.get("currency", "")))
