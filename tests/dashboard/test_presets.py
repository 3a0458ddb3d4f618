"""Presets: from a merchant's words to a spec, its problems at their fields, its versions."""

from __future__ import annotations

import pytest
from django.urls import reverse

from generation.models import Automation, Preset
from generation.views.presets import PresetForm
from tests.dashboard.conftest import SignIn, Two

PRESET = {
    "name": "Summer", "background": "color", "color": "#aabbcc", "shadow": "contact",
    "strength": "80", "margin": "12", "anchor": "bottom", "width": "1000", "height": "1250",
    "format": "jpeg", "channel": "",
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


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"background": "transparent"}, "format", "cannot be transparent"),
        ({"color": "red"}, "color", "valid value"),
        ({"width": "9999"}, "width", "4096"),
        ({"name": "Transparent"}, "name", "called “Transparent” already"),
        ({"margin": "90"}, "margin", "40"),
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

    client.post(url, {**shown, "margin": "20"})
    client.post(url, {**shown, "margin": "20"})

    numbers = list(preset.versions.order_by("number").values_list("number", flat=True))
    assert numbers == [1, 2]
    assert preset.latest.parsed().composition.margin == 0.2


def test_it_puts_a_preset_away_with_its_automations(two: Two, sign_in: SignIn) -> None:
    automation, client = two.ours.automation, sign_in("editor")
    assert automation is not None

    client.post(reverse("preset_archive", args=[automation.preset_id]))

    assert Automation.objects.get(pk=automation.pk).enabled is False
    assert client.get(reverse("preset", args=[automation.preset_id])).status_code == 404
