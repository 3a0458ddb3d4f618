"""Shopify's own Admin schema and the access scopes it names for each field.

The file comes from the npm package @shopify/dev-mcp 1.16.0 (ISC); licence beside it. Loading
takes about a second, so it happens once a process and only when a query arrives.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, build_client_schema

VERSION = "2026-10"
SCHEMA_FILE = Path(__file__).parent / "schema" / f"admin_{VERSION}.introspection.json.gz"
# Supported on 2026-11-29. The types that this sandbox serves do not differ between them.
SUPPORTED = ("2026-01", "2026-04", "2026-07", "2026-10")


@dataclass(frozen=True, slots=True)
class Official:
    """The schema, and the scopes of which a caller needs one, by (type, field) or (type, "")."""

    schema: GraphQLSchema
    scopes: dict[tuple[str, str], tuple[str, ...]]


@cache
def official() -> Official:
    """Load the official schema."""
    read = json.loads(gzip.decompress(SCHEMA_FILE.read_bytes()))
    scopes = {
        (row["typeName"], row.get("fieldName", "")): tuple(row["offlineScopes"])
        for row in read["offline_scopes"]["items"]
        if row["offlineScopes"]
    }
    schema = build_client_schema(read["data"], assume_valid=True)
    number = schema.type_map["UnsignedInt64"]
    if isinstance(number, GraphQLScalarType):
        # An introspection carries no coercion; this scalar is documented as a string of digits.
        for name in ("parse_value", "coerce_input_value"):
            setattr(number, name, _unsigned)
        for name in ("serialize", "coerce_output_value"):
            setattr(number, name, str)
    return Official(schema, scopes)


def _unsigned(value: object) -> str:
    if not isinstance(value, str) or not value.isdecimal():
        raise GraphQLError(f"Could not coerce value {value!r} to UnsignedInt64")
    return value
