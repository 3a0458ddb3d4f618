"""/people over real requests."""

from __future__ import annotations

from typing import Any

import pytest

from generation import people
from generation.api.people import PersonShown
from generation.keys import original_key
from generation.models import Person
from generation.people import PersonRefused
from productviz.accounts.models import AuditEntry
from productviz.lib import files
from tests.api.caller import Caller
from tests.dashboard.rows import make_worn
from tests.dashboard.seed import seed
from tests.factories import make_workspace

pytestmark = pytest.mark.django_db

ADA = {"name": "Ada", "description": "A woman of forty with short grey hair"}


def test_it_makes_shows_and_lists_a_person() -> None:
    caller = Caller()

    status, made = caller.post("/people", {**ADA, "metadata": {"season": "winter"}})
    location = caller.last["Location"].removeprefix("/api/v1")
    shown, listed = caller.get(location), caller.get("/people")

    assert status == 201
    assert set(made) == set(PersonShown().fields)
    assert (made["name"], made["status"], made["portrait"]) == ("Ada", "active", None)
    assert 0 <= made["seed"] < 2**31
    assert shown == (200, made)
    assert listed == (200, {"data": [made], "has_more": False, "next_cursor": None})
    assert caller.get(location, **{"If-None-Match": '"v1"'}) == (304, None)
    assert AuditEntry.objects.filter(action="person.created", object_id=made["id"]).exists()


def test_it_makes_a_person_once_for_one_idempotency_key() -> None:
    caller = Caller()

    first = caller.post("/people", ADA, key="one")
    again = caller.post("/people", ADA, key="one")

    assert first == again
    assert Person.objects.filter(workspace=caller.workspace).count() == 1


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": "  "}, "/name", "required"),
        ({"name": "\u00ad\u200b"}, "/name", "required"),
        ({"description": "\u2800 \u3164"}, "/description", "required"),
        ({"name": "x" * 81}, "/name", "too_long"),
        ({"description": "x" * 10_000}, "/description", "too_long"),
        ({"description": "A nude woman"}, "/description", "content_policy"),
        ({"description": "A girl, 15 years old"}, "/description", "content_policy"),
        ({"description": "女子高生"}, "/description", "content_policy"),
        ({"description": "Just turned 16"}, "/description", "content_policy"),
        ({"name": "A\u202eda"}, "/name", "invalid"),
        ({"description": "grey\x07 hair"}, "/description", "invalid"),
        ({"seed": 1}, "/seed", "unknown_field"),
        ({"name": "Taken"}, "/name", "not_unique"),
    ],
)
def test_it_refuses_a_person_that_cannot_be(
    change: dict[str, Any], pointer: str, code: str
) -> None:
    caller = Caller()
    people.create(caller.workspace, name="Taken", description="A man of fifty")

    status, problem = caller.post("/people", {**ADA, **change})

    assert status == 422
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [(pointer, code)]
    assert Person.objects.filter(workspace=caller.workspace).count() == 1


@pytest.mark.parametrize("kind", ["white_background", "edit", "relight", "ai_scene", None])
def test_only_a_painted_person_becomes_a_portrait(kind: str | None) -> None:
    made = seed()
    caller, asset = Caller(made.workspace), make_worn(made)
    asset.manifest["preset"] = {"kind": kind}
    asset.save(update_fields=["manifest"])
    _, plain = caller.post("/people", {**ADA, "name": "Ida"})

    created = caller.post("/people", {**ADA, "name": "Ivy", "portrait": asset.public_id})
    changed = caller.ask("PATCH", f"/people/{plain['id']}", {"portrait": asset.public_id})

    for status, problem in (created, changed):
        assert (status, problem["errors"][0]["pointer"]) == (422, "/portrait")
        assert "nobody's photograph becomes a person" in problem["errors"][0]["detail"]
    assert not Person.objects.exclude(portrait="").exists()


def test_it_takes_a_finished_image_for_the_portrait_and_lets_it_go() -> None:
    made = seed()
    caller, asset = Caller(made.workspace), make_worn(made)

    _, person = caller.post("/people", {**ADA, "name": "Ida", "portrait": asset.public_id})
    _, without = caller.ask("PATCH", f"/people/{person['id']}", {"portrait": None})

    kept = original_key(made.workspace.pk, asset.main.sha256)
    assert person["portrait"] == asset.main.sha256
    assert person["portrait_url"].startswith("/files/assets/")
    assert files.get("originals", kept) == files.get("assets", asset.main.key)
    assert (without["portrait"], without["portrait_url"], without["version"]) == (None, None, 2)


def test_it_changes_the_name_and_never_the_words_or_the_seed() -> None:
    caller = Caller()
    _, made = caller.post("/people", ADA)

    status, changed = caller.ask("PATCH", f"/people/{made['id']}", {"name": "Ida"})
    refused, problem = caller.ask("PATCH", f"/people/{made['id']}", {"description": "Another"})

    again, _ = caller.ask("PATCH", f"/people/{made['id']}", {"name": "Ida"})
    assert (status, changed["name"], changed["seed"]) == (200, "Ida", made["seed"])
    (noted,) = AuditEntry.objects.filter(action="person.changed", object_id=made["id"])
    assert (again, noted.detail) == (200, {"name": "Ida", "changed": ["name"]})
    assert (refused, problem["code"]) == (422, "unknown_field")


def test_it_puts_a_person_away_and_frees_the_name() -> None:
    caller = Caller()
    _, made = caller.post("/people", ADA)

    gone = caller.ask("DELETE", f"/people/{made['id']}")
    again = caller.ask("DELETE", f"/people/{made['id']}")
    status, _ = caller.post("/people", ADA)

    assert (gone, again, status) == ((204, None), (204, None), 201)
    _, archived = caller.get("/people?status=archived")
    assert [one["id"] for one in archived["data"]] == [made["id"]]
    assert AuditEntry.objects.filter(action="person.archived").count() == 1


def test_a_portrait_whose_files_are_gone_is_refused() -> None:
    made = seed()
    asset = made.generations["succeeded"].asset
    assert asset is not None
    asset.deleted_at = asset.created_at

    with pytest.raises(PersonRefused, match="files of that image were removed"):
        people.create(make_workspace(), name="Ada", description="A woman", portrait=asset)
