"""Painted presets and requests over the API: availability, words, people and references."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation import availability, people, presets
from generation.keys import original_key
from generation.models import EngineHost, Generation, Preset
from generation.spec import PAINTED_KINDS, LineUp, PresetSpec
from integrations.models import Product
from productviz.lib import files
from tests.api.caller import Caller
from tests.factories import make_product, make_store, make_workspace
from tests.pictures import photo

pytestmark = pytest.mark.django_db

SCENE = {"kind": "ai_scene", "painting": {"prompt": "a warm kitchen counter"}}
PAIRS = [f"{kind}/{line_up}" for kind in PAINTED_KINDS for line_up in get_args(LineUp)]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Serve = Callable[[], None]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """A function after which every painted kind can be made."""
    reasons = dict.fromkeys(PAIRS, "Start a GPU worker.")
    monkeypatch.setattr(availability, "overview", lambda: reasons)

    def serve() -> None:
        monkeypatch.setattr(availability, "overview", dict)

    return serve


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def product(caller: Caller) -> Product:
    return make_product(make_store(caller.workspace))


def host(last_seen: timedelta, *, serves: list[str]) -> EngineHost:
    return EngineHost.objects.create(
        name="gpu-1", serves=serves, seen_at=timezone.now() - last_seen
    )


def ask(caller: Caller, product: Product, preset: Preset, **more: Any) -> tuple[int, Any]:
    body = {"product": product.public_id, "preset": preset.public_id, **more}
    return caller.post("/generations", body, key="a")


def test_it_says_why_a_painted_preset_cannot_be_used(
    caller: Caller, product: Product, served: Serve
) -> None:
    status, made = caller.post("/presets", {"name": "Kitchen", "spec": SCENE})
    preset = Preset.objects.get(name="Kitchen")
    refused = ask(caller, product, preset)
    tried = caller.post(
        "/generations?validate_only=true",
        {"product": product.public_id, "preset": preset.public_id},
    )

    reason = {"code": "model_unavailable", "message": "Start a GPU worker.", "waits": False}
    assert (status, made["unavailable"]) == (201, reason)
    assert (refused[0], tried[0]) == (422, 422)
    assert refused[1]["errors"] == tried[1]["errors"]
    assert refused[1]["errors"] == [
        {"pointer": "/preset", "code": "model_unavailable", "detail": "Start a GPU worker."}
    ]
    assert not Generation.objects.exists()


def test_it_takes_a_request_on_while_the_host_that_serves_it_is_away(
    caller: Caller, product: Product, served: Serve
) -> None:
    host(10 * MINUTE, serves=["ai_scene/fast"])
    preset = presets.create(caller.workspace, "Kitchen", SCENE)

    _, tried = caller.post(
        "/generations?validate_only=true",
        {"product": product.public_id, "preset": preset.public_id},
    )
    status, made = ask(caller, product, preset)
    _, shown = caller.get(f"/presets/{preset.public_id}")

    waits = "Start a GPU worker. What is asked for meanwhile waits in the line."
    assert (status, made["status"], made["steps"]) == (202, "queued", 0)
    assert tried["warnings"] == [waits]
    assert shown["unavailable"] == {
        "code": "model_unavailable",
        "message": waits,
        "waits": True,
    }


@pytest.mark.parametrize(
    ("last_seen", "serves"),
    [(2 * DAY, ["ai_scene/fast"]), (10 * MINUTE, ["ai_scene/best", "edit/fast"]), (MINUTE, [])],
    ids=["given up", "others", "none"],
)
def test_it_waits_for_no_host_that_did_not_serve_it_lately(
    last_seen: timedelta, serves: list[str], caller: Caller, product: Product, served: Serve
) -> None:
    host(last_seen, serves=serves)
    preset = presets.create(caller.workspace, "Kitchen", SCENE)

    assert ask(caller, product, preset)[0] == 422


def test_it_takes_a_batch_of_what_can_be_painted_only(
    caller: Caller, product: Product, served: Serve
) -> None:
    preset = presets.create(caller.workspace, "Kitchen", SCENE)
    body = {"preset": preset.public_id, "selector": {"store": product.store.public_id}}

    refused = caller.post("/batches", body, key="a")
    served()
    taken = caller.post("/batches", body, key="b")

    assert (refused[0], refused[1]["errors"][0]["code"]) == (422, "model_unavailable")
    assert taken[0] == 202


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"prompt": "x" * 10_000}, "prompt", "too_long"),
    ({"prompt": "a nude on a beach"}, "prompt", "content_policy"),
    ({"prompt": "a schoolgirl"}, "prompt", "content_policy"),
    ({"prompt": "a table\x07"}, "prompt", "invalid"),
    ({"prompt": "a table \u202e gnp.exe"}, "prompt", "invalid"),
    ({"prompt": "a table", "line_up": "instant"}, "line_up", "not_one_of"),
    ({"prompt": "a table", "reference": "0" * 64}, "reference", "not_found"),
    ({"prompt": "a table", "reference": "../../etc/passwd"}, "reference", "malformed"),
    ({"prompt": "a table", "seed": 4}, "seed", "unknown_field"),
    ({"prompt": "a table", "factor": 2}, "", "invalid"),
    ({"prompt": "\u200b\u200b"}, "", "invalid"),
    ({}, "", "invalid"),
]


@pytest.mark.parametrize(("painting", "field", "code"), WRONG)
def test_it_points_at_what_is_wrong_with_a_painting(
    painting: dict[str, Any], field: str, code: str, caller: Caller, product: Product, served: Serve
) -> None:
    served()
    preset = presets.create(caller.workspace, "Kitchen", SCENE)
    own = {"reference": None, "prompt": None, **painting}

    kept = caller.post("/presets", {"name": "New", "spec": {**SCENE, "painting": painting}})
    asked = ask(caller, product, preset, painting=own)

    end = f"/{field}" if field else ""
    spec_end = f"/painting{end}" if field else ""
    assert (kept[0], asked[0]) == (422, 422)
    assert [(one["pointer"], one["code"]) for one in kept[1]["errors"]] == [
        (f"/spec{spec_end}", code)
    ]
    assert [(one["pointer"], one["code"]) for one in asked[1]["errors"]] == [
        (f"/painting{end}", code)
    ]
    assert not Generation.objects.exists()


def test_goods_of_minors_are_named_in_scenes_and_nowhere_near_people(caller: Caller) -> None:
    ada = people.create(caller.workspace, name="Ada", description="A woman of forty")
    words = {"prompt": "on a baby blanket"}
    asked = {
        "Scene": {**SCENE, "painting": words},
        "Edit": {"kind": "edit", "painting": words},
        "Edit of a person": {"kind": "edit", "painting": {"prompt": "a woman on a baby blanket"}},
        "Model": {"kind": "virtual_model", "painting": {**words, "person": ada.public_id}},
    }

    given = {
        name: caller.post("/presets", {"name": name, "spec": spec}) for name, spec in asked.items()
    }

    assert [status for status, _ in given.values()] == [201, 201, 422, 422]
    for name in ("Edit of a person", "Model"):
        assert given[name][1]["errors"][0]["code"] == "content_policy"


@pytest.mark.parametrize("prompt", ["remove the dress", "take off the shirt", "oben ohne"])
def test_an_edit_undresses_nobody(caller: Caller, prompt: str) -> None:
    spec = {"kind": "edit", "painting": {"prompt": prompt}}

    status, problem = caller.post("/presets", {"name": "Edit", "spec": spec})

    assert (status, problem["errors"][0]["code"]) == (422, "content_policy")


@pytest.mark.parametrize("unwanted", ["clothes", "text, adults"])
def test_what_undresses_a_person_may_not_be_unwanted(caller: Caller, unwanted: str) -> None:
    words = {"prompt": "a red strap", "negative_prompt": unwanted}

    scene = caller.post("/presets", {"name": "Scene", "spec": {**SCENE, "painting": words}})
    edit = caller.post("/presets", {"name": "Edit", "spec": {"kind": "edit", "painting": words}})

    assert (scene[0], edit[0]) == (201, 422)
    assert [(one["pointer"], one["code"]) for one in edit[1]["errors"]] == [
        ("/spec/painting/negative_prompt", "content_policy")
    ]


def test_it_tells_the_limit_of_a_prompt(caller: Caller) -> None:
    spec = {**SCENE, "painting": {"prompt": "x" * 10_000}}

    _, problem = caller.post("/presets", {"name": "New", "spec": spec})

    assert problem["errors"][0]["max"] == 2000


def test_it_warns_of_words_that_the_fast_line_up_leaves_out(
    caller: Caller, product: Product, served: Serve
) -> None:
    served()
    words = "a sunlit marble shelf beside a folded towel, morning light from the left, " * 2
    asked = {"kind": "ai_scene", "painting": {"prompt": words}}

    status, made = caller.post("/presets", {"name": "Shelf", "spec": asked})
    _, tried = caller.post(
        "/generations?validate_only=true",
        {"product": product.public_id, "preset": made["id"]},
    )
    _, drawn = caller.post(f"/presets/{made['id']}/preview", {})
    finer = {**asked, "painting": {"prompt": words, "line_up": "balanced"}}
    _, version = caller.post(f"/presets/{made['id']}/versions", {"spec": finer})

    assert status == 201
    (warning,) = made["warnings"]
    assert warning.startswith(
        "The fast line-up reads about the first 130 letters of the preset’s words"
    )
    assert tried["warnings"] == drawn["warnings"] == [warning]
    assert version["warnings"] == []


def test_it_keeps_markup_in_words_as_words(caller: Caller) -> None:
    words = "<script>alert(1)</script> {{ settings.SECRET_KEY }}"

    status, made = caller.post(
        "/presets", {"name": "New", "spec": {**SCENE, "painting": {"prompt": words}}}
    )

    assert (status, made["spec"]["painting"]["prompt"]) == (201, words)


def test_it_allows_no_person_or_reference_of_another_workspace(
    caller: Caller, served: Serve
) -> None:
    stranger = make_workspace()
    person = people.create(stranger, name="Ada", description="A woman of forty")
    data = photo(300)
    sha256 = hashlib.sha256(data).hexdigest()
    files.put("originals", original_key(stranger.pk, sha256), data)
    worn = {"kind": "virtual_model", "painting": {"person": person.public_id}}
    like = {"kind": "ai_scene", "painting": {"reference": sha256}}

    found = [caller.post("/presets", {"name": "N", "spec": spec}) for spec in (worn, like)]
    files.put("originals", original_key(caller.workspace.pk, sha256), data)
    ours = caller.post("/presets", {"name": "N", "spec": like})

    assert [status for status, _ in found] == [422, 422]
    assert [problem["errors"][0]["code"] for _, problem in found] == ["not_found"] * 2
    assert ours[0] == 201


@pytest.mark.parametrize(
    ("spec", "pointer", "words"),
    [
        (
            {**SCENE, "background": {"type": "transparent"}},
            "/spec/background/type",
            "no transparent",
        ),
        ({**SCENE, "shadow": {"type": "natural"}}, "/spec/shadow/type", "light of a painted scene"),
        (
            {"kind": "upscale", "painting": {"factor": 2}, "shadow": {"type": "drop"}},
            "/spec/shadow",
            "has no shadow",
        ),
        (
            {
                "kind": "edit",
                "painting": {"prompt": "a red strap"},
                "background": {"type": "color", "color": "#aabbcc"},
            },
            "/spec/background",
            "has no background",
        ),
    ],
)
def test_it_promises_no_ground_and_no_shadow_that_is_not_painted(
    spec: dict[str, Any], pointer: str, words: str, caller: Caller, served: Serve
) -> None:
    outputs = [{"name": "main", "width": 800, "height": 800, "format": "png"}]

    status, problem = caller.post("/presets", {"name": "N", "spec": {**spec, "outputs": outputs}})

    (error,) = problem["errors"]
    assert (status, error["pointer"], error["code"]) == (422, pointer, "invalid")
    assert words in error["detail"]


def test_a_scene_may_have_the_brands_colours_and_no_shadow(caller: Caller, served: Serve) -> None:
    ground = {"type": "gradient", "color": "#aabbcc", "color_to": "#ddeeff"}
    spec = {**SCENE, "background": ground, "shadow": {"type": "none"}}

    status, made = caller.post("/presets", {"name": "N", "spec": spec})

    assert (status, made["spec"]["shadow"]["type"]) == (201, "none")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"junk" * 10, "before the picture does"),
        (photo(64), "64 x 64 pixels; 256 a side is the least"),
        (photo(300)[:3000], "ends before the picture does"),
        (photo(300, image_format="GIF")[:-1] + b",", "damaged"),
        (b"\xff\xd8" + b"\xff\xfe\x00\x02" * 100_000, "before the picture does"),
    ],
    ids=["junk", "small", "cut", "cut GIF", "comments alone"],
)
def test_it_takes_no_reference_that_cannot_be_looked_at(
    data: bytes, words: str, caller: Caller, served: Serve
) -> None:
    sha256 = hashlib.sha256(data).hexdigest()
    files.put("originals", original_key(caller.workspace.pk, sha256), data)
    spec = {"kind": "ai_scene", "painting": {"reference": sha256}}

    status, problem = caller.post("/presets", {"name": "N", "spec": spec})

    (error,) = problem["errors"]
    assert (status, error["pointer"], error["code"]) == (
        422,
        "/spec/painting/reference",
        "invalid",
    )
    assert words in error["detail"]


def test_a_request_changes_the_named_fields_of_the_painting(
    caller: Caller, product: Product, served: Serve
) -> None:
    served()
    painting = {"prompt": "a kitchen", "negative_prompt": "people", "line_up": "best"}
    preset = presets.create(caller.workspace, "Kitchen", {**SCENE, "painting": painting})

    status, made = ask(
        caller, product, preset, painting={"prompt": "a beach", "negative_prompt": None}
    )

    recipe = Generation.objects.get().recipe()
    assert status == 202, made
    assert recipe.painting is not None
    assert recipe.painting.model_dump(exclude_defaults=True) == {
        "prompt": "a beach",
        "line_up": "best",
    }


def test_it_makes_no_picture_of_a_person_who_was_put_away(
    caller: Caller, product: Product, served: Serve
) -> None:
    served()
    person = people.create(caller.workspace, name="Ada", description="A woman of forty")
    spec = {"kind": "virtual_model", "painting": {"person": person.public_id}}
    preset = presets.create(caller.workspace, "Ada", spec)
    people.archive(person)

    status, problem = ask(caller, product, preset)

    assert status == 422
    assert "was put away" in problem["errors"][0]["detail"]


def test_it_tells_the_steps_of_a_model_and_that_it_is_stopping(
    caller: Caller, product: Product, served: Serve
) -> None:
    served()
    preset = presets.create(caller.workspace, "Kitchen", SCENE)
    _, made = ask(caller, product, preset)
    Generation.objects.update(
        status="processing", stage="inference", steps=20, steps_done=7, cancel_requested=True
    )

    _, shown = caller.get(f"/generations/{made['id']}")

    assert (shown["status"], shown["steps"], shown["steps_done"]) == ("canceling", 20, 7)
    assert shown["stages"][2]["status"] == "running"


@pytest.mark.parametrize("kind", sorted(PAINTED_KINDS))
def test_every_painted_kind_can_be_previewed(kind: str, caller: Caller, served: Serve) -> None:
    own: dict[str, dict[str, Any]] = {
        "upscale": {"factor": 2},
        "relight": {"light": "left"},
        "virtual_model": {
            "person": people.create(
                caller.workspace, name="Ada", description="A woman of forty"
            ).public_id
        },
    }
    painting = own.get(kind, {"prompt": "a table"})
    preset = presets.create(caller.workspace, "P", {"kind": kind, "painting": painting})

    status, shown = caller.post(f"/presets/{preset.public_id}/preview", {})

    assert (status, shown["warnings"]) == (200, ["Start a GPU worker."])
    assert f"#kind-{kind}" in shown["drawing"]
    assert PresetSpec.model_validate(shown["spec"]).kind == kind


def test_a_list_asks_once_how_things_stand(caller: Caller, served: Serve) -> None:
    person = people.create(caller.workspace, name="Ada", description="A woman of forty")
    worn = {"kind": "virtual_model", "painting": {"person": person.public_id}}
    presets.create(caller.workspace, "One", worn)
    caller.get("/presets")  # what a key's first request costs beside
    with CaptureQueriesContext(connection) as few:
        caller.get("/presets")
    for number in range(4):
        presets.create(caller.workspace, f"More {number}", SCENE if number % 2 else worn)

    with CaptureQueriesContext(connection) as many:
        _, listed = caller.get("/presets")

    assert len(listed["data"]) == 5
    assert len(many) == len(few)
