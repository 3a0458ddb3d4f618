"""A JSON parser that takes what the documentation says and nothing else.

What two parsers could read differently is refused: duplicate names, NaN, other encodings.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from rest_framework.parsers import BaseParser

from productviz.api.problems import Problem

MAX_BYTES = 1_048_576
MAX_DEPTH = 32


class StrictJSONParser(BaseParser):
    """Reads one JSON object of at most ``max_bytes``."""

    media_type = "application/json"
    max_bytes = MAX_BYTES

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        """The object; raises Problem."""
        limit = getattr((parser_context or {}).get("view"), "max_bytes", self.max_bytes)
        _require_charset(media_type)
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise Problem("payload_too_large", max_bytes=limit)
        return parse(raw)


def _require_charset(media_type: str | None) -> None:
    for part in (media_type or "").lower().split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name == "charset" and value.strip("\"'") not in ("utf-8", "utf8"):
            raise Problem("unsupported_media_type", "JSON is UTF-8.")


def parse(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``; raises Problem ``malformed_json`` for anything else."""
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Problem("malformed_json", _reason(error)) from None
    if not isinstance(found, dict):
        raise Problem("malformed_json", "The body must be a JSON object.")
    _check(found, depth=1)
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}."
    return "" if isinstance(error, UnicodeDecodeError | RecursionError) else str(error)[:200]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name occurs twice in one object.")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


def _check(value: Any, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Problem("malformed_json", f"The body is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth=depth + 1)
    elif isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Problem("malformed_json", "A number is out of range.")


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise Problem("malformed_json", "A text holds a NUL character.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Problem("malformed_json", "A text holds half of a surrogate pair.")
