"""What a GraphQL request holds, read without a schema: document, variables, operation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
)
from werkzeug.wrappers import Request


@dataclass(frozen=True, slots=True)
class Sent:
    """A request's document as far as it could be read without a schema."""

    text: str
    variables: Mapping[str, object]
    operation_name: str | None
    document: DocumentNode | None
    problem: str = ""

    @property
    def operation(self) -> OperationDefinitionNode | None:
        """The operation to run, where it is clear which."""
        found = [
            one
            for one in (self.document.definitions if self.document else ())
            if isinstance(one, OperationDefinitionNode)
            and self.operation_name in (None, one.name.value if one.name else None)
        ]
        return found[0] if len(found) == 1 else None

    @property
    def fields(self) -> set[str]:
        """The names of the operation's top fields."""
        selections = self.operation.selection_set.selections if self.operation else ()
        return {one.name.value for one in selections if isinstance(one, FieldNode)}

    @property
    def writes(self) -> bool:
        """Whether this is a mutation."""
        operation = self.operation
        return operation is not None and operation.operation is OperationType.MUTATION


def read(request: Request) -> Sent:
    """Read the body of a request; a syntax error becomes `problem`, no query an empty text."""
    try:
        body = json.loads(request.get_data())
        text = str(body["query"])
    except (ValueError, KeyError, TypeError):
        return Sent("", {}, None, None)
    variables, name = body.get("variables") or {}, body.get("operationName")
    try:
        return Sent(text, variables, name, parsed(text))
    except GraphQLSyntaxError as error:
        return Sent(text, variables, name, None, error.message)


@lru_cache(maxsize=256)
def parsed(text: str) -> DocumentNode:
    """Parse a document; raise GraphQLSyntaxError."""
    return parse(text)
