"""Keys by the API: what a key may give, and when one ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from productviz.accounts.models import ApiKey, AuditEntry
from tests.api.caller import Caller
from tests.api.world import unknown
from tests.factories import make_store

pytestmark = pytest.mark.django_db

BODY: dict[str, Any] = {"name": "Import", "scopes": ["products:read"]}


def with_text(caller: Caller, text: str) -> Caller:
    """The same workspace's program with another key."""
    other = Caller(caller.workspace)
    other.text = text
    return other


def test_it_makes_a_key_that_works_and_shows_it_once() -> None:
    caller = Caller()
    wanted = {**BODY, "metadata": {"team": "web"}, "expires_at": "2099-01-01T00:00:00Z"}

    status, made = caller.post("/api-keys", wanted)
    location = caller.last["Location"]
    _, shown = caller.get(location.removeprefix("/api/v1"))
    _, me = with_text(caller, made["secret"]).get("/me")

    assert status == 201
    assert made["secret"].startswith("pk_live_")
    assert "secret" not in shown
    assert {**shown, "secret": made["secret"], "last_used_at": None} == made
    assert (me["key"]["id"], me["scopes"]) == (made["id"], ["products:read"])
    assert shown["metadata"] == {"team": "web"}
    assert shown["expires_at"] == "2099-01-01T00:00:00.000Z"


def test_it_writes_down_who_made_and_who_revoked_it() -> None:
    caller = Caller()

    made = caller.post("/api-keys", BODY)[1]
    caller.ask("DELETE", f"/api-keys/{made['id']}")
    _, log = caller.get("/audit-log?order=asc")

    assert [(row["action"], row["object_id"]) for row in log["data"]] == [
        ("key.created", made["id"]),
        ("key.revoked", made["id"]),
    ]
    assert log["data"][0]["actor"] == f"key {caller.key.public_id} (Shop)"
    assert log["data"][0]["address"] == "127.0.0.1"
    assert made["secret"] not in str(log)


def test_it_ends_a_key_at_once() -> None:
    caller = Caller()
    made = caller.post("/api-keys", BODY)[1]
    other = with_text(caller, made["secret"])
    before = other.get("/me")[0]

    ended = caller.ask("DELETE", f"/api-keys/{made['id']}")[0]

    assert (before, ended) == (200, 204)
    assert other.get("/me")[1]["code"] == "key_revoked"
    assert caller.ask("DELETE", f"/api-keys/{made['id']}")[0] == 204
    assert caller.get(f"/api-keys/{made['id']}")[1]["revoked_at"] is not None


def test_it_gives_no_scope_that_it_does_not_have() -> None:
    caller = Caller(scopes=["keys:manage", "products:read"])

    status, problem = caller.post("/api-keys", {**BODY, "scopes": ["stores:write", "keys:manage"]})

    assert (status, problem["code"]) == (403, "insufficient_scope")
    assert problem["required_scopes"] == ["stores:write"]
    assert caller.post("/api-keys", {**BODY, "scopes": ["keys:manage"]})[0] == 201


def test_it_does_not_hand_out_a_stronger_key_by_rolling_it() -> None:
    weak = Caller(scopes=["keys:manage"])
    strong = Caller(weak.workspace)

    status, problem = weak.post(f"/api-keys/{strong.key.public_id}/roll")

    assert (status, problem["code"]) == (403, "insufficient_scope")
    assert ApiKey.objects.count() == 2


def test_it_does_not_hand_out_a_freer_key_by_rolling_it() -> None:
    free, soon = Caller(), timezone.now() + timedelta(days=2)
    near = Caller(free.workspace, allowed_cidrs=["127.0.0.0/8"])
    short = Caller(free.workspace, expires_at=soon)
    later = Caller(free.workspace, expires_at=soon + timedelta(days=1))

    for weak, strong in ((near, free), (short, free), (short, later), (near, short)):
        status, problem = weak.post(f"/api-keys/{strong.key.public_id}/roll")
        assert (status, problem["code"]) == (403, "insufficient_scope")
    assert ApiKey.objects.count() == 4


def test_a_successor_does_not_outlive_the_key_that_made_it() -> None:
    ends = timezone.now() + timedelta(days=2)
    caller = Caller(allowed_cidrs=["127.0.0.0/8"], expires_at=ends)
    other = caller.post("/api-keys", BODY)[1]
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        status, made = caller.post(f"/api-keys/{other['id']}/roll")
        own = caller.post(f"/api-keys/{caller.key.public_id}/roll")[1]

    assert (status, made["expires_at"]) == (201, other["expires_at"])
    assert made["allowed_cidrs"] == ["127.0.0.0/8"]
    assert own["expires_at"] > other["expires_at"], "its own life is renewed"


def test_it_gives_no_store_that_it_does_not_have() -> None:
    caller = Caller()
    mine, other = make_store(caller.workspace), make_store(caller.workspace)
    narrow = Caller(caller.workspace, stores=[str(mine.pk)])

    whole = narrow.post("/api-keys", BODY)[1]
    foreign = narrow.post("/api-keys", {**BODY, "stores": [other.public_id]})
    empty = narrow.post("/api-keys", {**BODY, "stores": []})[1]

    assert whole["stores"] == empty["stores"] == [mine.public_id]
    assert foreign[0] == 422
    assert foreign[1]["errors"][0] == {
        "pointer": "/stores/0",
        "code": "not_found",
        "detail": "There is no such object in this workspace.",
    }
    assert caller.post("/api-keys", BODY)[1]["stores"] == []


def test_it_sees_no_key_that_reaches_further() -> None:
    caller = Caller()
    mine, other = make_store(caller.workspace), make_store(caller.workspace)
    narrow = Caller(caller.workspace, stores=[str(mine.pk)])
    wide = Caller(caller.workspace, stores=[str(mine.pk), str(other.pk)])

    seen = {row["id"] for row in narrow.get("/api-keys")[1]["data"]}

    assert seen == {narrow.key.public_id}
    assert narrow.ask("DELETE", f"/api-keys/{wide.key.public_id}")[0] == 404
    assert len(caller.get("/api-keys")[1]["data"]) == 3


def test_it_makes_test_keys_only_with_a_test_key() -> None:
    tester = Caller(is_test=True)
    live = Caller(tester.workspace)

    made = tester.post("/api-keys", BODY)[1]
    refused = tester.post("/api-keys", {**BODY, "is_test": False})

    assert (made["is_test"], made["secret"][:8]) == (True, "pk_test_")
    assert refused[1]["errors"][0]["pointer"] == "/is_test"
    assert tester.post(f"/api-keys/{live.key.public_id}/roll")[0] == 404


def test_it_gives_no_network_and_no_day_beyond_its_own() -> None:
    ends = timezone.now() + timedelta(days=2)
    caller = Caller(allowed_cidrs=["127.0.0.0/8", "2001:db8::/32"], expires_at=ends)

    made = caller.post("/api-keys", {**BODY, "allowed_cidrs": ["127.0.0.1/32"]})[1]
    wide = caller.post("/api-keys", {**BODY, "allowed_cidrs": ["0.0.0.0/0"]})[1]
    late = caller.post("/api-keys", {**BODY, "expires_at": "2099-01-01T00:00:00Z"})[1]

    assert made["allowed_cidrs"] == ["127.0.0.1/32"]
    assert made["expires_at"] == caller.get("/me")[1]["key"]["expires_at"]
    assert wide["errors"][0]["pointer"] == "/allowed_cidrs"
    assert late["errors"][0]["pointer"] == "/expires_at"


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []}, {"scopes": ["root"]}, {"scopes": "products:read"}, {"name": ""},
        {"name": 1}, {"name": "x" * 101}, {"is_test": "true"}, {"allowed_cidrs": ["10.0.0.1/8"]},
        {"allowed_cidrs": ["example.com"]}, {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "tomorrow"}, {"expires_at": "9999-12-31T23:59:59Z"}, {"metadata": {"a": 1}},
        {"metadata": {str(n): "" for n in range(21)}}, {"stores": [unknown("str")]},
        {"stores": [1]},
        {"digest": "x"}, {"created_by": 1}, {"workspace": "w"},
    ],
)  # fmt: skip
def test_it_says_which_field_is_wrong(wrong: dict[str, Any]) -> None:
    caller = Caller()

    status, problem = caller.post("/api-keys", {**BODY, **wrong})

    assert status == 422
    assert [error["pointer"].split("/")[1] for error in problem["errors"]] == list(wrong)
    assert caller.workspace.api_keys.count() == 1


def test_it_lets_the_old_key_work_on_for_the_hours_of_grace() -> None:
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        caller = Caller()
        old = caller.post("/api-keys", {**BODY, "expires_at": "2026-12-01T12:00:00Z"})[1]
        status, new = caller.post(f"/api-keys/{old['id']}/roll", {"grace_hours": 2})
        clock.move_to("2026-11-01T13:59:00Z")
        meanwhile = with_text(caller, old["secret"]).get("/me")[0]
        clock.move_to("2026-11-01T14:01:00Z")
        after = with_text(caller, old["secret"]).get("/me")[1]["code"]

        assert (status, meanwhile, after) == (201, 200, "key_expired")
        assert with_text(caller, new["secret"]).get("/me")[0] == 200
        assert new["expires_at"] == "2026-12-01T12:00:00.000Z"


def test_it_does_not_roll_a_key_that_has_ended() -> None:
    caller = Caller()
    old = caller.post("/api-keys", BODY)[1]
    caller.ask("DELETE", f"/api-keys/{old['id']}")

    status, problem = caller.post(f"/api-keys/{old['id']}/roll")

    assert (status, problem["current_status"]) == (409, "revoked")


def test_it_counts_no_version_for_its_use() -> None:
    caller = Caller()
    tag = '"v1"'

    caller.get(f"/api-keys/{caller.key.public_id}")
    status, _ = caller.get(f"/api-keys/{caller.key.public_id}", **{"If-None-Match": tag})

    assert caller.last["ETag"] == tag
    assert (status, caller.last.content) == (304, b"")
    assert ApiKey.objects.get(pk=caller.key.pk).last_used_at is not None


def test_it_revokes_the_version_that_is_meant() -> None:
    caller = Caller()
    made = caller.post("/api-keys", BODY)[1]
    path = f"/api-keys/{made['id']}"

    late = caller.ask("DELETE", path, headers={"If-Match": '"v2"'})
    tag = caller.last["ETag"]

    assert (late[0], tag) == (412, '"v1"')
    assert caller.ask("DELETE", path, headers={"If-Match": 'W/"v7", "v1"'})[0] == 204


def test_it_shows_the_audit_log_of_its_own_workspace() -> None:
    ours, theirs = Caller(), Caller()
    theirs.post("/api-keys", BODY)

    assert AuditEntry.objects.count() == 1
    assert ours.get("/audit-log")[1]["data"] == []


def test_the_log_is_for_keys_of_the_whole_workspace() -> None:
    caller = Caller()
    narrow = Caller(caller.workspace, stores=[str(make_store(caller.workspace).pk)])

    status, problem = narrow.get("/audit-log")

    assert (status, problem["code"]) == (403, "insufficient_scope")
    assert caller.get("/audit-log")[0] == 200
