"""Bulk operations: what may run, how it runs, what comes out."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from integrations.sandbox.shopify import SandboxShopify
from tests.sandbox.shopify.conftest import Client, Clock, document

ONE = "{ products { edges { node { id title } } } }"


def start(client: Client, query: str) -> dict[str, Any]:
    return dict(client.run("02", query=query)["bulkOperationRunQuery"])


def finish(client: Client, number: str) -> dict[str, Any]:
    for _ in range(200):
        operation: dict[str, Any] = client.run("03", id=number)["bulkOperation"]
        if operation["status"] not in ("CREATED", "RUNNING", "CANCELING"):
            return operation
        # The operation runs in a thread of the sandbox, on the machine's own clock.
        time.sleep(0.05)
        client.clock.turn(1)
    pytest.fail("the operation never ended")


def lines(client: Client, query: str) -> list[dict[str, Any]]:
    operation = finish(client, start(client, query)["bulkOperation"]["id"])
    assert operation["status"] == "COMPLETED"
    text = requests.get(operation["url"], timeout=10).text
    read = [json.loads(line) for line in text.splitlines()]
    assert operation["objectCount"] == str(len(read))
    assert operation["fileSize"] == str(len(text.encode()))
    return read


def test_the_catalog_comes_as_json_lines(client: Client) -> None:
    read = lines(client, document("01"))

    kinds = [one["__typename"] for one in read]
    assert (
        kinds == ["Product"] * 3 + ["MediaImage"] * 4 + ["ProductVariant"] * 5 + ["MediaImage"] * 2
    )
    mug = read[0]
    assert "__parentId" not in mug
    assert (mug["id"], mug["title"], mug["category"]) == (client.product(), "Stone Mug", None)
    assert mug["options"][0]["values"] == ["Chalk", "Ocean", "Black"]
    picture = read[3]
    assert picture["__parentId"] == client.product()
    assert requests.get(picture["image"]["url"], timeout=10).status_code == 200
    # A variant's picture names the variant as its parent and is a media line of the product too.
    shown = [(one["id"], one["__parentId"]) for one in read[12:]]
    first, second, _ = client.gallery()
    assert shown == [(first, client.variant("MUG-C")), (second, client.variant("MUG-O"))]


def test_the_other_root_names_the_product(client: Client) -> None:
    read = lines(client, document("01b"))

    roots = [one for one in read if "__parentId" not in one]
    assert [one["sku"] for one in roots] == ["MUG-C", "MUG-O", "MUG-B", "TOTE", "BOARD"]
    assert roots[0]["product"] == {"id": client.product()}


def test_children_are_not_next_to_their_parents(client: Client) -> None:
    read = lines(client, "{ products { edges { node { id media { edges { node { id } } } } } } }")

    assert [one.get("__parentId") for one in read[:3]] == [None, None, None]


def test_a_search_narrows_the_root(client: Client) -> None:
    query = '{ products(query: "sku:TOTE") { edges { node { id } } } }'

    assert [one["id"] for one in lines(client, query)] == [client.product("TOTE")]


def test_nothing_found_means_no_address(client: Client) -> None:
    query = '{ products(query: "sku:NONE") { edges { node { id } } } }'

    operation = finish(client, start(client, query)["bulkOperation"]["id"])

    assert (operation["status"], operation["url"]) == ("COMPLETED", None)
    assert operation["objectCount"] == "0"


DEEP = "media { edges { node { id ... on MediaImage { id } } } }"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("{ products { edges { node { id } } } files { edges { node { id } } } }", "one top-level"),
        ('{ nodes(ids: ["gid://shopify/Product/1"]) { id } }', "node or nodes"),
        ("{ products { edges { node { nonsense } } } }", "nonsense"),
        ("{ products { edges { node {", "Syntax Error"),
        ("{ products { edges { cursor } } }", "select its nodes"),
        (f"{{ products {{ edges {{ node {{ title {DEEP} }} }} }} }}", "must select the 'id' field"),
        (
            "{ products { edges { node { id variants { edges { node { id product { id media "
            "{ edges { node { id } } } } } } } } } } }",
            "below a single object",
        ),
        (
            "{ products { edges { node { id a: media { edges { node { id } } } b: media { edges "
            "{ node { id } } } c: media { edges { node { id } } } d: media { edges { node { id } } "
            "} e: media { edges { node { id } } } } } } }",
            "more than 5 connections",
        ),
        ("mutation { fileDelete(fileIds: []) { deletedFileIds } }", "query without variables"),
    ],
)
def test_a_query_that_cannot_run_in_bulk(client: Client, query: str, words: str) -> None:
    payload = start(client, query)

    (error,) = payload["userErrors"]
    assert payload["bulkOperation"] is None
    assert (error["code"], error["field"]) == ("INVALID", ["query"])
    assert words in error["message"]


def test_at_most_five_run_at_once(client: Client) -> None:
    client.shopify.state.bulk_seconds = 1.0
    started = [start(client, ONE) for _ in range(6)]

    assert [bool(one["bulkOperation"]) for one in started] == [True] * 5 + [False]
    assert started[5]["userErrors"][0]["code"] == "LIMIT_REACHED"
    running = client.run("04")["bulkOperations"]["nodes"]
    assert all(one["status"] == "RUNNING" for one in running)
    for one in started[:5]:
        finish(client, one["bulkOperation"]["id"])
    assert start(client, ONE)["userErrors"] == []


def test_a_cancelled_operation_has_no_address(client: Client) -> None:
    client.shopify.state.bulk_seconds = 0.5
    number = start(client, ONE)["bulkOperation"]["id"]

    asked = client.run("21", id=number)["bulkOperationCancel"]["bulkOperation"]
    ended = finish(client, number)

    assert asked["status"] == "CANCELING"
    assert (ended["status"], ended["url"]) == ("CANCELED", None)
    assert client.run("21", id=number)["bulkOperationCancel"]["userErrors"]


def test_a_failed_operation_offers_what_there_is(client: Client) -> None:
    client.shopify.faults.add("bulk_fails")

    operation = finish(client, start(client, ONE)["bulkOperation"]["id"])

    assert (operation["status"], operation["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    assert operation["url"] is None
    partial = requests.get(operation["partialDataUrl"], timeout=10)
    assert [json.loads(line)["title"] for line in partial.text.splitlines()]


def test_the_address_is_signed_and_lives_seven_days(client: Client) -> None:
    number = start(client, ONE)["bulkOperation"]["id"]
    url = finish(client, number)["url"]

    assert requests.get(url.partition("?")[0], timeout=10).status_code == 403
    assert requests.get(url, timeout=10).status_code == 200
    client.clock.turn(8 * 86_400)
    assert requests.get(url, timeout=10).status_code == 400


def test_a_finished_operation_fires_its_webhook(client: Client) -> None:
    number = start(client, ONE)["bulkOperation"]["id"]
    finish(client, number)

    (waiting,) = client.shopify.state.tables.deliveries
    body = json.loads(waiting.payload)
    assert waiting.topic == "bulk_operations/finish"
    assert (body["admin_graphql_api_id"], body["status"]) == (number, "completed")
    assert "url" not in body


def test_a_thousand_synthetic_products() -> None:
    clock = Clock()
    with SandboxShopify(1000, clock=clock, bulk_seconds=0.0) as shopify:
        client = Client(shopify, clock)
        client.token = client.exchange().json()["access_token"]
        read = lines(client, document("01"))
        picture = next(one for one in read if one["__typename"] == "MediaImage")
        data = requests.get(picture["image"]["url"], timeout=10).content

    assert len(read) == 1000 * (1 + 3 + 2 + 2)
    parents = [one.get("__parentId") for one in read]
    assert parents.index(None) == 0
    assert parents[50] is not None
    assert None in parents[51:]
    assert len(data) == picture["originalSource"]["fileSize"]
