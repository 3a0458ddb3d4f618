"""Query parameters of list requests: checked, typed, refused with WordPress's 400s.

One declaration per parameter; a parameter that is not declared is passed over in silence,
as WordPress does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from .replies import ApiError

_DATE = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|z|[+-]\d\d(?::?\d\d)?)?$")
_TRUE = frozenset({"1", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "false", "FALSE", "False"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What a parameter must be: kind is int, bool, date, enum, ints, enums or text."""

    kind: str
    low: int | None = None
    high: int | None = None
    values: tuple[str, ...] = ()


class _BadError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def raw_query(query_string: str) -> dict[str, object]:
    """Parse a query as PHP does: the last of a name wins, `a[]` and `a[0]` make a list."""
    found: dict[str, object] = {}
    for name, value in parse_qsl(query_string, keep_blank_values=True):
        base, bracket, _ = name.partition("[")
        if not bracket:
            found[name] = value
            continue
        listed = found.get(base)
        found[base] = [*listed, value] if isinstance(listed, list) else [value]
    return found


def check(query: dict[str, object], rules: dict[str, Rule]) -> dict[str, object]:
    """Return the query with typed values; raise ApiError 400 rest_invalid_param.

    The result keeps the order of the request; empty lists disappear from it.
    """
    clean: dict[str, object] = {}
    bad: dict[str, _BadError] = {}
    for name, value in query.items():
        rule = rules.get(name)
        if rule is None:
            clean[name] = value
            continue
        try:
            typed = _typed(name, value, rule)
        except _BadError as problem:
            bad[name] = problem
            continue
        if typed != []:
            clean[name] = typed
    if bad:
        raise _refusal(bad)
    return clean


def _refusal(bad: dict[str, _BadError]) -> ApiError:
    return ApiError(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {', '.join(bad)}",
        params={name: problem.message for name, problem in bad.items()},
        details={
            name: {"code": problem.code, "message": problem.message, "data": None}
            for name, problem in bad.items()
        },
    )


def invalid(name: str, code: str, message: str) -> ApiError:
    """Return the refusal of one body parameter."""
    return _refusal({name: _BadError(code, message)})


def _typed(name: str, value: object, rule: Rule) -> object:
    if rule.kind in ("ints", "enums"):
        items = value if isinstance(value, list) else str(value).split(",")
        one = Rule(rule.kind[:-1], values=rule.values)
        cleaned = [str(item).strip() for item in items if str(item).strip()]
        return [_typed(f"{name}[{i}]", item, one) for i, item in enumerate(cleaned)]
    text = str(value)
    if rule.kind == "int":
        return _integer(name, text, rule)
    if rule.kind == "bool":
        if text not in _TRUE | _FALSE:
            raise _BadError("rest_invalid_type", f"{name} is not of type boolean.")
        return text in _TRUE
    if rule.kind == "date" and not _DATE.match(text):
        raise _BadError("rest_invalid_date", "Invalid date.")
    if rule.kind == "enum" and text not in rule.values:
        raise _BadError("rest_not_in_enum", f"{name} is not one of {_listed(rule.values)}.")
    return text


def _integer(name: str, text: str, rule: Rule) -> int:
    if not re.fullmatch(r"-?\d+", text):
        raise _BadError("rest_invalid_type", f"{name} is not of type integer.")
    number = int(text)
    low, high = rule.low, rule.high
    if low is not None and high is not None and not low <= number <= high:
        message = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
        raise _BadError("rest_out_of_bounds", message)
    if low is not None and number < low:
        raise _BadError("rest_out_of_bounds", f"{name} must be greater than or equal to {low}")
    return number


def _listed(values: tuple[str, ...]) -> str:
    return f"{', '.join(values[:-1])}, and {values[-1]}"
