"""Forms, methods, sizes and the pages of Django that must not appear."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from productviz.accounts.models import AuditEntry
from productviz.api.parsing import MAX_BYTES
from productviz.api.problems import PROBLEMS, Problem
from tests.api.caller import BASE, Caller

pytestmark = pytest.mark.django_db
BODY = {"name": "Import", "scopes": ["products:read"]}
JSON = b'{"name": "Import", "scopes": ["products:read"]}'


def send(caller: Caller, raw: bytes, content_type: str, **headers: str) -> Any:
    headers = {"authorization": f"Bearer {caller.text}", **headers}
    return caller.client.generic(
        "POST", f"{BASE}/api-keys", raw, content_type=content_type, headers=headers
    )


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", 'application/json; charset="UTF-8"'],
)
def test_it_takes_json_in_utf8(content_type: str) -> None:
    answer = send(Caller(), JSON, content_type)

    assert answer.status_code == 201
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-16", "application/json; charset=latin-1", "text/plain",
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
        "application/json" + "x" * 300, "nonsense", "",
    ],
)  # fmt: skip
def test_it_takes_nothing_else(content_type: str) -> None:
    """A form that another site sends with a browser's cookies is one of these."""
    answer = send(Caller(), JSON, content_type)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_it_unpacks_nothing() -> None:
    answer = send(Caller(), JSON, "application/json", **{"Content-Encoding": "gzip"})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_it_takes_a_mebibyte_and_says_so() -> None:
    caller = Caller()
    whole = b'{"name": "' + b"x" * (MAX_BYTES - 12) + b'"}'
    assert len(whole) == MAX_BYTES

    fits, too_much = (
        send(caller, whole, "application/json"),
        send(caller, whole + b" ", "application/json"),
    )

    assert fits.status_code == 422
    assert (too_much.status_code, too_much.json()["max_bytes"]) == (413, MAX_BYTES)


def test_it_lets_a_batch_be_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("productviz.api.keys.Keys.max_bytes", 5 * MAX_BYTES, raising=False)
    caller, body = Caller(), b'{"name": "' + b"x" * 2 * MAX_BYTES + b'"}'

    assert send(caller, body, "application/json").status_code == 422
    assert send(caller, body + b" " * 3 * MAX_BYTES, "application/json").status_code == 413


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "application/*", "application/problem+json", "text/html, */*;q=0.1",
     "application/json;q=0.5, text/html"],
)  # fmt: skip
def test_it_answers_who_takes_json(accept: str) -> None:
    caller = Caller()

    assert caller.get("/me", Accept=accept)[0] == 200


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "nonsense"])
def test_it_has_nothing_else_to_say(accept: str) -> None:
    caller = Caller()

    status, problem = caller.get("/me", Accept=accept)

    assert (status, problem["code"]) == (406, "not_acceptable")
    assert caller.last["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]
)
def test_it_knows_one_method_a_request(name: str) -> None:
    caller = Caller()

    status, _ = caller.ask("GET", "/me?_method=DELETE", headers={name: "DELETE"})

    assert status == 200


def test_it_answers_head_like_get_without_a_body() -> None:
    caller = Caller()

    status, body = caller.ask("HEAD", "/me")

    assert (status, body, caller.last.content) == (200, None, b"")
    assert caller.last["RateLimit"].startswith('"read"')


def test_it_lets_no_other_site_in() -> None:
    caller = Caller()
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}

    caller.ask("GET", "/me", headers=headers)
    assert not [name for name in caller.last.headers if name.startswith("Access-Control")]
    assert caller.ask("OPTIONS", "/me", headers=headers)[0] == 405


def test_it_says_which_methods_there_are() -> None:
    caller = Caller()

    caller.ask("DELETE", "/me")

    assert caller.last["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/me", "/nothing", "/api-keys/x", "/me?access_token=x"])
def test_it_tells_the_limits_in_every_answer(path: str) -> None:
    caller = Caller()

    caller.get(path)

    assert caller.last["RateLimit-Policy"].startswith('"read";q=600;w=60')
    assert caller.last["Request-Id"].startswith("req_")
    assert caller.last["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/me", "/api/v1/%00", "/api/v1/me/", "/api/..",
     "/api/v1/%F0%9F%92%A9", "/api/v1/api-keys/%2e%2e%2fme", "/api//v1/me"],
)  # fmt: skip
def test_it_knows_no_other_address(path: str) -> None:
    answer = Client().get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"
    assert answer.json()["request_id"] == answer["Request-Id"]


JUGGLED = [
    ("/batches", "dry_run", ["true", 1, "1"]),
    ("/batches", "concurrency", ["2", 2.0, True, -1]),
    ("/batches", "undo_at", ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 1, "2026-02-30"]),
    ("/webhook-endpoints", "include_urls", ["true", 1, None]),
    ("/automations", "enabled", ["false", 0]),
    ("/automations", "debounce_seconds", ["600", 600.0, True, -1, 10**30]),
    ("/automations", "daily_budget", [0, -5, "5"]),
    ("/publications", "approve", ["true", 1]),
    ("/api-keys", "is_test", ["true", 1]),
    ("/api-keys", "expires_at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 1, "tomorrow"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "name", "values"), JUGGLED)
def test_it_takes_no_type_for_another(path: str, name: str, values: list[Any]) -> None:
    """A8: never guessed, and the answer points at it."""
    caller = Caller()
    for value in values:
        status, problem = caller.post(path, {name: value}, key=f"{value!r}"[:40])

        assert status == 422, (value, problem)
        assert f"/{name}" in [error["pointer"] for error in problem["errors"]], value


def test_it_answers_to_its_own_name_only() -> None:
    wrong = Client().get("/api/v1/me", headers={"host": "evil.example"})
    page = Client().get("/", headers={"host": "evil.example"})

    assert (wrong.status_code, wrong["Content-Type"]) == (400, "application/problem+json")
    assert wrong.json()["code"] == "request_invalid"
    assert page["Content-Type"].startswith("text/html")


def test_it_shows_nothing_of_an_error_outside_of_every_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", broken)
    client = Client(raise_request_exception=False)

    api, page = client.get("/api/v1/me"), client.get("/")

    assert (api.status_code, api["Content-Type"]) == (500, "application/problem+json")
    assert api.json()["code"] == "internal_error"
    assert b"swordfish" not in api.content
    assert page["Content-Type"].startswith("text/html")


def test_it_rolls_back_what_a_problem_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **facts: object) -> None:
        raise Problem("state_conflict", current_status="odd")

    monkeypatch.setattr("productviz.api.keys.audit", refuse)
    caller = Caller()

    for key in (None, "abc"):
        status, problem = caller.post("/api-keys", BODY, key=key)
        assert (status, problem["current_status"]) == (409, "odd")

    assert caller.workspace.api_keys.count() == 1
    assert not AuditEntry.objects.exists()


def test_it_explains_every_problem() -> None:
    client = Client()

    assert {client.get(f"/problems/{code}").status_code for code in PROBLEMS} == {200}
    assert client.get("/problems/nonsense").status_code == 404


def test_it_is_healthy() -> None:
    answer = Client().get("/api/v1/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
