"""A believable value for a JSON schema: the document's examples, and the tests' first requests."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_ID_LETTERS = "01KB6ZW8QJ4M5N6P7R8S9T0V1W"
_BY_FORMAT = {
    "date-time": "2030-01-02T03:04:05.000Z",
    "date": "2030-01-02",
    "uri": "https://shop.example/hooks",
    "email": "shop@example.com",
    "binary": "",
}


def example(schema: Json, schemas: Json, *, name: str = "") -> Any:
    """A value that the schema allows: required members, and those with examples of their own."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas, name=name)
    if "example" in schema:
        return schema["example"]
    if schema.get("examples"):
        return schema["examples"][0]
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return example(schema[several][0], schemas, name=name)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    return _of_kind(kind, schema, schemas, name)


def _of_kind(kind: Any, schema: Json, schemas: Json, name: str) -> Any:
    if kind == "object":
        members = schema.get("properties", {})
        wanted = [
            one
            for one, inner in members.items()
            if one in schema.get("required", ()) or "example" in inner
        ]
        return {one: example(members[one], schemas, name=one) for one in wanted}
    if kind == "array":
        return [example(schema.get("items", {}), schemas, name=name)]
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), 1) if schema.get("maximum", 1) >= 1 else 0
    if kind == "boolean":
        return True
    return _text(schema, name) if kind == "string" else None


def _text(schema: Json, name: str) -> str:
    pattern = schema.get("pattern", "")
    if pattern[4:6] == "_[":
        return f"{pattern[1:4]}_{_ID_LETTERS}"
    found = _BY_FORMAT.get(schema.get("format", ""), name.replace("_", " ").capitalize() or "text")
    return found[: schema.get("maxLength", 200)]
