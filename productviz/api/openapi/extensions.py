"""What drf-spectacular cannot know of our own fields and keys."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)

from productviz.lib.ids import id_schema

Json = dict[str, Any]


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The one way in."""

    target_class = "productviz.accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> Json:
        """A bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "pk_live_...",
            "description": "An API key; pk_test_ keys reach no store.",
        }


class IdExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Public ids."""

    target_class = "productviz.api.fields.PublicId"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Json:
        """A prefix and 26 letters."""
        return id_schema(self.target.prefix)


class MetadataExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """The client's own pairs."""

    target_class = "productviz.api.fields.Metadata"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Json:
        """At most 20 pairs of strings."""
        return {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": 500},
            "propertyNames": {"minLength": 1, "maxLength": 40},
            "maxProperties": 20,
        }
