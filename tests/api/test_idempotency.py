"""The same request twice does its work once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import RequestFactory
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from productviz.accounts.models import ApiKey, IdempotentAnswer
from productviz.api.idempotency import fingerprint
from tests.api.caller import Caller
from tests.factories import make_store

pytestmark = pytest.mark.django_db

BODY = {"name": "Import", "scopes": ["products:read"]}


def made(caller: Caller) -> int:
    """How many keys there are besides the caller's own."""
    return ApiKey.objects.filter(workspace=caller.workspace).count() - 1


def test_it_answers_a_repetition_as_the_first_time() -> None:
    caller = Caller()

    first = caller.post("/api-keys", BODY, key="abc")
    location = caller.last["Location"]
    again = caller.post("/api-keys", dict(reversed(BODY.items())), key="abc")

    assert first[0] == 201
    assert again == first
    assert caller.last["Location"] == location
    assert caller.last["Idempotency-Replayed"] == "true"
    assert made(caller) == 1


def test_it_keeps_no_secret_that_anybody_could_read() -> None:
    caller = Caller()
    secret = caller.post("/api-keys", BODY, key="abc")[1]["secret"]

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT body FROM {IdempotentAnswer._meta.db_table}")
        kept = cursor.fetchone()[0]

    assert secret not in kept
    assert IdempotentAnswer.objects.get().body["secret"] == secret


def test_it_refuses_the_key_of_another_request() -> None:
    caller = Caller()
    caller.post("/api-keys", BODY, key="abc")

    status, problem = caller.post("/api-keys", {**BODY, "name": "Other"}, key="abc")

    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    assert made(caller) == 1


def test_it_takes_quoted_and_bare_keys_for_the_same() -> None:
    caller = Caller()

    caller.post("/api-keys", BODY, key="abc")
    caller.post("/api-keys", BODY, key='"abc"')

    assert caller.last["Idempotency-Replayed"] == "true"
    assert made(caller) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "x" * 10_000, "ü", '"a', "a\tb", '""'])
def test_it_refuses_a_key_that_is_none(key: str) -> None:
    caller = Caller()

    status, problem = caller.ask("POST", "/api-keys", BODY, {"Idempotency-Key": key})

    assert (status, problem["code"]) == (400, "header_invalid")
    assert made(caller) == 0


def test_it_keeps_an_answer_for_two_days() -> None:
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        caller = Caller()
        first = caller.post("/api-keys", BODY, key="abc")[1]
        clock.move_to("2026-11-03T11:59:00Z")
        kept = caller.post("/api-keys", BODY, key="abc")[1]
        clock.move_to("2026-11-03T12:01:00Z")
        new = caller.post("/api-keys", BODY, key="abc")[1]
        assert kept == first
        assert new["id"] != first["id"]


def test_it_keeps_no_answer_to_what_was_not_valid() -> None:
    caller = Caller()

    wrong = caller.post("/api-keys", {"name": "Import"}, key="abc")
    right = caller.post("/api-keys", BODY, key="abc")

    assert (wrong[0], right[0]) == (422, 201)


def test_it_keeps_nothing_where_the_work_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    """The transaction is rolled back with the work, so a repetition does it from the start."""
    caller = Caller()
    with monkeypatch.context() as patch:
        patch.setattr("productviz.api.keys.audit", lambda *args, **facts: 1 / 0)
        broken = caller.post("/api-keys", BODY, key="abc")
    after = made(caller)

    assert (broken[0], broken[1]["code"]) == (500, "internal_error")
    assert "division" not in str(broken[1])
    assert after == 0
    assert caller.post("/api-keys", BODY, key="abc")[0] == 201


def test_it_keeps_two_workspaces_apart() -> None:
    ours, theirs = Caller(), Caller()

    first = ours.post("/api-keys", BODY, key="abc")[1]
    second = theirs.post("/api-keys", BODY, key="abc")[1]

    assert first["id"] != second["id"]
    assert "Idempotency-Replayed" not in theirs.last


@pytest.mark.parametrize("narrow", ["stores", "is_test"])
def test_it_tells_no_key_what_one_of_another_reach_was_told(narrow: str) -> None:
    caller = Caller()
    value: Any = [str(make_store(caller.workspace).pk)] if narrow == "stores" else True
    limits = {narrow: value}
    narrower, same = Caller(caller.workspace, **limits), Caller(caller.workspace)

    _, made = caller.post("/api-keys", BODY, key="a")
    refused = narrower.post("/api-keys", BODY, key="a")

    assert (refused[0], refused[1]["code"]) == (422, "idempotency_key_reused")
    assert made["secret"] not in str(refused[1])
    assert same.post("/api-keys", BODY, key="a")[1] == made


def test_it_keeps_two_addresses_apart() -> None:
    caller = Caller()
    first = caller.post("/api-keys", BODY, key="abc")[1]

    status, successor = caller.post(f"/api-keys/{first['id']}/roll", key="abc")

    assert status == 201
    assert successor["id"] != first["id"]


def upload(data: bytes, name: str = "a.jpg", note: str = "x") -> Request:
    sent = RequestFactory().post(
        "/api/v1/uploads", {"file": SimpleUploadedFile(name, data), "note": note}
    )
    request = Request(sent, parsers=[MultiPartParser()])
    request.auth = ApiKey()
    return request


def test_it_knows_an_upload_by_its_bytes() -> None:
    one = fingerprint(upload(b"one"))

    assert fingerprint(upload(b"one", name="b.jpg")) == one
    assert fingerprint(upload(b"two")) != one
    assert fingerprint(upload(b"one", note="y")) != one


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_does_the_work_once_for_fifty_at_a_time(settings: Any) -> None:
    settings.API_LIMITS = {"read": (600, 60), "write": (600, 60)}
    caller = Caller()

    def post(number: int) -> tuple[int, str | None, str]:
        one = Caller.__new__(Caller)
        one.workspace, one.key, one.text = caller.workspace, caller.key, caller.text
        one.client = type(caller.client)(raise_request_exception=False)
        try:
            status, body = one.post("/api-keys", BODY, key="abc")
            return status, body.get("id"), body.get("code", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(post, range(50)))

    ids = {pk for status, pk, _ in found if status == 201}
    others = {(status, code) for status, _, code in found if status != 201}
    assert made(caller) == 1
    assert len(ids) == 1
    assert others <= {(409, "idempotency_in_progress")}
