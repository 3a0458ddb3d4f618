"""Access scopes: a token sees and changes only what the app was granted."""

from __future__ import annotations

from functools import lru_cache

from graphql import GraphQLError, GraphQLResolveInfo, get_named_type

from .official import official
from .resolve import Context
from .tables import Token


def check_scopes(token: Token, info: GraphQLResolveInfo[Context]) -> None:
    """Raise Shopify's ACCESS_DENIED for a field whose scopes the token lacks."""
    needed = _needed(info.parent_type.name, info.field_name, get_named_type(info.return_type).name)
    if needed and not _granted(token.scope) & set(needed):
        scopes = " or ".join(f"`{scope}` access scope" for scope in needed)
        raise GraphQLError(
            f"Access denied for {info.field_name} field. Required access: {scopes}.",
            extensions={
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": f"{scopes}.",
            },
        )


@lru_cache(maxsize=4096)
def _needed(parent: str, name: str, kind: str) -> tuple[str, ...]:
    scopes = official().scopes
    node = kind.removesuffix("Connection")
    return scopes.get((parent, name)) or scopes.get((kind, "")) or scopes.get((node, "")) or ()


@lru_cache(maxsize=64)
def _granted(scope: str) -> frozenset[str]:
    """Return the scopes of a token; writing implies reading."""
    names = {name for name in scope.split(",") if name}
    return frozenset(names | {name.replace("write_", "read_", 1) for name in names})
