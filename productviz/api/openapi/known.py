"""The parts of the document that every address shares: headers, parameters, problems, pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from productviz.api.forms import PROBLEM
from productviz.api.paging import DEFAULT, MOST
from productviz.api.problems import PROBLEMS

Json = dict[str, Any]

EVERYWHERE = ("Request-Id", "RateLimit", "RateLimit-Policy")
STATUSES = {
    "200": "Done.",
    "201": "Made.",
    "202": "Taken on; the work goes on behind.",
    "204": "Done; there is nothing to say.",
    "302": "It is there.",
}

_KEY = r'^("[\x20\x21\x23-\x7e]{1,255}"|[\x21\x23-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?)$'


def reference(kind: str, name: str) -> Json:
    """A reference to a shared part."""
    return {"$ref": f"#/components/{kind}/{name}"}


def idempotency_key(*, required: bool) -> Json:
    """The header parameter, as this method takes it."""
    return reference("parameters", "IdempotencyKeyRequired" if required else "IdempotencyKey")


def page_of(rows: Json) -> Json:
    """A page of a list."""
    return {
        "type": "object",
        "required": ["data", "has_more", "next_cursor"],
        "properties": {
            "data": rows,
            "has_more": {"type": "boolean"},
            "next_cursor": {"type": ["string", "null"]},
        },
    }


def _parameter(name: str, place: str, schema: Json, words: str, *, required: bool = False) -> Json:
    found = {"name": name, "in": place, "schema": schema, "description": words}
    return {**found, "required": True} if required else found


_ONCE = (
    "Any text of your own, new for each request that you mean and the same when you repeat it: the"
    " work is done once, and the repetition gets the first answer (48 hours)."
)
_KEY_SCHEMA = {"type": "string", "pattern": _KEY}
PARAMETERS: Mapping[str, Json] = {
    "IdempotencyKey": _parameter("Idempotency-Key", "header", _KEY_SCHEMA, _ONCE),
    "IdempotencyKeyRequired": _parameter(
        "Idempotency-Key", "header", _KEY_SCHEMA, _ONCE, required=True
    ),
    "IfMatch": _parameter(
        "If-Match",
        "header",
        {"type": "string"},
        "The ETag of the version that you mean; 412 when it has changed since.",
    ),
    "IfNoneMatch": _parameter(
        "If-None-Match",
        "header",
        {"type": "string"},
        "The ETag that you have; 304 while nothing has changed.",
    ),
    "limit": _parameter(
        "limit",
        "query",
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
        "How many at most.",
    ),
    "cursor": _parameter(
        "cursor",
        "query",
        {"type": "string"},
        "next_cursor of the page before, with the same filters; valid for 24 hours.",
    ),
    "order": _parameter(
        "order",
        "query",
        {"type": "string", "enum": ["asc", "desc"]},
        "By the time they were made.",
    ),
}


def _header(words: str, **schema: Any) -> Json:
    return {"description": words, "schema": {"type": "string", **schema}}


HEADERS: Mapping[str, Json] = {
    "Request-Id": _header("This request's name in the log.", pattern="^req_[0-9a-f]{32}$"),
    "RateLimit": _header('What is left: "read";r=597;t=41 is 597 requests in 41 seconds.'),
    "RateLimit-Policy": _header('The limits of this key: "read";q=600;w=60 is 600 in 60 seconds.'),
    "ETag": _header("The object's version.", pattern='^"v[0-9]+(-[0-9a-f]+)?"$'),
    "Location": _header("The address of what was made."),
    "Idempotency-Replayed": _header(
        "That this answer is the first one again; else it is missing.", enum=["true"]
    ),
    "Retry-After": _header("Seconds to wait.", pattern="^[0-9]+$"),
}

_MEMBERS = ["type", "title", "status", "code", "detail", "instance", "request_id", "retryable"]
_FIELD_ERROR: Json = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer to the field (RFC 6901)."},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}
SCHEMAS: Mapping[str, Json] = {
    "FieldError": _FIELD_ERROR,
    "Problem": {
        "type": "object",
        "description": "RFC 9457. `type` resolves to a page that says what to do.",
        "required": [
            "type",
            "title",
            "status",
            "code",
            "detail",
            "instance",
            "request_id",
            "retryable",
        ],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "request_id": {"type": "string"},
            "retryable": {"type": "boolean"},
            "errors": {"type": "array", "items": reference("schemas", "FieldError")},
            "required_scopes": {"type": "array", "items": {"type": "string"}},
            "current_status": {"type": "string"},
            "max_bytes": {"type": "integer"},
        },
    },
}


def problem_responses() -> dict[str, Json]:
    """One response for each status that a problem has."""
    found: dict[str, Json] = {}
    for status in sorted({problem.status for problem in PROBLEMS.values()}):
        codes = [code for code, problem in PROBLEMS.items() if problem.status == status]
        names = (*EVERYWHERE, "Retry-After") if status in (409, 429, 503) else EVERYWHERE
        found[f"Problem{status}"] = {
            "description": "; ".join(f"`{code}`: {PROBLEMS[code].title}" for code in codes),
            "headers": {name: reference("headers", name) for name in names},
            "content": {PROBLEM: {"schema": reference("schemas", "Problem")}},
        }
    return found
