"""Every document that is sent to Shopify, and what is sent with it, against the official schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    ArgumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    OperationDefinitionNode,
    ValidationRule,
    parse,
    specified_rules,
    type_from_ast,
    validate,
)
from graphql.execution.values import get_variable_values

from integrations.platforms.shopify.app import API_VERSION
from integrations.platforms.shopify.documents import FOLDER, document
from integrations.sandbox.shopify import cost
from integrations.sandbox.shopify.official import VERSION, official

NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
VARIABLES: dict[str, Any] = json.loads(
    (Path(__file__).parent / "shopify_variables.json").read_text()
)


class NothingDeprecated(ValidationRule):
    """graphql-core's own rule fails on a schema that was read from an introspection (3.3.2)."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self._check(self.context.get_field_def(), node)

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self._check(self.context.get_argument(), node)

    def enter_enum_value(self, node: EnumValueNode, *_: Any) -> None:
        self._check(self.context.get_enum_value(), node)

    def _check(self, definition: Any, node: Any) -> None:
        if definition is not None and definition.deprecation_reason is not None:
            name = getattr(node, "name", node).value
            self.report_error(GraphQLError(f"{name} is deprecated", node))


def deprecated_inputs(value: Any, kind: Any) -> list[str]:
    """The deprecated fields and enum values that a variable's value uses."""
    kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        return [one for item in value for one in deprecated_inputs(item, kind.of_type)]
    if isinstance(kind, GraphQLEnumType) and value in kind.values:
        is_old = kind.values[value].deprecation_reason is not None
        return [f"{value} is deprecated"] if is_old else []
    if not isinstance(kind, GraphQLInputObjectType) or not isinstance(value, dict):
        return []
    found: list[str] = []
    for name, inner in value.items():
        field: GraphQLInputField = kind.fields[name]
        found += [f"{name} is deprecated"] if field.deprecation_reason is not None else []
        found += deprecated_inputs(inner, field.type)
    return found


def problems(text: str, variables: dict[str, Any]) -> list[str]:
    """Everything the schema has against a document: faults, deprecated parts, bad variables."""
    schema, read = official().schema, parse(text)
    rules = [*specified_rules, NothingDeprecated]
    found = [error.message for error in validate(schema, read, rules)]
    (operation,) = read.definitions
    assert isinstance(operation, OperationDefinitionNode)
    definitions = operation.variable_definitions or ()
    values = get_variable_values(schema, definitions, variables)
    if isinstance(values, list):
        return found + [error.message for error in values]
    for one in definitions:
        value = variables.get(one.variable.name.value)
        found += deprecated_inputs(value, type_from_ast(schema, one.type))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_document_holds_against_the_schema(name: str) -> None:
    assert problems(document(name), VARIABLES[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_one_operation_named_like_its_file(name: str) -> None:
    (operation,) = parse(document(name)).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    assert operation.name.value == name.title().replace("_", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_document_costs_well_below_what_one_query_may(name: str) -> None:
    (operation,) = parse(document(name)).definitions
    assert isinstance(operation, OperationDefinitionNode)
    # 1,000 points is the limit; the real formula has parts that are not published.
    assert cost.requested(cost.Document(operation, {}, VARIABLES[name])) <= 600


def test_no_example_is_left_over() -> None:
    assert sorted(VARIABLES) == NAMES
    assert API_VERSION == VERSION


@pytest.mark.parametrize(
    ("text", "variables", "complaint"),
    [
        (
            "query A($id: ID!) { product(id: $id) { featuredImage { url } } }",
            {"id": "gid://shopify/Product/1"},
            "featuredImage is deprecated",
        ),
        (
            "mutation A($input: ProductInput) { productUpdate(input: $input) { product { id } } }",
            {"input": {"id": "gid://shopify/Product/1"}},
            "input is deprecated",
        ),
        (
            "mutation A($input: [StagedUploadInput!]!)"
            " { stagedUploadsCreate(input: $input) { userErrors { message } } }",
            {"input": [{"resource": "PRODUCT_IMAGE", "filename": "a", "mimeType": "image/jpeg"}]},
            "PRODUCT_IMAGE is deprecated",
        ),
        (
            "mutation A($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!)"
            " { webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub)"
            " { userErrors { message } } }",
            {"topic": "PRODUCTS_UPDATE", "sub": {"callbackUrl": "https://example.com"}},
            "callbackUrl is deprecated",
        ),
        ("query A { shop { nonsense } }", {}, "Cannot query field 'nonsense' on type 'Shop'."),
        (document("job"), {"id": None}, "'$id' has invalid value"),
    ],
)
def test_what_is_wrong_or_deprecated_is_found(
    text: str, variables: dict[str, Any], complaint: str
) -> None:
    found = problems(text, variables)
    assert any(complaint in one for one in found), found
