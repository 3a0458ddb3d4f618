"""The document as a page for people: ours alone, without a script, and as quick as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from productviz.api.openapi.served import document
from productviz.api.problems import PROBLEMS

Json = Mapping[str, Any]

_TITLES = {"meta": "The API itself", "api-keys": "API keys", "audit": "Audit log"}
_DEEPEST = 3
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a member of a body."""

    name: str
    kind: str
    words: str
    required: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One operation, in what a page shows of it."""

    name: str
    method: str
    path: str
    summary: str
    words: str
    scopes: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]
    shows: tuple[Field, ...]
    problems: tuple[str, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class Section:
    """The operations of one resource."""

    tag: str
    title: str
    operations: tuple[Told, ...]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Everything that the API takes and says."""
    found = {
        "sections": sections(),
        "problems": PROBLEMS,
        "webhooks": sorted(document()["webhooks"]),
        "headers": document()["components"]["headers"],
        "base": settings.PUBLIC_URL,
    }
    return render(request, "api/docs.html", found)


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """The operations by resource, in the order of their paths."""
    found: dict[str, list[Told]] = {}
    for path, methods in document()["paths"].items():
        for method, spec in methods.items():
            found.setdefault(spec["tags"][0], []).append(_told(path, method, spec))
    return tuple(
        Section(tag, _TITLES.get(tag, tag.replace("-", " ").capitalize()), tuple(operations))
        for tag, operations in sorted(found.items(), key=lambda one: (one[0] != "meta", one[0]))
    )


def _told(path: str, method: str, spec: Json) -> Told:
    answers = {status: _follow(said) for status, said in spec["responses"].items()}
    good = {status: said for status, said in answers.items() if status < "400"}
    return Told(
        name=spec["operationId"],
        method=method.upper(),
        path=path,
        summary=spec.get("summary", ""),
        words=spec.get("description", ""),
        scopes=tuple(spec.get("x-required-scopes", ())),
        parameters=tuple(_parameter(_follow(one)) for one in spec.get("parameters", ())),
        body=tuple(_members(_schema(spec.get("requestBody", {})))),
        answers=tuple((status, said["description"]) for status, said in good.items()),
        shows=tuple(_members(_schema(next(iter(good.values()), {})))),
        problems=tuple(status for status in answers if status >= "400"),
        curl=_curl(path, method, spec),
    )


def _follow(part: Json) -> Json:
    if "$ref" not in part:
        return part
    kind, _, name = part["$ref"].removeprefix("#/components/").partition("/")
    return _follow(document()["components"][kind][name])


def _schema(part: Json) -> Json:
    content: Json = next(iter(part.get("content", {}).values()), {})
    return _follow(content.get("schema", {}))


def _parameter(one: Json) -> Field:
    kind, words = _kind(one["schema"]), one.get("description", "")
    return Field(one["name"], kind, words, one.get("required", False), one["in"])


def _members(schema: Json, before: str = "", depth: int = 1) -> Iterator[Field]:
    """The members of an object, those of objects in it behind a dot."""
    for name, part in schema.get("properties", {}).items():
        inner = _follow(part)
        required = name in schema.get("required", ())
        words = part.get("description") or ("" if part is not inner else inner.get("description"))
        yield Field(before + name, _kind(inner), words or "", required)
        if depth < _DEEPEST:
            several = inner.get("type") == "array"
            below = _follow(inner.get("items", {})) if several else inner
            mark = "[]." if several else "."
            yield from _members(below, f"{before}{name}{mark}", depth + 1)


def _kind(schema: Json) -> str:
    schema = _follow(schema)
    if "enum" in schema:
        words = [str(one) for one in schema["enum"]]
        return " | ".join(words if len(words) <= _MOST_WORDS else [*words[:_MOST_WORDS], "…"])
    if "const" in schema:
        return str(schema["const"])
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_kind(one) for one in schema[several]))
    pattern = schema.get("pattern", "")
    if pattern[4:6] == "_[":
        return f"id {pattern[1:5]}…"
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return f"{' or '.join(kind) if isinstance(kind, list) else kind}{_bounds(schema)}"


def _bounds(schema: Json) -> str:
    if schema.get("format"):
        return f", {schema['format']}"
    low = schema.get("minimum", schema.get("minLength"))
    high = schema.get("maximum", schema.get("maxLength"))
    if high is None:
        return ""
    return f", up to {high:,}" if low in (None, 0, 1) else f", {low:,} to {high:,}"


def _curl(path: str, method: str, spec: Json) -> str:
    lines = [f"curl -X {method.upper()} {settings.PUBLIC_URL}{path}"]
    if "security" in spec:
        lines.append('-H "Authorization: Bearer $PRODUCTVIZ_KEY"')
    names = [_follow(one)["name"] for one in spec.get("parameters", ())]
    if "Idempotency-Key" in names:
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    content = spec.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        lines.append("-F file=@photo.jpg")
    elif "application/json" in content:
        example = json.dumps(content["application/json"].get("example", {}), ensure_ascii=False)
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{example}'")
    return " \\\n  ".join(lines)
