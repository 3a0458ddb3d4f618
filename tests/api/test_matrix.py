"""Every operation of the document against callers that it must not serve.

Made from the document, so that a new address is tested from the moment that it is described, and
the document is what the views say (``test_openapi``).
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from productviz.accounts.keys import SCOPES
from tests.api.caller import Caller
from tests.api.operations import OPERATIONS, Operation, put
from tests.api.world import OF_A_STORE, ROWS, World, unknown

pytestmark = pytest.mark.django_db

Worlds = tuple[World, World]
SECURED = [one for one in OPERATIONS if "security" in one.spec]
# Any key may ask these who it is.
FOR_ANY_KEY = {"me"}
# What a key for trying may change: what test keys start, itself, and who is told.
FOR_TEST_KEYS = re.compile(
    r"(create_(generation|batch)|preview_preset|simulate_automation|.*_api_key"
    r"|.*_webhook_(endpoint|secret)|redeliver)"
)
# Words that name an object: a field of that name has to be an id.
_NAMES = re.compile(
    r"(store|product|source_image|preset|generation|batch|asset|publication|automation|upload"
    r"|person|webhook_endpoint|delivery|event|replaces|parent)(_id)?s?"
)


def named(operation: Operation) -> str:
    return operation.name


def with_path_ids() -> list[Any]:
    return [
        pytest.param(one, name, kind, id=f"{one.name}-{name}")
        for one in SECURED
        for name, kind in one.of("path").items()
    ]


def with_body_ids() -> list[Any]:
    return [
        pytest.param(one, pointer, kind, id=f"{one.name}-{'.'.join(pointer)}")
        for one in SECURED
        for pointer, kind in one.body_ids()
    ]


def with_query_ids() -> list[Any]:
    return [
        pytest.param(one, name, kind, id=f"{one.name}-{name}")
        for one in SECURED
        for name, kind in one.of("query").items()
    ]


def ask(
    caller: Caller, operation: Operation, world: World, *, query: str = "", **replaced: Any
) -> tuple[int, Any]:
    """A valid request to ours, but for what is replaced: an id of the path, or ``body``."""
    ids = world.of(operation.name)
    body = replaced.pop("body", operation.body(ids))
    path = operation.address(ids, **replaced) + query
    return caller.ask(operation.method, path, body, {"Idempotency-Key": uuid4().hex})


def told(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem without what names the request."""
    return {name: problem[name] for name in problem if name not in ("instance", "request_id")}


def test_it_can_fill_every_id() -> None:
    """An id whose kind is not in ``world.ROWS``, or a field that hides one, is found here."""
    kinds = {
        kind
        for one in OPERATIONS
        for kind in (
            *one.of("path").values(),
            *one.of("query").values(),
            *(found for _, found in one.body_ids()),
        )
    }
    assert kinds <= set(ROWS)
    pathless = [
        (one.name, parameter["name"])
        for one in OPERATIONS
        for parameter in one.parameters
        if parameter["in"] == "path"
        and parameter["schema"].get("type") == "string"
        and parameter["name"] not in one.of("path")
        and parameter["name"] != "external_id"
    ]
    assert pathless == []


def test_it_calls_an_id_an_id() -> None:
    hidden = [
        (one.name, parameter["name"])
        for one in OPERATIONS
        for parameter in one.parameters
        if _NAMES.fullmatch(parameter["name"]) and parameter["name"] not in one.of(parameter["in"])
    ]
    assert hidden == []


def test_it_needs_a_scope_for_everything() -> None:
    assert {one.name for one in SECURED if not one.scopes} == FOR_ANY_KEY


@pytest.mark.parametrize("operation", SECURED, ids=named)
def test_it_serves_nobody_without_a_key(operation: Operation, worlds: Worlds) -> None:
    caller = Caller(worlds[0].seed.workspace)
    caller.text = "none"

    status, problem = ask(caller, operation, worlds[0])

    assert (status, problem["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("operation", [one for one in SECURED if one.scopes], ids=named)
def test_it_serves_nobody_without_the_scope(operation: Operation, worlds: Worlds) -> None:
    ours = worlds[0]
    caller = Caller(ours.seed.workspace, scopes=SCOPES - set(operation.scopes))

    status, problem = ask(caller, operation, ours)

    assert (status, problem["code"]) == (403, "insufficient_scope")
    assert problem["required_scopes"] == operation.scopes


@pytest.mark.parametrize(
    "operation",
    [one for one in SECURED if one.method != "GET" and not FOR_TEST_KEYS.fullmatch(one.name)],
    ids=named,
)
def test_it_changes_nothing_by_a_test_key_that_works_for_a_store(
    operation: Operation, worlds: Worlds
) -> None:
    ours = worlds[0]
    caller = Caller(ours.seed.workspace, is_test=True)

    status, problem = ask(caller, operation, ours)

    assert (status, problem.get("code")) == (403, "insufficient_scope")
    assert "test key" in problem["detail"]


@pytest.mark.parametrize(("operation", "name", "kind"), with_path_ids())
def test_it_does_not_find_a_strangers_object(
    operation: Operation, name: str, kind: str, worlds: Worlds
) -> None:
    ours, theirs = worlds
    caller = Caller(ours.seed.workspace)

    foreign = ask(caller, operation, ours, **{name: theirs.of(operation.name)[kind]})
    nobodys = ask(caller, operation, ours, **{name: unknown(kind)})

    assert (foreign[0], nobodys[0]) == (404, 404)
    assert told(foreign[1]) == told(nobodys[1])
    assert foreign[1]["code"] == "not_found"


@pytest.mark.parametrize(
    ("operation", "name", "kind"),
    [one for one in with_path_ids() if one.values[2] in OF_A_STORE],
)
def test_it_does_not_find_what_lies_in_a_store_that_the_key_has_not(
    operation: Operation, name: str, kind: str, worlds: Worlds
) -> None:
    ours = worlds[0]
    caller = Caller(ours.seed.workspace, stores=[str(ours.outlet.pk)])

    status, problem = ask(caller, operation, ours)

    assert (status, problem["code"]) == (404, "not_found")


@pytest.mark.parametrize(("operation", "pointer", "kind"), with_body_ids())
def test_it_refuses_a_strangers_id_in_a_body(
    operation: Operation, pointer: tuple[str, ...], kind: str, worlds: Worlds
) -> None:
    ours, theirs = worlds
    caller, schema = Caller(ours.seed.workspace), operation.body_schema
    assert schema is not None
    body, values = operation.body(ours.of(operation.name)), (theirs.ids[kind], unknown(kind))

    found = [
        ask(caller, operation, ours, body=put(body, pointer, value, schema)) for value in values
    ]

    assert [status for status, _ in found] == [422, 422], found[0][1]
    assert told(found[0][1]) == told(found[1][1])
    said = [(error["pointer"], error["code"]) for error in found[0][1]["errors"]]
    assert said == [("/" + "/".join(pointer), "not_found")]


@pytest.mark.parametrize(("operation", "name", "kind"), with_query_ids())
def test_it_finds_nothing_by_a_strangers_id(
    operation: Operation, name: str, kind: str, worlds: Worlds
) -> None:
    ours, theirs = worlds
    caller = Caller(ours.seed.workspace)

    foreign = ask(caller, operation, ours, query=f"?{name}={theirs.ids[kind]}")
    nobodys = ask(caller, operation, ours, query=f"?{name}={unknown(kind)}")

    assert foreign[0] in (200, 422)
    assert (foreign[0], foreign[1].get("data")) == (nobodys[0], nobodys[1].get("data"))
    assert not foreign[1].get("data")


@pytest.mark.parametrize(
    "operation",
    [one for one in SECURED if any(p["name"] == "If-Match" for p in one.parameters)],
    ids=named,
)
def test_it_changes_no_version_but_the_one_that_is_meant(
    operation: Operation, worlds: Worlds
) -> None:
    ours = worlds[0]
    caller = Caller(ours.seed.workspace)

    status, problem = caller.ask(
        operation.method,
        operation.address(ours.of(operation.name)),
        operation.body(ours.of(operation.name)),
        {"If-Match": '"v99999"'},
    )

    assert (status, problem["code"]) == (412, "version_conflict")


@pytest.mark.parametrize(
    "operation",
    [
        one
        for one in SECURED
        if any(p["name"] == "Idempotency-Key" and p.get("required") for p in one.parameters)
    ],
    ids=named,
)
def test_it_asks_for_an_idempotency_key(operation: Operation, worlds: Worlds) -> None:
    ours = worlds[0]
    caller, body = Caller(ours.seed.workspace), operation.body(ours.of(operation.name))

    status, problem = caller.ask(operation.method, operation.address(ours.of(operation.name)), body)

    assert (status, problem["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    "operation", [one for one in SECURED if one.body_schema is not None], ids=named
)
def test_it_takes_no_field_that_it_does_not_know(operation: Operation, worlds: Worlds) -> None:
    ours = worlds[0]
    caller = Caller(ours.seed.workspace)
    body = {**operation.body(ours.of(operation.name)), "workspace": "mine", "is_staff": True}

    status, problem = ask(caller, operation, ours, body=body)

    assert (status, problem["code"]) == (422, "unknown_field")
    assert [error["pointer"] for error in problem["errors"]] == ["/workspace", "/is_staff"]
