"""Automations by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from generation.models import Automation
from productviz.accounts.keys import SCOPES
from tests.api.caller import Caller
from tests.factories import make_preset, make_product, make_store

pytestmark = pytest.mark.django_db


def body(caller: Caller, **fields: Any) -> dict[str, Any]:
    store, preset = make_store(caller.workspace), make_preset(caller.workspace)
    return {"store": store.public_id, "preset": preset.public_id, **fields}


def made(caller: Caller, **fields: Any) -> dict[str, Any]:
    status, automation = caller.post("/automations", body(caller, **fields))
    assert status == 201, automation
    found: dict[str, Any] = automation
    return found


def test_it_makes_one_with_the_limits_that_all_begin_with() -> None:
    caller = Caller()

    automation = made(caller, filter={"tags": ["new"], "status": ["active"]}, metadata={"a": "b"})
    path = caller.last["Location"].removeprefix("/api/v1")

    assert automation["trigger"] == "product.inputs_changed"
    assert (automation["publish"], automation["count"]) == ("none", 1)
    assert automation["debounce_seconds"] == 600
    assert (automation["max_per_product_per_day"], automation["daily_budget"]) == (2, 200)
    assert automation["filter"] == {"tags": ["new"], "status": ["active"]}
    assert caller.get(path)[1] == automation
    assert [row["id"] for row in caller.get("/automations")[1]["data"]] == [automation["id"]]


def test_it_makes_one_a_preset_and_store() -> None:
    caller = Caller()
    wanted = body(caller)

    first, second = (caller.post("/automations", wanted) for _ in range(2))

    assert (first[0], second[0], second[1]["code"]) == (201, 409, "state_conflict")


def test_it_takes_the_right_to_write_to_stores_for_what_goes_there() -> None:
    caller = Caller(scopes=SCOPES - {"publications:write"})

    status, problem = caller.post("/automations", body(caller, publish="auto"))

    assert (status, problem["required_scopes"]) == (403, ["publications:write"])
    path = f"/automations/{made(caller)['id']}"
    assert caller.ask("PATCH", path, {"publish": "draft"})[0] == 403
    assert not Automation.objects.exclude(publish="none").exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"enabled": True}, 403), ({"filter": {}}, 403), ({"daily_budget": None}, 403),
        ({"trigger": "product.created"}, 403), ({"enabled": False, "filter": {}}, 403),
        ({"enabled": False, "metadata": {"a": "b"}}, 200), ({"publish": "none"}, 200),
    ],
)  # fmt: skip
def test_it_takes_that_right_to_change_one_that_publishes(
    changes: dict[str, Any], status: int
) -> None:
    caller = Caller()
    automation = made(caller, publish="auto", enabled=True)
    weak = Caller(caller.workspace, scopes=SCOPES - {"publications:write"})

    assert weak.ask("PATCH", f"/automations/{automation['id']}", changes)[0] == status


def test_it_changes_what_is_named() -> None:
    caller = Caller()
    automation = made(caller, publish="auto", daily_budget=None)
    path = f"/automations/{automation['id']}"

    changed = caller.ask("PATCH", path, {"debounce_seconds": 0, "filter": {}})[1]

    assert (changed["debounce_seconds"], changed["filter"]) == (0, {})
    assert (changed["publish"], changed["daily_budget"]) == ("auto", None)
    assert changed["version"] > automation["version"]


def test_it_lets_a_paused_one_go_on() -> None:
    caller = Caller()
    path = f"/automations/{made(caller)['id']}"
    Automation.objects.update(paused_at=timezone.now(), pause_reason="Too many.")

    paused = caller.get(path)[1]
    on = caller.ask("PATCH", path, {"enabled": True})[1]
    off = caller.ask("PATCH", path, {"enabled": False})[1]

    assert paused["paused_reason"] == "Too many."
    assert (on["paused_at"], on["paused_reason"]) == (None, "")
    assert off["enabled"] is False


def test_it_says_what_it_would_do_and_does_nothing() -> None:
    caller = Caller()
    automation = made(caller)
    row = Automation.objects.get()
    product = make_product(row.store)
    product.inputs_changed_at = timezone.now()
    product.save()

    status, found = caller.post(f"/automations/{automation['id']}/simulate")

    assert (status, found["products"], found["changed"]) == (200, 0, 1)
    assert found["samples"] == [product.public_id]
    assert not row.generations.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"filter": {"status": ["deleted"]}}, {"filter": {"color": "red"}}, {"publish": "approval"},
        {"debounce_seconds": -1}, {"daily_budget": 0}, {"trigger": "x"}, {"paused_reason": ""},
        {"filter": {"tags": ["x"] * 21}}, {"enabled": "true"},
    ],
)  # fmt: skip
def test_it_says_which_field_is_wrong(wrong: dict[str, Any]) -> None:
    caller = Caller()

    status, problem = caller.post("/automations", body(caller, **wrong))

    assert status == 422
    assert problem["errors"][0]["pointer"].split("/")[1] in wrong
    assert not Automation.objects.exists()
