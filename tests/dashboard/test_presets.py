"""Presets: from a merchant's words to a spec, its problems at their fields, its versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from generation import plates, presets
from generation.models import Automation, Preset
from generation.spec import parse_spec
from generation.views.preset_form import PresetForm
from tests.dashboard.conftest import SignIn, Two

PRESET = {
    "name": "Summer", "kind": "packshot", "background": "color", "color": "#aabbcc",
    "color_to": "#ddeeff", "shape": "radial", "shadow": "contact", "strength": "80",
    "margin": "12", "anchor": "bottom", "width": "1000", "height": "1250", "format": "jpeg",
    "quality": "90", "max_upscale": "150", "layout": "grid", "gap": "20", "proportions": "equal",
    "view": "top",
}  # fmt: skip


def test_it_makes_a_preset_from_a_merchants_words(two: Two, sign_in: SignIn) -> None:
    sign_in("editor").post(reverse("preset_new"), PRESET)

    spec = Preset.objects.get(workspace=two.ours.workspace, name="Summer").latest.parsed()
    assert (spec.background.color, spec.shadow.strength, spec.composition.margin) == (
        "#aabbcc",
        0.8,
        0.12,
    )
    assert [(one.name, one.width, one.height) for one in spec.outputs] == [
        ("main", 1000, 1250),
        ("thumbnail", 320, 400),
    ]


@pytest.fixture
def podium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation with one plate."""
    (tmp_path / "podium").mkdir()
    colours = [{"name": name, "title": name.capitalize()} for name in ("sand", "sage")]
    plate = {
        "name": "podium",
        "title": "Podium",
        "summary": "Round.",
        "variations": colours,
        "version": 1,
    }
    (tmp_path / "podium" / "plate.json").write_text(json.dumps(plate))
    monkeypatch.setattr(plates, "FOLDER", tmp_path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"background": "gradient", "shadow": "natural"}, {
            "background": {"type": "gradient", "color": "#aabbcc", "color_to": "#ddeeff",
                           "shape": "radial"},
            "shadow": {"type": "natural", "strength": 0.8}, "scene": None, "arrangement": None,
        }),
        ({"kind": "scene", "plate": "podium", "variation-podium": "sage", "strength": "999"}, {
            "scene": {"plate": "podium", "variation": "sage", "view": "top"},
            "background": {"type": "white"}, "shadow": {"type": "contact", "strength": 1.0},
        }),
        ({"kind": "group_shot", "plate": ""}, {
            "arrangement": {"layout": "grid", "gap": 0.2, "proportions": "equal"}, "scene": None,
            "background": {"type": "color", "color": "#aabbcc"},
        }),
        ({"kind": "flat_lay", "plate": "podium"}, {
            "scene": {"plate": "podium", "variation": "", "view": "auto"},
        }),
        ({"kind": "ghost_mannequin", "plate": "podium", "gap": "none"}, {
            "scene": None, "arrangement": None,
        }),
        ({"channels": ["amazon.main", "ebay.listing"], "max_kilobytes": "300"}, {
            "channels": ["amazon.main", "ebay.listing"],
            "composition": {"margin": 0.12, "anchor": "bottom", "max_upscale": 1.5,
                            "shrink_to_source": False},
        }),
    ],
)  # fmt: skip
def test_it_asks_for_what_the_kind_can_use_and_nothing_hidden(
    change: dict[str, Any], expected: dict[str, Any], two: Two, sign_in: SignIn, podium: None
) -> None:
    sign_in("editor").post(reverse("preset_new"), {**PRESET, **change})

    spec = Preset.objects.get(workspace=two.ours.workspace, name="Summer").latest.parsed()
    plain = spec.model_dump(mode="json", exclude_none=True)
    assert {part: plain.get(part) for part in expected} == expected
    assert spec.main.max_bytes == (300_000 if "max_kilobytes" in change else None)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"background": "transparent"}, "format", "cannot be transparent"),
        ({"color": "red"}, "color", "valid value"),
        ({"width": "9999"}, "width", "4096"),
        ({"name": "Transparent"}, "name", "called “Transparent” already"),
        ({"margin": "90"}, "margin", "40"),
        ({"kind": "scene", "plate": ""}, "plate", "Choose the studio plate"),
        ({"kind": "scene", "plate": "beach"}, "plate", "valid choice"),
        ({"max_upscale": "900"}, "max_upscale", "400"),
    ],
)
def test_it_shows_each_preset_problem_at_its_field(
    change: dict[str, str], field: str, words: str, two: Two, sign_in: SignIn
) -> None:
    response = sign_in("editor").post(reverse("preset_new"), {**PRESET, **change})

    form: PresetForm = response.context["form"]
    assert words in str(form.errors.get(field, form.errors.get("__all__", "")))
    assert not Preset.objects.filter(name="Summer").exists()


def test_it_changes_a_preset_by_a_new_version(two: Two, sign_in: SignIn) -> None:
    preset = two.ours.workspace.presets.get(name="White background")
    client, url = sign_in("editor"), reverse("preset", args=[preset.pk])
    shown = client.get(url).context["form"].initial
    client.post(url, shown)
    untouched = preset.versions.count()

    client.post(url, {**shown, "margin": "20"})
    client.post(url, {**shown, "margin": "20"})

    numbers = list(preset.versions.order_by("number").values_list("number", flat=True))
    assert untouched == 1
    assert numbers == [1, 2]
    assert preset.latest.parsed().composition.margin == 0.2


RICH: dict[str, Any] = {
    "background": {"type": "gradient", "color": "#aabbcc", "color_to": "#ddeeff"},
    "shadow": {"type": "drop", "strength": 0.875},
    "composition": {"margin": 0.065, "max_upscale": 1.255, "shrink_to_source": False},
    "outputs": [
        {"name": "main", "width": 2000, "height": 1600, "quality": 97, "max_bytes": 1_234_567},
        {"name": "grid", "width": 1000, "height": 800, "format": "webp", "max_bytes": 90_000},
        {"name": "zoom", "width": 2000, "height": 1600, "format": "jpeg", "quality": 70},
    ],
    "channels": ["amazon.main", "ebay.listing"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"shadow": "contact"}, {"shadow": {"type": "contact", "strength": 0.875}}),
        ({"channels": ["etsy.listing"]}, {"channels": ["etsy.listing"]}),
        ({"background": "white"}, {"background": {"type": "white"}}),
        ({"quality": "80"}, {
            "outputs": [{**RICH["outputs"][0], "quality": 80}, *RICH["outputs"][1:]],
        }),
        ({"width": "1500", "height": "1500"}, {"outputs": [
            {**RICH["outputs"][0], "width": 1500, "height": 1500},
            {**RICH["outputs"][1], "width": 1000, "height": 1000},
            {**RICH["outputs"][2], "width": 1500, "height": 1500},
        ]}),
        ({"background": "transparent", "format": "png"}, {
            "background": {"type": "transparent"},
            "outputs": [
                {**RICH["outputs"][0], "format": "png"}, RICH["outputs"][1],
                {**RICH["outputs"][2], "format": "webp"},
            ],
        }),
    ],
    ids=["nothing", "shadow", "channels", "ground", "quality", "shape", "transparency"],
)  # fmt: skip
def test_a_change_keeps_what_the_form_does_not_show_or_rounds(
    change: dict[str, Any], expected: dict[str, Any], two: Two, sign_in: SignIn
) -> None:
    preset, client = presets.create(two.ours.workspace, "Rich", RICH), sign_in("editor")
    url = reverse("preset", args=[preset.pk])
    page = client.get(url)
    assert "grid (1000 × 800, WEBP)" in page.content.decode()

    answer = client.post(url, {**page.context["form"].initial, **change})

    assert answer.status_code == 302, answer.context["form"].errors
    assert preset.latest.parsed() == parse_spec({**RICH, **expected})
    assert preset.versions.count() == (2 if change else 1)


def test_a_change_keeps_the_ground_that_a_scene_hides(
    two: Two, sign_in: SignIn, podium: None
) -> None:
    spec = {**RICH, "kind": "scene", "scene": {"plate": "podium", "view": "front"}}
    preset, client = presets.create(two.ours.workspace, "Set", spec), sign_in("editor")
    url = reverse("preset", args=[preset.pk])
    shown = client.get(url).context["form"].initial

    client.post(url, {**shown, "view": "top", "background": "white"})

    expected = {**spec, "scene": {"plate": "podium", "view": "top"}}
    assert preset.latest.parsed() == parse_spec(expected)


def test_it_puts_a_preset_away_with_its_automations(two: Two, sign_in: SignIn) -> None:
    automation, client = two.ours.automation, sign_in("editor")
    assert automation is not None

    client.post(reverse("preset_archive", args=[automation.preset_id]))

    assert Automation.objects.get(pk=automation.pk).enabled is False
    assert client.get(reverse("preset", args=[automation.preset_id])).status_code == 404


def test_it_says_which_preset_cannot_be_used_and_why(two: Two, sign_in: SignIn) -> None:
    spec = {"kind": "scene", "scene": {"plate": "beach"}}
    preset, client = presets.create(two.ours.workspace, "Old set", spec), sign_in("editor")
    product = two.ours.products[3]
    before = product.generations.count()

    shown = client.get(reverse("presets"))
    client.post(
        reverse("product_generate", args=[product.pk]), {"preset": preset.pk, "publish": "none"}
    )
    then = client.get(reverse("product", args=[product.pk]))

    assert "The studio plate “beach” is not installed" in shown.content.decode()
    assert "The studio plate “beach” is not installed" in str(*then.context["messages"])
    assert product.generations.count() == before


def test_it_has_a_thumbnail_of_every_plate_in_every_colour() -> None:
    wanted = [one.thumbnail for card in plates.installed() for one in card.variations]

    assert wanted
    assert [path for path in wanted if not finders.find(path)] == []
