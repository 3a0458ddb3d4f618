"""The official schema is sound, and every document of the app runs against it."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import NoDeprecatedCustomRule, parse, validate, validate_schema

from integrations.sandbox.shopify.official import official
from tests.sandbox.shopify.conftest import DOCUMENTS, Client, document

FILES = sorted(DOCUMENTS.glob("*.graphql"))


def test_the_official_schema_is_a_valid_schema() -> None:
    assert validate_schema(official().schema) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_document_is_valid_and_uses_nothing_deprecated(file: Any) -> None:
    read = parse(file.read_text())

    assert validate(official().schema, read) == []
    assert validate(official().schema, read, [NoDeprecatedCustomRule]) == []


def variables(client: Client) -> dict[str, dict[str, object]]:
    """What each document is sent with, in an order in which they all succeed."""
    product, source = client.product(), client.upload()
    new, spare = client.file(name="first.jpg"), client.file(name="second.jpg")
    media = [{"originalSource": source, "mediaContentType": "IMAGE", "alt": "Alt"}]
    staged = {"resource": "IMAGE", "filename": "a.jpg", "mimeType": "image/jpeg"}
    hook = {"uri": "https://app.example.com/hooks", "includeFields": ["status"], "name": "done"}
    pair = {"variantId": client.variant("MUG-B"), "mediaIds": [client.gallery()[2]]}
    return {
        "05": {"first": 2, "query": "updated_at:>='2026-01-01T00:00:00Z'"},
        "06": {"id": product},
        "07": {"input": [{**staged, "fileSize": "412345", "httpMethod": "POST"}]},
        "08": {"files": [{"originalSource": source, "contentType": "IMAGE", "alt": "Alt"}]},
        "09": {"ids": [new, spare]},
        "10": {"query": "filename:first.jpg"},
        "11": {"files": [{"id": new, "referencesToAdd": [product]}]},
        "12": {"productId": product, "media": media},
        "12b": {"product": {"id": product}, "media": media},
        "13": {"id": product, "moves": [{"id": client.gallery()[0], "newPosition": "2"}]},
        "15": {"productId": product, "variantMedia": [pair]},
        "16": {"productId": product, "variantMedia": [pair]},
        "17": {"fileIds": [spare]},
        "19": {"topic": "BULK_OPERATIONS_FINISH", "sub": hook},
        "20": {},
        "22": {"productId": product},
        "04": {},
    }


def user_errors(answer: dict[str, Any]) -> list[object]:
    payloads = [payload for payload in answer.values() if isinstance(payload, dict)]
    return [
        error
        for payload in payloads
        for name in ("userErrors", "mediaUserErrors")
        for error in payload.get(name, [])
    ]


def test_every_document_runs_without_errors(client: Client) -> None:
    ran = {"01", "01b"}
    for name, sent in variables(client).items():
        assert user_errors(client.run(name, **sent)) == [], name
        ran.add(name)
    job = client.run(
        "13", id=client.product(), moves=[{"id": client.gallery()[0], "newPosition": "1"}]
    )
    assert client.run("14", id=job["productReorderMedia"]["job"]["id"])["job"]["done"] is False
    for inner in ("01", "01b"):
        started = client.run("02", query=document(inner))["bulkOperationRunQuery"]
        assert started["userErrors"] == []
        number = started["bulkOperation"]["id"]
        assert client.run("03", id=number)["bulkOperation"]["id"] == number
    client.run("21", id=number)
    client.run("18", fileIds=[client.gallery()[0]])
    ran |= {"02", "03", "13", "14", "18", "21"}

    assert ran == {file.stem.partition("_")[0] for file in FILES}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ products(first: 1) { nodes { nonsense } } }", "nonsense"),
        ("{ products(first: 1) { nodes { id } ", "Syntax Error"),
        ("query Q($id: ID!) { product(id: $id) { id } }", "to be provided"),
        ("{ products { nodes { id } } }", "first or last"),
        ("{ products(first: 251) { nodes { id } } }", "between 0 and 250"),
        ("mutation { fileDelete { deletedFileIds } }", "fileIds"),
        ("{ orders(first: 1) { nodes { id } } }", "Access denied"),
    ],
)
def test_a_wrong_document_is_refused_with_errors(client: Client, query: str, words: str) -> None:
    answer = client.post(query)

    assert answer.status_code == 200
    assert words in str(answer.json()["errors"])
    assert not answer.json().get("data") or not any(answer.json()["data"].values())


def test_numbers_of_64_bits_are_strings(client: Client) -> None:
    moves = [{"id": client.gallery()[0], "newPosition": 0}]

    answer = client.post(document("13"), {"id": client.product(), "moves": moves}).json()

    assert "UnsignedInt64" in answer["errors"][0]["message"]


def test_a_field_that_the_sandbox_does_not_serve_says_so(client: Client) -> None:
    answer = client.post("{ shop { timezoneAbbreviation } }").json()

    assert "does not serve Shop.timezoneAbbreviation" in answer["errors"][0]["message"]
