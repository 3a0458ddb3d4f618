"""A painted scene in the form: its words, the brand's colours, its shadow, and older presets."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from generation import preset_words, presets
from generation.models import Preset
from generation.spec import Background, PresetSpec
from tests.dashboard.conftest import SignIn, Two
from tests.dashboard.test_painted import PAINT, send
from tests.dashboard.test_presets import PRESET

WORDS_BESIDE_ONE_COLOUR = (
    "on a wooden kitchen counter beside a window, warm morning light, soft background, "
    "a green plant"
)


def test_a_scene_goes_with_the_brands_colour_where_one_is_given(two: Two, sign_in: SignIn) -> None:
    colour = {"in_colours": "on", "brand_color": "#16224e"}
    page = sign_in("editor").get(reverse("preset_new")).content.decode()
    _, spec = send(two, sign_in, kind="ai_scene", **colour)
    preset = Preset.objects.get(workspace=two.ours.workspace, name="Painted")
    client, url = sign_in("editor"), reverse("preset", args=[preset.pk])
    shown = client.get(url)
    form = shown.context["form"].initial

    client.post(url, {**form, "in_colours": "", "brand_color": "no colour"})
    plain = preset.latest.parsed()
    client.post(url, {**form, "kind": "edit", **colour})

    assert "In colours that go with your brand" in page
    assert spec is not None
    assert spec.background == Background(type="color", color="#16224e")
    assert form["in_colours"] is True
    assert "colours that go with #16224e" in preset_words.painted(spec)
    assert plain.background == preset.latest.parsed().background == Background()


def test_a_packshot_becomes_a_scene_whose_ground_is_painted(two: Two, sign_in: SignIn) -> None:
    preset = two.ours.workspace.presets.get(name="Transparent")
    client, url = sign_in("editor"), reverse("preset", args=[preset.pk])
    form = client.get(url).context["form"].initial

    answer = client.post(url, {**form, "kind": "ai_scene", "prompt": "a table"})

    assert answer.status_code == 302, answer.context["form"].errors
    spec = preset.latest.parsed()
    assert (spec.kind, spec.background.type, spec.shadow.type) == ("ai_scene", "white", "contact")


def test_it_says_which_words_the_fast_line_up_leaves_out(two: Two, sign_in: SignIn) -> None:
    words = "a sunlit marble shelf beside a folded towel, morning light from the left, " * 2
    client = sign_in("editor")
    asked = {**PRESET, **PAINT, "kind": "ai_scene", "line_up": "fast", "prompt": words}

    page = client.get(reverse("preset_new")).content.decode()
    answer = client.post(reverse("preset_new"), asked, follow=True)
    quiet = client.post(
        reverse("preset_new"), {**asked, "line_up": "balanced", "name": "Slow"}, follow=True
    )

    assert "The fast line-up reads about the first 130 letters of your words" in page
    said = "The fast line-up reads about the first 130 letters of the preset’s words"
    assert said in answer.content.decode()
    assert said not in quiet.content.decode()


@pytest.mark.parametrize(
    ("change", "about", "last"),
    [
        ({"prompt": "a kitchen counter " * 105 + "by night"}, "first 1,", "counter"),
        ({"prompt": "厨房里的木制台面上" * 60}, "first 4", "台面"),
        ({"prompt": "на деревянной столешнице кухни " * 50}, "first 8", "столешнице"),
        ({"prompt": "... a kitchen", "line_up": "fast"}, "", ""),
        ({"prompt": WORDS_BESIDE_ONE_COLOUR, "line_up": "fast", "in_colours": "on",
          "brand_color": "#16224e"}, "", ""),
        ({"kind": "edit", "prompt": "make the strap red " * 104}, "first 1,", "strap"),
    ],
)  # fmt: skip
def test_it_says_which_words_every_line_up_leaves_out_and_no_others(
    change: dict[str, str], about: str, last: str, two: Two, sign_in: SignIn
) -> None:
    asked = {**PRESET, **PAINT, "kind": "ai_scene", **change}

    answer = sign_in("editor").post(reverse("preset_new"), asked, follow=True)

    said = [str(one) for one in answer.context["messages"]]
    warned = [one for one in said if "is left out" in one]
    assert len(said) == (2 if about else 1), said
    for one in warned:
        assert f"line-up reads about the {about}" in one
        assert last in one
        assert one.endswith("the rest is left out. Say less.")


SCENE = {"kind": "ai_scene", "painting": {"prompt": "a table"}}
COLOUR = {"type": "color", "color": "#aabbcc"}
GRADIENT = {"type": "gradient", "color": "#aabbcc", "color_to": "#ddeeff"}
WHITE = Background()


def saved_before(two: Two, spec: dict[str, Any], **held: Any) -> Preset:
    """A preset with parts that were not refused when it was saved."""
    preset = presets.create(two.ours.workspace, "Old", spec)
    preset.versions.update(spec={**preset.latest.spec, **held})
    return preset


def changed(preset: Preset, sign_in: SignIn, **change: str) -> PresetSpec:
    """The preset after its form was opened and sent with a change."""
    client, url = sign_in("editor"), reverse("preset", args=[preset.pk])
    form = client.get(url).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in {**shown, **change}.items() if value not in (None, "")}
    answer = client.post(url, sent)
    assert answer.status_code == 302, answer.context["form"].errors
    return preset.latest.parsed()


@pytest.mark.parametrize(
    ("held", "change", "expected"),
    [
        ({"shadow": {"type": "natural"}}, {}, ("contact", 1.0)),
        ({"shadow": {"type": "drop", "strength": 0.875}}, {}, ("contact", 0.875)),
        ({"shadow": {"type": "reflection"}}, {"scene_shadow": "none"}, ("none", 1.0)),
        ({"shadow": {"type": "none"}}, {}, ("none", 1.0)),
        ({"shadow": {"type": "none"}}, {"scene_shadow": "contact"}, ("contact", 1.0)),
        ({}, {"strength": "60"}, ("contact", 0.6)),
        ({}, {"kind": "packshot", "shadow": "drop"}, ("drop", 1.0)),
        ({"shadow": {"type": "natural"}}, {"kind": "packshot", "shadow": "contact"},
         ("contact", 1.0)),
    ],
)  # fmt: skip
def test_a_scene_from_before_can_be_saved_with_the_shadow_that_the_form_shows(
    held: dict[str, Any], change: dict[str, str], expected: Any, two: Two, sign_in: SignIn
) -> None:
    preset = saved_before(two, SCENE, **held)

    spec = changed(preset, sign_in, **{"margin": "20", **change})

    assert spec.composition.margin == 0.2
    assert (spec.shadow.type, spec.shadow.strength) == expected


@pytest.mark.parametrize(
    ("held", "change", "expected"),
    [
        ({"type": "transparent"}, {}, WHITE),
        (COLOUR, {"in_colours": ""}, WHITE),
        (GRADIENT, {}, Background.model_validate(GRADIENT)),
        (GRADIENT, {"in_colours": ""}, WHITE),
        (GRADIENT, {"brand_color": "#000000"},
         Background.model_validate({**GRADIENT, "color": "#000000"})),
        (GRADIENT, {"kind": "packshot", "background": "white"}, WHITE),
        (GRADIENT, {"kind": "packshot"},
         Background.model_validate({**GRADIENT, "shape": "radial"})),
        (GRADIENT, {"kind": "edit"}, WHITE),
    ],
)  # fmt: skip
def test_a_scenes_colours_can_be_kept_and_taken_away(
    held: dict[str, Any], change: dict[str, str], expected: Background, two: Two, sign_in: SignIn
) -> None:
    outputs = [{"name": "main", "width": 2000, "height": 2000, "format": "png"}]
    preset = saved_before(two, {**SCENE, "outputs": outputs}, background=held)

    spec = changed(preset, sign_in, **{"margin": "20", **change})

    assert spec.background == expected


def test_an_edit_with_a_ground_from_before_becomes_a_packshot_on_white(
    two: Two, sign_in: SignIn
) -> None:
    preset = saved_before(two, {**SCENE, "kind": "edit"}, background=COLOUR)

    spec = changed(preset, sign_in, kind="packshot", background="white")

    assert (spec.kind, spec.background) == ("packshot", WHITE)
