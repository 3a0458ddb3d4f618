"""/presets over real requests."""

from __future__ import annotations

from typing import Any

import pytest

from generation.api.preset_json import PresetShown, PresetVersionShown, PreviewShown
from generation.models import Preset, PresetVersion
from tests.api.caller import Caller
from tests.factories import make_preset

pytestmark = pytest.mark.django_db

SMALL = {"outputs": [{"name": "main", "width": 400, "height": 400}]}


def test_it_makes_shows_and_lists_a_preset() -> None:
    caller = Caller()

    status, made = caller.post(
        "/presets", {"name": "Clean", "spec": SMALL, "metadata": {"order": "A-17"}}
    )
    location = caller.last["Location"]
    shown = caller.get(location.removeprefix("/api/v1"))
    listed = caller.get("/presets")

    assert status == 201
    assert set(made) == set(PresetShown().fields)
    assert (made["kind"], made["status"], made["preset_version"]) == ("packshot", "active", 1)
    assert made["spec"]["outputs"][0]["width"] == 400
    assert made["metadata"] == {"order": "A-17"}
    assert shown == (200, made)
    assert caller.get(location.removeprefix("/api/v1"), **{"If-None-Match": '"v1"'}) == (304, None)
    assert listed == (200, {"data": [made], "has_more": False, "next_cursor": None})


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"outputs": [{"name": "main", "width": 9, "height": 9}]}, "/outputs/0/width", "out_of_range"),
    ({"outputs": [{"name": "main", "width": "400", "height": 400}]}, "/outputs/0/width", "invalid"),
    ({"outputs": [{"name": "main", "width": 400.5, "height": 9}]}, "/outputs/0/width", "invalid"),
    ({"outputs": [{"name": "a/b~", "width": 400, "height": 400}]}, "/outputs/0/name", "malformed"),
    ({"kind": "on_model"}, "/kind", "not_one_of"),
    ({"background": {"type": "color"}}, "/background", "invalid"),
    ({"background": {"type": "white", "is_staff": True}}, "/background/is_staff", "unknown_field"),
    ({"a/b": 1}, "/a~1b", "unknown_field"),
    ({"composition": {"margin": "0.1"}}, "/composition/margin", "invalid"),
    ({"composition": {"shrink_to_source": 1}}, "/composition/shrink_to_source", "invalid"),
]


@pytest.mark.parametrize(("spec", "pointer", "code"), WRONG)
def test_it_points_at_what_is_wrong_with_a_recipe(
    spec: dict[str, Any], pointer: str, code: str
) -> None:
    caller = Caller()

    status, problem = caller.post("/presets", {"name": "Clean", "spec": spec})

    assert status == 422
    assert problem["code"] in ("validation_failed", "unknown_field")
    assert (problem["errors"][0]["pointer"], problem["errors"][0]["code"]) == (
        f"/spec{pointer}",
        code,
    )
    assert Preset.objects.count() == 0


def test_it_tells_the_bounds_of_a_number() -> None:
    spec = {"outputs": [{"name": "main", "width": 5000, "height": 400}]}

    _, problem = Caller().post("/presets", {"name": "Clean", "spec": spec})

    assert problem["errors"][0]["max"] == 4096


@pytest.mark.parametrize(
    "name", ["id", "version", "workspace", "status", "created_by", "is_staff", "owner"]
)
def test_it_takes_no_field_that_is_not_the_clients(name: str) -> None:
    caller = Caller()
    row = make_preset(caller.workspace)

    posted = caller.post("/presets", {"name": "Clean", "spec": SMALL, name: "x"})
    patched = caller.ask("PATCH", f"/presets/{row.public_id}", {name: "x"})

    for status, problem in (posted, patched):
        assert (status, problem["code"]) == (422, "unknown_field")
        assert problem["errors"][0]["pointer"] == f"/{name}"
    assert Preset.objects.count() == 1


def test_it_refuses_a_name_that_is_taken() -> None:
    caller = Caller()
    row = make_preset(caller.workspace)
    other = make_preset(caller.workspace)

    made = caller.post("/presets", {"name": row.name, "spec": SMALL})
    renamed = caller.ask("PATCH", f"/presets/{other.public_id}", {"name": row.name})

    for status, problem in (made, renamed):
        assert (status, problem["errors"][0]["pointer"]) == (422, "/name")
        assert problem["errors"][0]["code"] == "not_unique"


def test_it_renames_once_for_who_has_the_newest_version() -> None:
    caller = Caller()
    row = make_preset(caller.workspace)
    path = f"/presets/{row.public_id}"

    first = caller.ask("PATCH", path, {"name": "One"}, {"If-Match": '"v1"'})
    late = caller.ask("PATCH", path, {"name": "Two"}, {"If-Match": '"v1"'})

    assert (first[0], first[1]["name"], first[1]["version"]) == (200, "One", 2)
    assert (late[0], late[1]["code"]) == (412, "version_conflict")
    assert caller.get(path)[1]["name"] == "One"


def test_it_adds_versions_that_never_change() -> None:
    caller = Caller()
    row = make_preset(caller.workspace)
    path = f"/presets/{row.public_id}"
    larger = {"outputs": [{"name": "main", "width": 500, "height": 500}]}

    made = caller.post(f"{path}/versions", {"spec": larger})
    location = caller.last["Location"]
    again = caller.post(f"{path}/versions", {"spec": larger})

    assert (made[0], made[1]["number"]) == (201, 2)
    assert set(made[1]) == set(PresetVersionShown().fields)
    assert again == (200, made[1]), "an equal recipe makes no version"
    assert location == f"/api/v1{path}/versions/2"
    assert caller.get(f"{path}/versions/2") == (200, made[1])
    assert caller.get(f"{path}/versions/1")[1]["spec"]["outputs"][0]["width"] == 400
    assert caller.get(f"{path}/versions/3")[0] == 404
    shown = caller.get(path)[1]
    assert (shown["preset_version"], shown["version"]) == (2, 2)


def test_it_archives_and_keeps() -> None:
    caller = Caller()
    row = make_preset(caller.workspace)
    path = f"/presets/{row.public_id}"

    assert caller.ask("DELETE", path, headers={"If-Match": '"v7"'})[0] == 412
    assert [caller.ask("DELETE", path)[0] for _ in range(2)] == [204, 204]

    assert caller.get(path)[1]["status"] == "archived"
    assert caller.get("/presets")[1]["data"] == []
    assert [one["id"] for one in caller.get("/presets?status=archived")[1]["data"]] == [
        row.public_id
    ]
    status, problem = caller.post(f"{path}/versions", {"spec": SMALL})
    assert (status, problem["code"], problem["current_status"]) == (
        409,
        "state_conflict",
        "archived",
    )
    assert PresetVersion.objects.count() == 1


def test_it_previews_without_storing() -> None:
    caller = Caller()
    row = make_preset(caller.workspace)
    path = f"/presets/{row.public_id}/preview"

    status, own = caller.post(path)
    _, other = caller.post(path, {"spec": {"kind": "scene", "scene": {"plate": "podium"}}})
    _, missing = caller.post(path, {"spec": {"kind": "scene", "scene": {"plate": "nowhere"}}})

    assert status == 200
    assert set(own) == set(PreviewShown().fields)
    assert own["drawing"].startswith("<svg")
    assert own["outputs"] == [
        {"name": "main", "width": 400, "height": 400, "format": "jpeg", "max_bytes": None}
    ]
    assert other["plate_url"].endswith(".webp")
    assert missing["unavailable"]["code"] == "model_unavailable"
    assert caller.post(path, {"preset_version": 9})[1]["errors"][0]["pointer"] == "/preset_version"
    assert PresetVersion.objects.count() == 1


def test_it_keeps_other_workspaces_out() -> None:
    caller, stranger = Caller(), Caller()
    row = make_preset(stranger.workspace)
    path = f"/presets/{row.public_id}"
    nobody = f"/presets/pre_{'0' * 26}"

    for method, tail, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/versions", {"spec": SMALL}),
        ("GET", "/versions/1", None),
        ("POST", "/preview", {}),
    ):
        theirs = caller.ask(method, path + tail, body)
        none = caller.ask(method, nobody + tail, body)
        assert theirs[0] == none[0] == 404
        assert theirs[1]["detail"] == none[1]["detail"]
    assert caller.get("/presets")[1]["data"] == []
    row.refresh_from_db()
    assert (row.archived_at, row.version) == (None, 1)


@pytest.mark.parametrize("scope", ["presets:read", "generations:write"])
def test_it_asks_for_the_right_to_write(scope: str) -> None:
    caller = Caller(scopes=[scope])

    status, problem = caller.post("/presets", {"name": "Clean", "spec": SMALL})

    assert (status, problem["code"]) == (403, "insufficient_scope")
    assert problem["required_scopes"] == ["presets:write"]
    assert Preset.objects.count() == 0


def test_it_makes_one_preset_a_key() -> None:
    caller = Caller()
    body = {"name": "Clean", "spec": SMALL}

    first = caller.post("/presets", body, key="a")
    again = caller.post("/presets", body, key="a")
    other = caller.post("/presets", {**body, "name": "Other"}, key="a")

    assert first == again
    assert caller.last.status_code == other[0] == 422
    assert other[1]["code"] == "idempotency_key_reused"
    assert Preset.objects.count() == 1
