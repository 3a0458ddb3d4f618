"""The recorded exchanges with a real WooCommerce store, where this checkout has them beside it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "contracts" / "woocommerce"
Body = Any


@dataclass(frozen=True, slots=True)
class Recording:
    """One file: a request and its answer, a chain of pages, or what a receiver got."""

    name: str
    data: dict[str, Any]

    @property
    def request(self) -> dict[str, Any]:
        return dict(self.data["request"])

    @property
    def status(self) -> int:
        return int(self.data["response"]["status"])

    @property
    def body(self) -> Body:
        return self.data["response"]["body"]

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.data["response"]["headers"])

    @property
    def moment(self) -> float:
        """When it was answered, in seconds since 1970."""
        return parsedate_to_datetime(self.headers["Date"]).timestamp()


@cache
def load(name: str) -> Recording:
    return Recording(name, json.loads((FOLDER / name).read_text("utf-8")))


def names(*prefixes: str) -> list[str]:
    """The recorded files that start with one of these, in order."""
    if not FOLDER.is_dir():
        return []
    return sorted(path.name for path in FOLDER.glob("*.json") if path.name.startswith(prefixes))


def credentials(name: str) -> tuple[str, str]:
    """User and password of the Basic header a recorded request carries."""
    header = load(name).request["headers"]["Authorization"]
    user, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return user, password


def products() -> dict[int, dict[str, Any]]:
    """Every product body in the list recordings, by id, as it was before anything changed it."""
    found: dict[int, dict[str, Any]] = {}
    for name in names("c-list-", "a-auth-2"):
        for row in _rows(load(name).data.get("response", {}).get("body")):
            if "slug" in row and "images" in row and row["id"] not in found:
                found[row["id"]] = row
    return found


def variations() -> dict[int, dict[str, Any]]:
    """The recorded variations of product 11, by id."""
    return {row["id"]: row for row in _rows(load("c-list-44-variations.json").body)}


def _rows(body: Body) -> Iterator[dict[str, Any]]:
    for row in body if isinstance(body, list) else [body]:
        if isinstance(row, dict) and "id" in row:
            yield row


def text_of(page: str) -> str:
    """The words of an HTML page."""
    bare = re.sub(r"(?s)<(style|script|head)\b.*?</\1>", " ", page)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())
