"""Calculated query cost and each shop's leaky bucket.

An object costs 1, a scalar nothing, a connection its size times what one node costs, a mutation
10 (documented). The real formula has unpublished parts: read the numbers, never compute them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

from .official import official
from .state import Bucket, State
from .tables import Json, Shop

MAX_COST = 1000
MUTATION_COST = 10
# A client that waits exactly as long as the numbers say must not come too early.
_ROUNDING = 1e-3
_WRAPPERS = {"edges", "nodes", "node", "pageInfo"}


@dataclass(frozen=True, slots=True)
class Document:
    """One operation with what its selections may name."""

    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, object]


def fields(
    document: Document, selections: SelectionSetNode, parent: str
) -> Iterator[tuple[FieldNode, str]]:
    """Yield each selected field with the type it is selected on, through all fragments."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node, parent
        elif isinstance(node, InlineFragmentNode):
            on = node.type_condition.name.value if node.type_condition else parent
            yield from fields(document, node.selection_set, on)
        elif isinstance(node, FragmentSpreadNode):
            inner = document.fragments[node.name.value]
            on = inner.type_condition.name.value
            yield from fields(document, inner.selection_set, on)


def requested(document: Document) -> int:
    """Return what the operation may cost at most."""
    mutation = document.operation.operation is OperationType.MUTATION
    root = "Mutation" if mutation else "QueryRoot"
    total = 0
    for node, on in fields(document, document.operation.selection_set, root):
        total += MUTATION_COST if mutation else 0
        total += 0 if mutation else _field(document, node, on)
    return total


def _field(document: Document, node: FieldNode, on: str) -> int:
    found = definition(on, node.name.value)
    if found is None or node.selection_set is None:
        return 0
    kind = get_named_type(found.type)
    if is_leaf_type(kind):
        return 0
    inner = sum(_field(document, n, t) for n, t in fields(document, node.selection_set, kind.name))
    if kind.name.endswith("Connection"):
        return _page_size(document, node) * inner
    own = 0 if kind.name == "PageInfo" or kind.name.endswith("Edge") else 1
    return _length(document, found.type, node) * (own + inner)


def definition(on: str, name: str) -> GraphQLField | None:
    """Return a field of the official schema; None for `__typename`."""
    kind = official().schema.type_map[on]
    if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        fields_of: dict[str, GraphQLField] = kind.fields
        return fields_of.get(name)
    return None


def _length(document: Document, kind: GraphQLOutputType, node: FieldNode) -> int:
    """A list by given ids is as long as they are; any other list counts once."""
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    ids = _argument(document, node, "ids") if isinstance(inner, GraphQLList) else None
    return len(ids) if isinstance(ids, list) else 1


def _page_size(document: Document, node: FieldNode) -> int:
    for name in ("first", "last"):
        size = _argument(document, node, name)
        if isinstance(size, int):
            return size
    return 1


def _argument(document: Document, node: FieldNode, name: str) -> object:
    for argument in node.arguments or ():
        if argument.name.value != name:
            continue
        if isinstance(argument.value, VariableNode):
            return document.variables.get(argument.value.name.value)
        if isinstance(argument.value, IntValueNode):
            return int(argument.value.value)
    return None


def actual(document: Document, data: object) -> int:
    """Return what the finished answer cost: one for each object in it."""
    if document.operation.operation is OperationType.MUTATION:
        return len(document.operation.selection_set.selections) * MUTATION_COST
    return sum(_objects(one) for one in data.values()) if isinstance(data, dict) else 0


def _objects(value: object) -> int:
    if isinstance(value, list):
        return sum(_objects(item) for item in value)
    if not isinstance(value, dict):
        return 0
    wrapper = bool(_WRAPPERS & value.keys()) or "hasNextPage" in value or "endCursor" in value
    return (0 if wrapper else 1) + sum(_objects(item) for item in value.values())


class Budget:
    """The bucket of one shop, for one request."""

    def __init__(self, state: State, shop: Shop) -> None:
        self.state = state
        self.bucket = state.buckets.setdefault(shop.domain, Bucket(state.bucket_size, state.now()))
        self._restore()

    def _restore(self) -> None:
        now = self.state.now()
        restored = max(0.0, now - self.bucket.at) * self.state.restore_rate
        self.bucket.available = min(self.state.bucket_size, self.bucket.available + restored)
        self.bucket.at = now

    def take(self, points: int) -> bool:
        """Take the points out, if they are there."""
        with self.state.lock:
            if self.bucket.available + _ROUNDING < points:
                return False
            self.bucket.available -= points
            return True

    def refund(self, points: int) -> None:
        """Give back what was taken too much."""
        with self.state.lock:
            full = self.state.bucket_size
            self.bucket.available = min(full, self.bucket.available + max(0, points))

    def drain(self) -> None:
        """Empty the bucket, as another worker of the same app would."""
        with self.state.lock:
            self.bucket.available = 0.0

    def report(self, requested_cost: int, actual_cost: int | None) -> Json:
        """Return `extensions.cost`."""
        return {
            "requestedQueryCost": requested_cost,
            "actualQueryCost": actual_cost,
            "throttleStatus": {
                "maximumAvailable": self.state.bucket_size,
                "currentlyAvailable": int(self.bucket.available + _ROUNDING),
                "restoreRate": self.state.restore_rate,
            },
        }
