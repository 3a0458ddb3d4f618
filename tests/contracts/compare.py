"""How a sandbox answer is held against a recorded one: errors, key sets, types, some values."""

from __future__ import annotations

from typing import Any

HEADERS = (
    "Content-Type", "Allow", "Link", "X-WP-Total", "X-WP-TotalPages", "Expires", "Cache-Control",
    "Vary", "X-Robots-Tag", "Access-Control-Expose-Headers", "Access-Control-Allow-Headers",
)  # fmt: skip
PRESENT = ("Location", "X-WP-Upload-Attachment-ID")
# Contents that depend on theme, plug-ins or history, not on the API.
FREE = frozenset(
    {"meta_data", "price_html", "related_ids", "capabilities", "downloads", "environment", "sizes"}
)


def differences(recorded: Any, answered: Any, where: str = "body") -> list[str]:
    """List where two bodies differ in key sets or types; a recorded null fits anything."""
    if recorded is None:
        return []
    if isinstance(recorded, dict) and isinstance(answered, dict):
        return _objects(recorded, answered, where)
    if isinstance(recorded, list) and isinstance(answered, list):
        pairs = zip(recorded, answered, strict=False)
        return [d for i, (a, b) in enumerate(pairs) for d in differences(a, b, f"{where}[{i}]")]
    if type(recorded) is not type(answered):
        return [f"{where}: recorded {type(recorded).__name__}, answered {answered!r}"]
    return []


def _objects(recorded: dict[str, Any], answered: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}.{key} is missing" for key in recorded if key not in answered]
    found += [f"{where}.{key} is not in the recording" for key in answered if key not in recorded]
    for key, value in recorded.items():
        if key in answered and key not in FREE:
            found += differences(value, answered[key], f"{where}.{key}")
    return found


def header_differences(recorded: dict[str, str], answered: Any) -> list[str]:
    """List the headers that a client reads and that differ."""
    found = [
        f"{name}: recorded {recorded.get(name)!r}, answered {answered.get(name)!r}"
        for name in HEADERS
        if recorded.get(name) != answered.get(name)
    ]
    return found + [
        f"{name} present: {name in recorded}"
        for name in PRESENT
        if (name in recorded) != (name in answered)
    ]


def gallery(body: Any) -> list[tuple[object, ...]] | None:
    """A product's pictures as a client knows them."""
    if not isinstance(body, dict) or not isinstance(body.get("images"), list):
        return None
    return [(row["id"], row["src"], row["name"], row["alt"]) for row in body["images"]]


def ids(body: Any) -> list[object] | None:
    """The ids of a list body."""
    return [row.get("id") for row in body] if isinstance(body, list) else None
