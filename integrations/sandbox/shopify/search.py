"""A part of Shopify's search syntax: terms joined by a space or AND, `field:value`, comparators.

Quotes and `-field:` are understood; OR and brackets are not, and are refused rather than guessed.
A field that a resource does not know matches everything, as in the real one, which only warns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

from graphql import GraphQLError

# What a field of a row is, for one search: texts and numbers are compared, a list holds one.
Value: TypeAlias = str | float | list[str]
Row = TypeVar("Row")
_TERM = re.compile(
    r"""(?P<no>-)?(?:(?P<field>[A-Za-z_]+):(?P<sign><=|>=|<|>)?)?"""
    r"""(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>[^\s'"()]+))""",
)


class SearchError(Exception):
    """A query that this sandbox cannot read."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; a term without a field searches the row's default text."""

    field: str
    sign: str
    value: str
    negated: bool


def parse(query: str) -> list[Term]:
    """Split a query into its terms; raise SearchError for brackets and OR."""
    terms, position = [], 0
    while position < len(query):
        if query[position].isspace():
            position += 1
            continue
        found = _TERM.match(query, position)
        if found is None or found[0] == "OR":
            raise SearchError(f"The sandbox cannot read this search: {query!r}")
        position = found.end()
        if found[0] != "AND":
            value = next(
                v for v in (found["single"], found["double"], found["bare"]) if v is not None
            )
            terms.append(Term(found["field"] or "", found["sign"] or "=", value, bool(found["no"])))
    return terms


def matcher(query: str | None) -> Callable[[Mapping[str, Value]], bool]:
    """Return a test for rows, each given as its searchable fields; "" is the default text."""
    terms = parse(query or "")
    return lambda fields: all(_holds(term, fields) for term in terms)


def _holds(term: Term, fields: Mapping[str, Value]) -> bool:
    if term.field not in fields:
        return not term.negated
    return _compare(term, fields[term.field]) != term.negated


def _compare(term: Term, value: Value) -> bool:
    if isinstance(value, list):
        return any(_compare(term, item) for item in value)
    if isinstance(value, (int, float)):
        return _ordered(term.sign, float(value), _number(term.value))
    if not term.field:
        return term.value.lower() in value.lower()
    wanted = [part.strip().lower() for part in term.value.split(",")]
    if term.sign != "=":
        return _ordered(term.sign, value.lower(), wanted[0])
    return any(_same(value.lower(), part) for part in wanted)


def _same(value: str, wanted: str) -> bool:
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted


def _ordered(sign: str, left: float | str, right: float | str) -> bool:
    if type(left) is not type(right):
        return False
    if sign == "=":
        return left == right
    less, equal = left < right, left == right  # type: ignore[operator]  # same type, checked above
    return {"<": less, "<=": less or equal, ">": not less and not equal, ">=": not less}[sign]


def _number(text: str) -> float:
    """Read a number or a time; a time becomes seconds since 1970."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SearchError(f"{text!r} is neither a number nor a time.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def select(
    rows: Iterable[Row], query: object, fields: Callable[[Row], Mapping[str, Value]]
) -> list[Row]:
    """Keep the rows that a search matches; raise GraphQLError for one that cannot be read."""
    if not query:
        return list(rows)
    try:
        matches = matcher(str(query))
        return [row for row in rows if matches(fields(row))]
    except SearchError as error:
        raise GraphQLError(str(error)) from error
