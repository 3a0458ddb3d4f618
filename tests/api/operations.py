"""The operations of docs/openapi.json, and requests for them made from their schemas."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from productviz.api.openapi.examples import example
from productviz.api.openapi.served import PATH
from tests.api.world import BODIES

DOCUMENT: dict[str, Any] = json.loads(PATH.read_text())
_ID = re.compile(r"\^([a-z]{3})_\[0-7\]")
_VALUE = re.compile(r"([a-z]{3})_[0-7][0-9A-Z]{25}")
Pointer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address; ``ids`` are the kinds of id in its path, by name."""

    name: str
    method: str
    path: str
    spec: Mapping[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def parameters(self) -> list[Mapping[str, Any]]:
        """Its parameters, references followed."""
        return [follow(one) for one in self.spec.get("parameters", [])]

    @property
    def scopes(self) -> list[str]:
        """Of which one is needed."""
        return list(self.spec.get("x-required-scopes", ()))

    def of(self, place: str) -> dict[str, str]:
        """The kinds of id among the parameters of that place, by name."""
        found = {
            one["name"]: kind_of(one["schema"]) for one in self.parameters if one["in"] == place
        }
        return {name: kind for name, kind in found.items() if kind}

    @property
    def body_schema(self) -> Mapping[str, Any] | None:
        """The schema of a JSON body."""
        content = self.spec.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")  # type: ignore[no-any-return]

    def body(self, ids: Mapping[str, str]) -> Any:
        """A body that is valid, with these ids in it; None where it takes none."""
        if self.body_schema is None:
            return None
        found = BODIES.get(self.name)
        return with_ids(found or example(dict(self.body_schema), schemas()), ids)

    def body_ids(self) -> Iterator[tuple[Pointer, str]]:
        """Where in the body an id can stand, and of which kind."""
        if self.body_schema is not None:
            yield from _ids_in(self.body_schema, ())

    def address(self, ids: Mapping[str, str], **replaced: str) -> str:
        """The path below /api/v1 with these ids in it."""
        values = {
            one["name"]: "100" if one["name"] == "external_id" else "1"
            for one in self.parameters
            if one["in"] == "path"
        }
        values |= {name: ids[kind] for name, kind in self.of("path").items()}
        return self.path.removeprefix("/api/v1").format(**{**values, **replaced})


def schemas() -> dict[str, Any]:
    """The document's components."""
    found: dict[str, Any] = DOCUMENT["components"]["schemas"]
    return found


def follow(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part, or what it refers to."""
    while "$ref" in part:
        kind, _, name = part["$ref"].removeprefix("#/components/").partition("/")
        part = DOCUMENT["components"][kind][name]
    return part


def kind_of(schema: Mapping[str, Any]) -> str:
    """The prefix of the ids that a schema describes; empty for anything else."""
    schema = follow(schema)
    match = _ID.match(str(schema.get("pattern", "")))
    return match[1] if match else next(filter(None, map(kind_of, schema.get("anyOf", ()))), "")


def _ids_in(schema: Mapping[str, Any], pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    schema = follow(schema)
    if kind := kind_of(schema):
        yield pointer, kind
        return
    for name, inner in schema.get("properties", {}).items():
        yield from _ids_in(inner, (*pointer, name))
    if "items" in schema:
        yield from _ids_in(schema["items"], (*pointer, "0"))
    for several in ("allOf", "oneOf", "anyOf"):
        for inner in schema.get(several, ()):
            yield from _ids_in(inner, pointer)


def with_ids(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with every id in it replaced by ours of that kind."""
    if isinstance(value, dict):
        return {name: with_ids(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_ids(inner, ids) for inner in value]
    match = _VALUE.fullmatch(value) if isinstance(value, str) else None
    return ids.get(match[1], value) if match else value


def put(body: Any, pointer: Pointer, value: str, schema: Mapping[str, Any]) -> Any:
    """The body with the value at the pointer; what is missing on the way is made up."""
    if not pointer:
        return value
    schema = _merged(schema)
    first, rest = pointer[0], pointer[1:]
    if "items" in schema:
        rows = copy.deepcopy(body) or [example(dict(schema["items"]), schemas())]
        return [put(rows[0], rest, value, schema["items"]), *rows[1:]]
    inner = schema["properties"][first]
    before = (body or {}).get(first)
    if before is None and rest:
        before = example(dict(inner), schemas())
    return {**(body or {}), first: put(before, rest, value, inner)}


def _merged(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = dict(follow(schema))
    for several in ("allOf", "oneOf", "anyOf"):
        for inner in found.get(several, ()):
            part = _merged(inner)
            found |= {name: part[name] for name in ("items",) if name in part}
            found["properties"] = {**found.get("properties", {}), **part.get("properties", {})}
    return found


OPERATIONS = [
    Operation(spec["operationId"], method.upper(), path, spec)
    for path, methods in DOCUMENT["paths"].items()
    for method, spec in methods.items()
]
