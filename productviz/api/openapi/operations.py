"""How an address is described: what its view says, and what every address of its kind does.

drf-spectacular's DEFAULT_SCHEMA_CLASS; nothing of it is loaded by a web process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from productviz.api.fields import Strict
from productviz.api.openapi import known
from productviz.api.problems import PROBLEMS
from productviz.api.views import ApiView, needed_scopes
from productviz.lib.ids import id_schema

Json = dict[str, Any]

# Which kind of id stands behind a word in a path.
PREFIXES = {
    "stores": "str",
    "products": "prd",
    "images": "img",
    "uploads": "upl",
    "presets": "pre",
    "people": "per",
    "generations": "gen",
    "batches": "bat",
    "assets": "ast",
    "publications": "pub",
    "automations": "aut",
    "schedules": "sch",
    "webhook-endpoints": "whe",
    "deliveries": "dlv",
    "events": "evt",
    "api-keys": "key",
}
# What the store's own id may stand for.
_ALSO = {"products"}
_EXTERNAL = {"type": "string", "pattern": "^ext:.{1,191}$"}
_RAISES = re.compile(r"\s*Raises \w+\.")
_PAGE_MEMBERS = {"data", "has_more", "next_cursor"}


def read_descriptions(endpoints: list[Any]) -> list[Any]:
    """Give drf-spectacular what the views have noted; a PREPROCESSING_HOOK."""
    ours = [one for one in endpoints if issubclass(one[3].cls, ApiView)]
    for _, _, method, callback in ours:
        function = getattr(callback.cls, method.lower())
        options = dict(getattr(function, "described", {}))
        for own in ("problems", "asks"):
            options.pop(own, None)
        if options and "schema" not in getattr(function, "kwargs", {}):
            extend_schema(**options)(function)
    return ours


class Pages:
    """How lists are paged, in drf-spectacular's terms."""

    def get_paginated_response_schema(self, schema: Json) -> Json:
        """The page around the rows."""
        return known.page_of(schema)

    def get_schema_operation_parameters(self, view: Any) -> list[Json]:
        """Nothing here: ``Operation`` names what every list takes."""
        return []


class Operation(AutoSchema):
    """One method of one address."""

    view: ApiView  # type: ignore[override]  # read_descriptions lets no other in

    def get_operation(self, *args: Any) -> Json | None:
        """The operation with its parameters, headers and problems."""
        operation: Json | None = super().get_operation(*args)
        if operation is None:
            return None
        self._name_ids(operation)
        shown = self._members(operation["responses"].get("200", {}))
        is_list = shown >= _PAGE_MEMBERS
        self.is_versioned = self._is_single() and "version" in shown
        parameters = operation.setdefault("parameters", [])
        parameters += getattr(self._function, "described", {}).get("asks", ())
        parameters += self._conditions()
        if is_list:
            parameters += self._list_parameters(parameters)
        self._add_headers(operation)
        self._add_problems(operation)
        if scopes := sorted(self._scopes()):
            operation["x-required-scopes"] = scopes
        if not parameters:
            del operation["parameters"]
        return operation

    def get_summary(self) -> str:
        """The first sentence of the method's words."""
        return self._words()[0]

    def get_description(self) -> str:  # type: ignore[override]  # as AutoSchema has it
        """The rest of them."""
        return self._words()[1]

    def _words(self) -> tuple[str, str]:
        text = get_doc(getattr(self.view, self.method.lower())) or get_doc(type(self.view))
        first, _, rest = _RAISES.sub("", text).partition("\n\n")
        return " ".join(first.split()).removesuffix("."), rest.strip()

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """The class's name, without what tells readers of the code that it is nobody else's."""
        return str(super().get_serializer_name(serializer, direction)).lstrip("_")

    def _get_format_parameters(self) -> list[Json]:
        return []

    def _get_paginator(self) -> Pages:
        return Pages()

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Json:
        schema: Json = super()._map_basic_serializer(  # type: ignore[no-untyped-call]
            serializer, direction
        )
        found = serializer() if isinstance(serializer, type) else serializer
        if isinstance(found, Strict) and direction == "request":
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(field, serializers.JSONField):
            return {}  # any JSON
        return super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, *args, **kwargs
        )

    @property
    def _function(self) -> Any:
        return getattr(self.view, self.method.lower())

    def _scopes(self) -> frozenset[str]:
        return needed_scopes(self.view.scopes.get(self.method, ""))

    def _name_ids(self, operation: Json) -> None:
        """A path's ids by the word before them."""
        for parameter in operation.get("parameters", []):
            if parameter["in"] != "path" or parameter["schema"].get("type") != "string":
                continue
            before = self.path.split("/{" + parameter["name"] + "}")[0].rpartition("/")[2]
            if before in PREFIXES:
                schema = id_schema(PREFIXES[before])
                parameter["schema"] = {"anyOf": [schema, _EXTERNAL]} if before in _ALSO else schema

    def _members(self, response: Json) -> set[str]:
        """The names of the members that an answer has."""
        content: Json = next(iter(response.get("content", {}).values()), {})
        schema = content.get("schema", {})
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            parts = self.registry._components.values()
            schema = next((one.schema for one in parts if one.name == name), {})
        return set(schema.get("properties", ()))

    def _is_single(self) -> bool:
        return self.path.endswith("}")

    def _conditions(self) -> Iterable[Json]:
        """What makes a request happen once, or only at a certain version."""
        required = getattr(self._function, "idempotency_required", None)
        if required is not None:
            yield known.idempotency_key(required=required)
        if self.is_versioned and self.method == "GET":
            yield known.reference("parameters", "IfNoneMatch")
        if self._is_single() and self.method in ("PATCH", "DELETE"):
            yield known.reference("parameters", "IfMatch")

    def _list_parameters(self, named: Iterable[Json]) -> Iterable[Json]:
        taken = {one.get("name") for one in named}
        for name in ("limit", "cursor", "order"):
            if name not in taken:
                yield known.reference("parameters", name)
        for name, found in self.view.filters.items():
            if name not in taken:
                schema = dict(getattr(found, "schema", {"type": "string"}))
                yield {"name": name, "in": "query", "schema": schema}

    def _add_headers(self, operation: Json) -> None:
        names = {name: name for name in known.EVERYWHERE}
        if not self.view.get_authenticators():
            names = {"Request-Id": "Request-Id"}
        if getattr(self._function, "idempotency_required", None) is not None:
            names["Idempotency-Replayed"] = "Idempotency-Replayed"
        if self.is_versioned:
            names["ETag"] = "ETag"
            if self.method == "GET" and "200" in operation["responses"]:
                operation["responses"]["304"] = {
                    "description": "You have this version already (If-None-Match)."
                }
        for status, response in operation["responses"].items():
            begins = status == "202" and str(operation["operationId"]).startswith("create_")
            made = ("Location",) if status == "201" or begins else ()
            headers = {name: known.reference("headers", name) for name in (*names, *made)}
            response["headers"] = {**headers, **response.get("headers", {})}
            response["description"] = response.get("description") or known.STATUSES.get(status, "")

    def _add_problems(self, operation: Json) -> None:
        found = {str(PROBLEMS[code].status) for code in self._codes(operation)}
        declared = {status for status in operation["responses"] if status >= "400"}
        for status in sorted(found | declared):
            operation["responses"][status] = known.reference("responses", f"Problem{status}")

    def _codes(self, operation: Json) -> Iterable[str]:
        """Every problem that this method may answer."""
        yield from getattr(self._function, "described", {}).get("problems", ())
        yield from ("credential_in_url", "not_acceptable", "internal_error")
        if self.view.get_authenticators():
            yield from ("unauthenticated", "insufficient_scope", "quota-exceeded")
        parameters = operation["parameters"]
        if "{" in self.path:
            yield "not_found"
        if any(one.get("in") == "query" or "limit" in str(one) for one in parameters):
            yield "validation_failed"
        if "requestBody" in operation:
            yield from ("length_required", "payload_too_large", "unsupported_media_type")
            yield "validation_failed"
        if self.method != "GET":
            yield from ("state_conflict", "unsupported_media_type", "length_required")
        if getattr(self._function, "idempotency_required", None) is not None:
            yield "idempotency_key_reused"
        if self._is_single() and self.method in ("PATCH", "DELETE"):
            yield "version_conflict"
        if self.view.kinds.get(self.method) == "generate":
            yield "temporary-reduced-capacity"
