"""What a field of the schema is, given a row: the registry that execution and bulk share.

Rows carry no GraphQL names. A field that nobody registered is an error that says so; nothing is
answered by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from graphql import GraphQLAbstractType, GraphQLError, GraphQLResolveInfo

from .connections import Connection, Edge
from .state import State
from .tables import BulkOperation, Media, Option, Product, Shop, Subscription, Token, Variant

if TYPE_CHECKING:
    from .faults import Faults
    from .webhooks import Hooks

Arguments: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks what: the server, the shop, the token, and what the doors need."""

    state: State
    shop: Shop
    token: Token
    hooks: Hooks
    faults: Faults
    origin: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as the API shows it."""

    id: str
    done: bool


@dataclass(frozen=True, slots=True)
class Installation:
    """The app's installation at the shop of the token."""

    shop: Shop


Resolver: TypeAlias = Callable[[object, Context, Arguments], object]
FIELDS: dict[tuple[str, str], Resolver] = {}
_KINDS: dict[type, str] = {
    Product: "Product",
    Variant: "ProductVariant",
    Media: "MediaImage",
    BulkOperation: "BulkOperation",
    JobRow: "Job",
    Installation: "AppInstallation",
    Shop: "Shop",
    Option: "ProductOption",
    Subscription: "WebhookSubscription",
}


def field(kind: str, *names: str) -> Callable[[Resolver], Resolver]:
    """Register a resolver for fields of a type."""

    def register(function: Resolver) -> Resolver:
        for name in names:
            FIELDS[kind, name] = function
        return function

    return register


def value_of(
    kind: str, name: str, source: object, *, context: Context, arguments: Arguments
) -> object:
    """Return a field's value; raise GraphQLError for one that this sandbox does not serve."""
    if isinstance(source, Mapping):
        return source.get(name)
    if isinstance(source, Connection):
        return _of_connection(source, name)
    if isinstance(source, Edge):
        return source.node if name == "node" else source.cursor
    resolver = FIELDS.get((kind, name))
    if resolver is None:
        raise GraphQLError(f"The sandbox does not serve {kind}.{name}.")
    return resolver(source, context, arguments)


def _of_connection(source: Connection[object], name: str) -> object:
    if name == "edges":
        return source.edges
    if name == "nodes":
        return source.nodes
    if name != "pageInfo":
        raise GraphQLError(f"The sandbox does not serve {name} on a connection.")
    return {
        "hasNextPage": source.has_next,
        "hasPreviousPage": source.has_previous,
        "startCursor": source.edges[0].cursor if source.edges else None,
        "endCursor": source.edges[-1].cursor if source.edges else None,
    }


def field_resolver(
    source: object, info: GraphQLResolveInfo[Context], **arguments: object
) -> object:
    """Resolve a field during execution."""
    return value_of(
        info.parent_type.name,
        info.field_name,
        source,
        context=info.context,
        arguments=arguments,
    )


def kind_of(value: object) -> str | None:
    """Name the object type of a row."""
    return _KINDS.get(type(value))


def type_resolver(
    value: object, info: GraphQLResolveInfo[Context], abstract_type: GraphQLAbstractType
) -> str | None:
    """Name the object type of a row during execution."""
    return kind_of(value)
