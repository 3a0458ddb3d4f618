"""Lists: whole, in order, the same price at any depth; and cursors that are nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from productviz.accounts.models import AuditEntry, Workspace
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db


def entries(workspace: Workspace, count: int, action: str = "key.made") -> list[str]:
    """So many entries; their ids, oldest first."""
    rows = [
        AuditEntry(workspace=workspace, actor=f"person {number}", action=action)
        for number in range(count)
    ]
    return [row.public_id for row in AuditEntry.objects.bulk_create(rows)]


def walk(caller: Caller, query: str) -> list[str]:
    """The ids of every page, from the first to the last."""
    found: list[str] = []
    cursor = ""
    while True:
        _, page = caller.get(f"/audit-log?{query}{cursor and f'&cursor={cursor}'}")
        found += [row["id"] for row in page["data"]]
        assert page["has_more"] == (page["next_cursor"] is not None)
        if not page["has_more"]:
            return found
        cursor = page["next_cursor"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_it_shows_every_row_once(order: str) -> None:
    caller = Caller()
    ids = entries(caller.workspace, 7)
    entries(Caller().workspace, 3)

    found = walk(caller, f"limit=3&order={order}")

    assert found == (ids if order == "asc" else ids[::-1])


def test_it_is_not_shifted_by_what_comes_meanwhile() -> None:
    caller = Caller()
    ids = entries(caller.workspace, 4)
    first = caller.get("/audit-log?limit=2")[1]
    entries(caller.workspace, 3)

    second = caller.get(f"/audit-log?limit=2&cursor={first['next_cursor']}")[1]

    assert [row["id"] for row in second["data"]] == [ids[1], ids[0]]


def test_it_shows_twenty_five_unless_asked() -> None:
    caller = Caller()
    entries(caller.workspace, 30)

    assert len(caller.get("/audit-log")[1]["data"]) == 25


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1e2", "ten", "", "٣", "9" * 30, "1.0"])
def test_it_refuses_a_limit_that_is_none(limit: str) -> None:
    status, problem = Caller().get(f"/audit-log?limit={limit}")

    assert (status, problem["errors"][0]["pointer"]) == (422, "/limit")


def cursor_of(caller: Caller, query: str = "limit=1") -> str:
    found: str = caller.get(f"/audit-log?{query}")[1]["next_cursor"]
    return found


def refused(caller: Caller, query: str) -> None:
    status, problem = caller.get(f"/audit-log?{query}")
    assert (status, problem["code"]) == (400, "invalid_cursor")


def test_it_refuses_a_cursor_that_was_tampered_with() -> None:
    caller = Caller()
    entries(caller.workspace, 3)
    cursor = cursor_of(caller)

    for wrong in ("", "x", cursor[:-1], cursor[1:], cursor.replace(":", "."), cursor + "=", "%00"):
        refused(caller, f"limit=1&cursor={wrong}")


def test_it_refuses_a_cursor_of_another_list() -> None:
    """Another workspace, another order, other filters, another address."""
    ours, theirs = Caller(), Caller()
    for caller in (ours, theirs):
        entries(caller.workspace, 3)
    cursor = cursor_of(ours)

    refused(theirs, f"limit=1&cursor={cursor}")
    refused(ours, f"limit=1&order=asc&cursor={cursor}")
    refused(ours, f"limit=1&action=key.made&cursor={cursor}")
    assert ours.get(f"/events?limit=1&cursor={cursor}")[1]["code"] == "invalid_cursor"
    assert ours.get(f"/audit-log?limit=2&cursor={cursor}")[0] == 200


def test_it_refuses_a_cursor_after_a_day() -> None:
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        caller = Caller()
        entries(caller.workspace, 3)
        cursor = cursor_of(caller)
        clock.move_to("2026-11-02T11:59:00Z")
        assert caller.get(f"/audit-log?limit=1&cursor={cursor}")[0] == 200
        clock.move_to("2026-11-02T12:01:00Z")
        refused(caller, f"limit=1&cursor={cursor}")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
@pytest.mark.parametrize(("path", "index"), [("/audit-log", "audit_list"), ("/events", "event_li")])
def test_it_reads_a_page_from_the_index_at_any_depth(path: str, index: str) -> None:
    """One search of one index, from the cursor on, and nothing is sorted."""
    caller = Caller()
    entries(caller.workspace, 3)
    first = caller.get("/audit-log?limit=1")[1]
    cursor = f"&cursor={first['next_cursor']}" if path == "/audit-log" else ""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert caller.get(f"{path}?limit=1{cursor}")[0] == 200
    sql = next(one["sql"] for one in queries if "LIMIT 2" in one["sql"])

    with connection.cursor() as asking:
        asking.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        plan = " ".join(str(row) for row in asking.fetchall())

    assert f"USING INDEX {index}" in plan
    assert "TEMP B-TREE" not in plan
    if cursor:
        assert "id<?" in plan


def test_it_filters_by_what_it_names_and_by_nothing_else() -> None:
    caller = Caller()
    entries(caller.workspace, 2)
    revoked = entries(caller.workspace, 2, "key.revoked")

    found = caller.get("/audit-log?action=key.revoked&created_after=2020-01-01T00:00:00Z")[1]
    unknown: Any = caller.get("/audit-log?actor=person&workspace=x")

    assert {row["id"] for row in found["data"]} == set(revoked)
    assert caller.get("/audit-log?created_before=2020-01-01T00:00:00%2B01:00")[1]["data"] == []
    assert (unknown[0], unknown[1]["errors"][0]["code"]) == (422, "unknown_field")


@pytest.mark.parametrize(
    "query",
    ["created_after=yesterday", "created_after=2026-01-01", "created_after=2026-01-01T00:00:00",
     "created_after=0001-01-01T00:00:00Z", "created_after=9999-12-31T23:59:59Z",
     "action=%00", "order=up", "order="],
)  # fmt: skip
def test_it_refuses_a_filter_that_makes_no_sense(query: str) -> None:
    assert Caller().get(f"/audit-log?{query}")[0] == 422
