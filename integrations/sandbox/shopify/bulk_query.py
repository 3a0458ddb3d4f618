"""The query inside a bulk operation: its rules, and its plan.

Rules (documented): one top-level field, 1 to 5 connections, connections nested at most 2 deep
below the root one, no `node`/`nodes` at the top.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLString,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    parse,
    validate,
)
from graphql.execution.values import get_argument_values

from .cost import Document, definition, fields
from .official import official

MAX_CONNECTIONS = 5
MAX_DEPTH = 2
# Read from the schema: only these root connections are served here.
ROOTS = ("products", "productVariants", "files")


class BulkQueryError(Exception):
    """A query that Shopify would not run in bulk; the message is for `userErrors`."""


@dataclass(slots=True)
class Leaf:
    """One selected field that is no connection; `inner` where it is an object."""

    key: str
    name: str
    on: str
    type: GraphQLOutputType
    arguments: dict[str, object]
    inner: list[Leaf] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """One connection: what is written of each node, and the connections below it."""

    name: str
    on: str
    arguments: dict[str, object]
    leaves: list[Leaf] = field(default_factory=list)
    children: list[Walk] = field(default_factory=list)


def plan(query: str) -> Walk:
    """Check a bulk query and return its root connection; raise BulkQueryError."""
    document = _document(query)
    top = list(fields(document, document.operation.selection_set, "QueryRoot"))
    if len(top) != 1:
        raise BulkQueryError("Bulk queries cannot contain more than one top-level field.")
    node, on = top[0]
    if node.name.value in ("node", "nodes"):
        raise BulkQueryError("Bulk queries cannot have node or nodes at the top level.")
    if not _is_connection(on, node):
        raise BulkQueryError("Bulk queries must contain at least one connection.")
    if node.name.value not in ROOTS:
        raise BulkQueryError(f"The sandbox runs bulk queries over {', '.join(ROOTS)} only.")
    walk = _walk(document, node, on, 0)
    if _count(walk) > MAX_CONNECTIONS:
        raise BulkQueryError(
            f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections."
        )
    return walk


def _document(query: str) -> Document:
    try:
        read = parse(query)
    except GraphQLSyntaxError as error:
        raise BulkQueryError(f"Invalid bulk query: {error.message}") from error
    problems = [error.message for error in validate(official().schema, read)]
    operations = [one for one in read.definitions if isinstance(one, OperationDefinitionNode)]
    if problems:
        raise BulkQueryError(f"Invalid bulk query: {problems[0]}")
    if len(operations) != len(read.definitions) or len(operations) != 1:
        raise BulkQueryError("The sandbox takes one operation without fragment definitions.")
    if operations[0].operation is not OperationType.QUERY or operations[0].variable_definitions:
        raise BulkQueryError("A bulk query must be a query without variables.")
    return Document(operations[0], {}, {})


def _type(on: str, name: str) -> GraphQLOutputType:
    found = definition(on, name)
    if found is None:  # __typename is on every type and in none.
        return GraphQLNonNull(GraphQLString)
    return found.type


def _is_connection(on: str, node: FieldNode) -> bool:
    return get_named_type(_type(on, node.name.value)).name.endswith("Connection")


def _walk(document: Document, node: FieldNode, on: str, depth: int) -> Walk:
    if depth > MAX_DEPTH:
        raise BulkQueryError(
            f"Bulk queries cannot nest connections deeper than {MAX_DEPTH} levels."
        )
    walk = Walk(node.name.value, on, _arguments(on, node))
    selections, kind = _nodes(document, node, on)
    for inner, inner_on in fields(document, selections, kind):
        if _is_connection(inner_on, inner):
            walk.children.append(_walk(document, inner, inner_on, depth + 1))
        else:
            walk.leaves.append(_leaf(document, inner, inner_on))
    if walk.children and not any((one.key, one.name) == ("id", "id") for one in walk.leaves):
        names = ", ".join(child.name for child in walk.children)
        raise BulkQueryError(
            "The parent 'node' field for a nested connection must select the 'id' field without "
            f"an alias and must be of 'ID' return type. Connection fields without 'id': {names}."
        )
    return walk


def _nodes(document: Document, node: FieldNode, on: str) -> tuple[SelectionSetNode, str]:
    """Return what a connection selects of its nodes, through `edges { node }` or `nodes`."""
    kind, steps = _below(document, node, on)
    if "edges" in steps:
        kind, steps = _below(document, steps["edges"], kind)
    for name in ("node", "nodes"):
        inner = steps.get(name)
        if inner is not None and inner.selection_set is not None:
            return inner.selection_set, get_named_type(_type(kind, name)).name
    raise BulkQueryError("Every connection of a bulk query must select its nodes.")


def _below(document: Document, node: FieldNode, on: str) -> tuple[str, dict[str, FieldNode]]:
    """Return the type of a field and what is selected on it, by name."""
    kind = get_named_type(_type(on, node.name.value)).name
    selected = fields(document, node.selection_set, kind) if node.selection_set else ()
    return kind, {one.name.value: one for one, _ in selected}


def _arguments(on: str, node: FieldNode) -> dict[str, object]:
    found = definition(on, node.name.value)
    return get_argument_values(found, node) if found else {}


def _leaf(document: Document, node: FieldNode, on: str) -> Leaf:
    name = node.name.value
    leaf = Leaf(
        key=node.alias.value if node.alias else name,
        name=name,
        on=on,
        type=_type(on, name),
        arguments=_arguments(on, node),
    )
    kind = get_named_type(leaf.type).name
    for inner, inner_on in fields(document, node.selection_set, kind) if node.selection_set else ():
        if _is_connection(inner_on, inner):
            raise BulkQueryError("The sandbox runs no connections below a single object in bulk.")
        leaf.inner.append(_leaf(document, inner, inner_on))
    return leaf


def _count(walk: Walk) -> int:
    return 1 + sum(_count(child) for child in walk.children)
