"""Painted presets, people and GPU hosts in the dashboard: every page works without JavaScript."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from generation import availability, presets
from generation.assets import references
from generation.inference.engines.diffusion.ask import Ask, Painted
from generation.inference.engines.diffusion.kinds.facts import ask_facts
from generation.keys import original_key
from generation.models import Candidate, EngineHost, Preset
from generation.spec import PAINTED_KINDS, Background, PresetSpec, parse_spec
from generation.templatetags.dashboard import coded
from generation.types import Prepared
from productviz.lib import files
from tests.dashboard.conftest import SignIn, Two
from tests.dashboard.rows import make_generation
from tests.dashboard.test_presets import PRESET

SCRIPT = "<script>alert(1)</script>"
PAINT = {"name": "Painted", "line_up": "balanced", "prompt": "a table", "factor": "3"}
# As this machine's painter and a serving system's tell of themselves.
HERE = {
    "model": "klein-4b", "hub_id": "maker/klein", "revision": "e7b7dc2", "steps": 4,
    "licences": ["Apache-2.0", "MIT"],
}  # fmt: skip
ELSEWHERE = {"engine": "remote", "host": "paint", "model": "gpt-image", "licence": "Their terms"}


@pytest.fixture
def hosts(two: Two, db: None) -> None:
    """One host that serves AI scenes only."""
    EngineHost.objects.create(
        name="gpu-1",
        device="NVIDIA H200",
        memory_used=3 << 30,
        memory_total=4 << 30,
        loaded=["klein-4b"],
        serves=["ai_scene/fast"],
        missing={"edit/fast": "Its licence was not accepted."},
    )


def png(side: int = 300) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(kept, "PNG")
    return kept.getvalue()


def moving() -> bytes:
    kept = io.BytesIO()
    first, then = (Image.new("RGB", (300, 300), name) for name in ("teal", "red"))
    first.save(kept, "WEBP", save_all=True, append_images=[then])
    return kept.getvalue()


def set_staff(two: Two, *, is_staff: bool) -> None:
    owner = two.ours.users["owner"]
    owner.is_staff = is_staff
    owner.save(update_fields=["is_staff"])


def send(two: Two, sign_in: SignIn, **change: Any) -> tuple[Any, PresetSpec | None]:
    answer = sign_in("editor").post(reverse("preset_new"), {**PRESET, **PAINT, **change})
    made = Preset.objects.filter(workspace=two.ours.workspace, name="Painted").first()
    return answer, made.latest.parsed() if made else None


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        ("ai_scene", {"negative_prompt": "people"}, {"prompt": "a table",
                                                     "negative_prompt": "people"}),
        ("edit", {"light": "left"}, {"prompt": "a table"}),
        ("relight", {"light": "left", "prompt": ""}, {"light": "left"}),
        ("upscale", {"light": "left"}, {"factor": 3}),
    ],
)  # fmt: skip
def test_it_asks_for_what_the_painted_kind_can_use(
    kind: str, change: dict[str, str], expected: dict[str, Any], two: Two, sign_in: SignIn
) -> None:
    answer, spec = send(two, sign_in, kind=kind, **change)

    assert answer.status_code == 302, answer.context["form"].errors
    assert spec is not None
    assert spec.painting is not None
    assert spec.painting.model_dump(exclude_defaults=True) == {**expected, "line_up": "balanced"}
    assert spec.background.type == "white"


def test_it_puts_a_garment_on_a_person_of_the_workspace(two: Two, sign_in: SignIn) -> None:
    person, stranger = two.ours.person, two.theirs.person
    assert person is not None
    assert stranger is not None

    foreign, _ = send(two, sign_in, kind="virtual_model", person=stranger.public_id)
    nobody, _ = send(two, sign_in, kind="virtual_model", person="")
    _, spec = send(
        two, sign_in, kind="virtual_model", person=person.public_id, pose="seated", prompt=""
    )

    assert "no such person" in str(foreign.context["form"].errors["person"])
    assert "Choose the person" in str(nobody.context["form"].errors["person"])
    assert spec is not None
    assert spec.painting is not None
    assert (spec.painting.person, spec.painting.pose) == (person.public_id, "seated")


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"prompt": "x" * 10_000}, "prompt", "2000"),
        ({"prompt": "a nude on a beach"}, "prompt", "nude"),
        ({"prompt": "a table\u202e gnp"}, "prompt", "control characters"),
        ({"prompt": ""}, "prompt", "Say what is to be painted"),
        ({"reference": "0" * 64}, "reference", "No picture of this workspace"),
        ({"reference": "ast_../../etc"}, "reference", "not here any more"),
        ({"line_up": "instant"}, "line_up", "valid choice"),
    ],
)
def test_it_shows_each_problem_of_a_painting_at_its_field(
    change: dict[str, str], field: str, words: str, two: Two, sign_in: SignIn
) -> None:
    answer, spec = send(two, sign_in, kind="ai_scene", **change)

    assert answer.status_code == 200
    assert words in str(answer.context["form"].errors[field])
    assert spec is None


def test_it_follows_a_sent_picture_and_keeps_it_on_the_next_change(
    two: Two, sign_in: SignIn
) -> None:
    data, workspace = png(), two.ours.workspace
    sent = SimpleUploadedFile("../../look.png", data, "image/png")
    _, spec = send(two, sign_in, kind="ai_scene", prompt="", reference_file=sent)
    preset, client = Preset.objects.get(workspace=workspace, name="Painted"), sign_in("editor")
    url = reverse("preset", args=[preset.pk])
    shown = client.get(url)

    client.post(url, {**shown.context["form"].initial, "prompt": "a beach"})

    sha256 = hashlib.sha256(data).hexdigest()
    key = original_key(workspace.pk, sha256)
    assert spec is not None
    assert spec.painting is not None
    assert spec.painting.reference == sha256
    assert files.get("originals", key) == data
    assert f'value="{sha256}" checked' in shown.content.decode()
    kept = preset.latest.parsed().painting
    assert kept is not None
    assert (kept.reference, kept.prompt) == (sha256, "a beach")
    assert references.judge("originals", [key]) == {key: False}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JPEG, PNG or WebP"),
        (b"<svg onload=alert(1)>", "no JPEG, PNG or WebP"),
        (b"%PDF-1.7", "no JPEG, PNG or WebP"),
        (b"RIFF0000WAVEfmt ", "no JPEG, PNG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + b"junk" * 10, "before the picture does"),
        (b"RIFF\xff\x00\x00\x00WEBPVP8 junk", "before the picture does"),
        (png()[:-30], "before the picture does"),
        (png(64), "64 x 64 pixels"),
        (moving(), "several pictures"),
    ],
)
def test_it_takes_whole_pictures_only(data: bytes, words: str, two: Two, sign_in: SignIn) -> None:
    sent = SimpleUploadedFile("look.png", data, "image/png")

    answer, spec = send(two, sign_in, kind="ai_scene", reference_file=sent)

    assert spec is None
    assert words in str(answer.context["form"].errors["reference"])


def test_it_follows_a_finished_image_of_the_workspace_and_of_no_other(
    two: Two, sign_in: SignIn
) -> None:
    ours, theirs = (one.generations["succeeded"].asset for one in (two.ours, two.theirs))
    assert ours is not None
    assert theirs is not None

    foreign, _ = send(two, sign_in, kind="ai_scene", reference=theirs.public_id)
    _, spec = send(two, sign_in, kind="ai_scene", reference=ours.public_id)

    assert "not here any more" in str(foreign.context["form"].errors["reference"])
    assert spec is not None
    assert spec.painting is not None
    assert spec.painting.reference == ours.main.sha256
    assert files.exists("originals", original_key(two.ours.workspace.pk, ours.main.sha256))


@pytest.mark.parametrize("start", ["kitchen", "soft-light", "larger"])
def test_it_starts_from_a_ready_recipe(start: str, two: Two, sign_in: SignIn) -> None:
    client = sign_in("editor")
    listed = client.get(reverse("presets")).content.decode()
    form = client.get(f"{reverse('preset_new')}?start={start}").context["form"]
    values = {name: form[name].value() for name in form.fields}

    answer = client.post(
        reverse("preset_new"), {key: str(value) for key, value in values.items() if value}
    )

    assert f"?start={start}" in listed
    assert answer.status_code == 302, answer.context["form"].errors
    assert two.ours.workspace.presets.get(name=values["name"]).latest.parsed().painting


def test_an_edit_that_holds_a_ground_from_before_can_still_be_changed(
    two: Two, sign_in: SignIn
) -> None:
    preset = presets.create(
        two.ours.workspace, "Old", {"kind": "edit", "painting": {"prompt": "x"}}
    )
    old = {**preset.latest.spec, "background": {"type": "color", "color": "#aabbcc"}}
    preset.versions.update(spec=old)
    client, url = sign_in("editor"), reverse("preset", args=[preset.pk])
    form = client.get(url).context["form"].initial

    answer = client.post(url, {**form, "prompt": "a red strap"})

    assert answer.status_code == 302, answer.context["form"].errors
    assert preset.latest.parsed().background == Background()


def test_it_says_at_the_kinds_which_are_unavailable_and_why(
    two: Two, sign_in: SignIn, hosts: None
) -> None:
    shown = sign_in("editor").get(reverse("preset_new")).content.decode()

    assert shown.count("Unavailable</span>") == len(PAINTED_KINDS) - 1
    assert "Unavailable, because: Its licence was not accepted." in shown
    assert all(f'value="{kind}"' in shown for kind in PAINTED_KINDS)


def test_it_says_at_the_product_why_a_preset_cannot_be_used(
    two: Two, sign_in: SignIn, hosts: None
) -> None:
    workspace, product = two.ours.workspace, two.ours.products[3]
    spec = {"kind": "edit", "painting": {"prompt": "a table"}}
    preset, client = presets.create(workspace, "AAA", spec), sign_in("editor")
    before = product.generations.count()

    page = client.get(reverse("product", args=[product.pk])).content.decode()
    wish = {"preset": str(preset.pk), "publish": "none"}
    part = client.get(reverse("product_sources", args=[product.pk]), wish)
    client.post(reverse("product_generate", args=[product.pk]), wish)

    assert "Unavailable, because: Its licence was not accepted." in page
    assert "Unavailable, because: Its licence was not accepted." in part.content.decode()
    assert product.generations.count() == before


def test_it_takes_a_request_on_while_a_host_is_away(two: Two, sign_in: SignIn, hosts: None) -> None:
    EngineHost.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    product = two.ours.products[3]
    spec = {"kind": "ai_scene", "painting": {"prompt": "a table"}}
    preset, client = presets.create(two.ours.workspace, "AAA", spec), sign_in("editor")

    page = client.get(reverse("product", args=[product.pk])).content.decode()
    client.post(
        reverse("product_generate", args=[product.pk]), {"preset": preset.pk, "publish": "none"}
    )

    assert "What is asked for meanwhile waits in the line." in page
    assert product.generations.filter(preset_version=preset.latest).count() == 1


def test_it_lists_hosts_with_their_memory_and_what_nobody_makes(
    two: Two, sign_in: SignIn, hosts: None
) -> None:
    EngineHost.objects.create(name="gpu-2", seen_at=timezone.now() - timedelta(minutes=9))
    EngineHost.objects.create(name="gpu-3", seen_at=timezone.now() - timedelta(days=9))
    set_staff(two, is_staff=True)

    shown = sign_in("owner").get(reverse("system")).content.decode()

    assert 'value="75" aria-label="Memory of gpu-1"' in shown
    assert "klein-4b" in shown
    assert "gpu-2" in shown
    assert "gpu-3" not in shown
    assert shown.count("At work") == shown.count("Away") == 1
    assert "Fast: Its licence was not accepted." in shown


def test_an_owner_sees_what_is_made_and_nothing_of_the_installations_machines(
    two: Two, sign_in: SignIn, hosts: None
) -> None:
    shown = sign_in("owner").get(reverse("system")).content.decode()

    assert [one for one in ("gpu-1", "H200", "klein-4b", "in use") if one in shown] == []
    assert "One GPU host is at work." in shown
    assert "Fast: Its licence was not accepted." in shown


def test_it_says_how_long_a_picture_took_lately(two: Two, sign_in: SignIn, hosts: None) -> None:
    made = two.ours.generations["succeeded"]
    type(made).objects.filter(pk=made.pk).update(
        compatibility="ai_scene/fast/0123", reused=False, stage_times={"inference": 3.5, "store": 1}
    )

    shown = sign_in("owner").get(reverse("system")).content.decode()

    assert shown.count("a picture lately") == 1
    assert "4.5 s a picture lately" in shown


@pytest.mark.parametrize("is_staff", [True, False])
def test_it_says_once_that_no_host_is_at_work_and_to_operators_what_to_do(
    is_staff: bool, two: Two, sign_in: SignIn
) -> None:
    set_staff(two, is_staff=is_staff)

    shown = sign_in("owner").get(reverse("system")).content.decode()

    assert shown.count("Q_CLUSTER_NAME=gpu") == is_staff
    assert shown.count("No GPU worker is running. Ask whoever runs this") == (not is_staff)
    assert shown.count("Unavailable") == len(PAINTED_KINDS)


@pytest.mark.parametrize("is_staff", [True, False])
def test_the_command_that_fetches_a_model_is_for_operators(
    is_staff: bool, two: Two, sign_in: SignIn, hosts: None
) -> None:
    reason = "The model klein-4b is not here. On the GPU machine run `manage.py fetch_model`."
    EngineHost.objects.update(missing={"edit/fast": reason})
    set_staff(two, is_staff=is_staff)

    shown = sign_in("owner").get(reverse("system")).content.decode()

    assert ("<code>manage.py fetch_model</code>" in shown) is is_staff
    told = "The model klein-4b is not here. Ask whoever runs this installation to see to it."
    assert (told in shown) is not is_staff


def test_no_page_of_a_merchant_shows_an_operators_command(two: Two, sign_in: SignIn) -> None:
    spec = {"kind": "ai_scene", "painting": {"prompt": "a table"}}
    presets.create(two.ours.workspace, "AAA", spec)
    client, product = sign_in("editor"), two.ours.products[3]
    urls = [reverse("presets"), reverse("preset_new"), reverse("product", args=[product.pk])]

    pages = [client.get(url).content.decode() for url in urls]

    assert all("No GPU worker is running. Ask whoever runs this" in page for page in pages)
    assert [page for page in pages if "manage.py" in page or "PRODUCTVIZ_" in page] == []


def test_it_shows_a_command_as_one_and_nothing_else_of_a_sentence() -> None:
    assert coded(f"Run `a & b`, {SCRIPT}") == (
        "Run <code>a &amp; b</code>, &lt;script&gt;alert(1)&lt;/script&gt;"
    )


@pytest.mark.parametrize(
    ("painter", "shown_of_it"),
    [
        (HERE, ["klein-4b", "maker/klein", "e7b7dc2", "Apache-2.0, MIT", "<dd>4</dd>"]),
        (ELSEWHERE, ["gpt-image", "Their terms"]),
    ],
    ids=["here", "elsewhere"],
)
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("edit", "Painted by a model; look closely."),
        ("ai_scene", "The scene was painted by a model; the product’s pixels are the photo’s own."),
    ],
)
def test_it_tells_how_an_image_was_painted(
    kind: str,
    words: str,
    painter: dict[str, object],
    shown_of_it: list[str],
    two: Two,
    sign_in: SignIn,
) -> None:
    spec = {"kind": kind, "painting": {"prompt": "a table"}}
    presets.create(two.ours.workspace, "Kitchen", spec)
    row = make_generation(two.ours, two.ours.products[2], "awaiting_review", preset="Kitchen")
    manifest = row.candidates.get().manifest
    ask = Ask("klein-4b", "edit", SCRIPT, "no text at all", 3, 768, 512)
    painted = Painted(np.zeros((512, 768, 3), np.uint8), painter)
    facts = ask_facts(ask, painted, Prepared(items=()))
    Candidate.objects.filter(generation=row).update(manifest={**manifest, "facts": facts})

    shown = sign_in("viewer").get(reverse("generation", args=[row.pk])).content.decode()

    assert words in shown
    assert [one for one in shown_of_it if one not in shown] == []
    assert "no text at all" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert SCRIPT not in shown


def test_it_shows_the_steps_of_the_model_and_that_it_stops(two: Two, sign_in: SignIn) -> None:
    row = make_generation(
        two.ours,
        two.ours.products[2],
        "processing",
        stage="inference",
        steps=20,
        steps_done=7,
        cancel_requested=True,
    )

    shown = sign_in("editor").get(reverse("generation", args=[row.pk])).content.decode()

    assert '<progress max="20" value="7"' in shown
    assert "Step 7 of 20; it stops after this one" in shown
    assert ">Stopping</span>" in shown
    assert reverse("generation_cancel", args=[row.pk]) not in shown


def test_no_host_is_waited_for_that_serves_something_else(two: Two, hosts: None) -> None:
    spec = parse_spec({"kind": "ai_scene", "painting": {"prompt": "a", "line_up": "best"}})
    EngineHost.objects.update(seen_at=timezone.now() - timedelta(minutes=5))

    outlook = availability.outlook([spec])

    assert outlook.delay(spec) == ""
    assert "No GPU worker is running" in outlook.obstacle(spec)
