"""The filters of lists: each address names the few it knows; any other is a field error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from productviz.api.problems import field_problem
from productviz.lib.ids import id_schema, parse_public_id

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Filter:
    """Turns a parameter's name and text into lookups; ``schema`` describes the text."""

    read: Callable[[str, str], dict[str, Any]]
    schema: Mapping[str, Any]

    def __call__(self, name: str, text: str) -> dict[str, Any]:
        """The lookups. Raises Problem."""
        return self.read(name, text)


_PAGE = frozenset({"limit", "cursor", "order"})


def by_choice(column: str, choices: Iterable[str]) -> Filter:
    """``?name=a`` or ``?name=a,b``: one of these words."""
    known = frozenset(choices)

    def read(name: str, text: str) -> dict[str, Any]:
        words = text.split(",")
        if not known.issuperset(words):
            raise field_problem(f"/{name}", "not_one_of", f"One of {', '.join(sorted(known))}.")
        return {f"{column}__in": words}

    word = "|".join(sorted(known)).replace(".", r"\.")
    return Filter(read, {"type": "string", "pattern": f"^({word})(,({word}))*$"})


def by_id(column: str, prefix: str) -> Filter:
    """``?name=str_...``: a public id; a stranger's finds nothing, as one that does not exist."""

    def read(name: str, text: str) -> dict[str, Any]:
        found = parse_public_id(prefix, text)
        if found is None:
            raise field_problem(f"/{name}", "not_found", "There is no such object.")
        return {column: found}

    return Filter(read, id_schema(prefix))


def by_text(column: str) -> Filter:
    """``?name=text``: exactly this text."""
    return Filter(lambda name, text: {column: text}, {"type": "string"})


def by_time(lookup: str) -> Filter:
    """``?created_after=2026-11-22T09:31:02Z``: a moment with its zone."""

    def read(name: str, text: str) -> dict[str, Any]:
        try:
            moment = parse_datetime(text.replace(" ", "+"))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not 1970 <= moment.year < 9000:
            raise field_problem(f"/{name}", "invalid", "RFC 3339 with a zone, in UTC best.")
        return {lookup: moment}

    return Filter(read, {"type": "string", "format": "date-time"})


TIMES: Mapping[str, Filter] = {
    "created_after": by_time("created_at__gt"),
    "created_before": by_time("created_at__lt"),
}
CHANGES: Mapping[str, Filter] = {**TIMES, "updated_after": by_time("updated_at__gt")}


def narrowed(request: Request, rows: QuerySet[Row], filters: Mapping[str, Filter]) -> QuerySet[Row]:
    """The rows that the query asks for. Raises Problem for a parameter that is not known here."""
    for name, value in request.query_params.items():
        text = str(value)
        if name in _PAGE:
            continue
        if name not in filters:
            raise field_problem(f"/{name}", "unknown_field", "There is no such filter here.")
        if "\x00" in text:
            raise field_problem(f"/{name}", "invalid", "NUL is not text.")
        rows = rows.filter(**filters[name](name, text))
    return rows
