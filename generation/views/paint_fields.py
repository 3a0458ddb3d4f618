"""The painting of a preset's form: its fields, which kind shows which, and the way to the spec."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from generation import originals, preset_words
from generation.preset_words import Choice
from generation.spec import MOST_LETTERS, PAINTED_KINDS, Kind, Painting, painting_parts
from integrations.models import SourceImage
from productviz.accounts.models import Workspace
from productviz.lib.ids import parse_public_id

PAINT_FIELDS = (
    "prompt", "negative_prompt", "line_up", "reference", "person", "pose", "light", "factor",
)  # fmt: skip
# They stand for the ground, which a painted scene has not, and for its shadow.
AROUND_FIELDS = ("in_colours", "brand_color", "scene_shadow")
# Kinds that show each field, as the style sheet reads them.
SHOWN_FOR = {
    name: " ".join(
        kind for kind in sorted(PAINTED_KINDS) if name in painting_parts(cast("Kind", kind))
    )
    for name in PAINT_FIELDS
}


# What each kind cannot do without, and how the form asks for it.
MISSING: Mapping[str, tuple[tuple[str, ...], str]] = {
    "ai_scene": (
        ("prompt", "reference"),
        "Say what is to be painted, or choose a picture whose look is followed.",
    ),
    "virtual_model": (("person",), "Choose the person who wears the garment."),
    "edit": (("prompt",), "Say what is to change."),
    "relight": (("light", "prompt"), "Choose where the light comes from, or say it in words."),
    "upscale": (("factor",), "Choose how much larger it becomes."),
}


def _words(label: str, words: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        initial="",
        max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=words,
    )


def colour(label: str, initial: str, words: str) -> forms.RegexField:
    """A field for a colour, such as #f2efe9."""
    return forms.RegexField(
        label=label,
        regex=r"^#[0-9a-fA-F]{6}$",
        initial=initial,
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text=words,
    )


def _optional(label: str, choices: tuple[Choice, ...], words: str = "") -> forms.ChoiceField:
    pairs = [(one.value, one.title) for one in choices]
    return forms.ChoiceField(
        label=label, choices=pairs, initial=pairs[0][0], required=False, help_text=words
    )


class PaintFields(forms.Form):
    """What a model is asked for. A reference is a hash, a person an id: the use case looks both
    up in the workspace."""

    prompt = _words("In your words", "Such as “a warm kitchen counter, morning light”")
    negative_prompt = _words(
        "Not in the picture",
        "Such as “people, text”. The usual model of fast scenes does not follow it",
    )
    line_up = forms.ChoiceField(
        label="How it is painted",
        choices=[(one.value, f"{one.title}: {one.line}") for one in preset_words.LINE_UPS],
        initial="fast",
        required=False,
    )
    in_colours = forms.BooleanField(label="In colours that go with your brand", required=False)
    brand_color = colour(
        "Your brand’s colour", "#f2efe9", "The model is told its name, such as “navy blue”"
    )
    scene_shadow = _optional("Shadow", preset_words.SCENE_SHADOWS)
    reference = forms.CharField(label="In the look of", required=False, initial="")
    person = forms.CharField(label="Person", required=False, initial="")
    pose = _optional("Pose", preset_words.POSES)
    light = _optional("Light", preset_words.LIGHTS)
    factor = _optional("Larger", preset_words.FACTORS)


def painting(kind: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The painting as the spec writes it; None for a kind that is not painted."""
    parts = painting_parts(cast("Kind", kind))
    found = {name: asked[name] for name in PAINT_FIELDS if name in parts and asked.get(name)}
    if "factor" in found:
        found["factor"] = int(found["factor"])
    return found if parts else None


def paint_values(asked: Painting | None) -> dict[str, Any]:
    """The form's values for a painting as it is."""
    kept = asked.model_dump(exclude_defaults=True) if asked else {}
    return {name: str(value) for name, value in kept.items()}


def sketched(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with some hash for a reference that is not looked up yet: a drawing needs none."""
    wish = values.get("reference") or ""
    return {**values, "reference": wish if not wish or is_hash(wish) else "0" * 64}


def is_hash(wish: str) -> bool:
    """Whether it is the SHA-256 of a picture that is kept."""
    return re.fullmatch(r"[0-9a-f]{64}", wish) is not None


def with_reference(
    workspace: Workspace, data: QueryDict, file: UploadedFile[Any] | None
) -> tuple[QueryDict, str]:
    """The form's data with the hash of the chosen or sent picture, and what is wrong with it."""
    found = data.copy()
    wish = data.get("reference", "")
    try:
        if file is not None:
            found["reference"] = originals.keep_upload(workspace, file, file.size or 0)
        elif "_" in wish:
            found["reference"] = _chosen(workspace, wish)
    except ValueError as error:
        found["reference"] = ""
        return found, str(error)
    return found, ""


def _chosen(workspace: Workspace, wish: str) -> str:
    asset = image = None
    if (pk := parse_public_id("ast", wish)) is not None:
        asset = workspace.assets.filter(pk=pk, deleted_at=None).first()
    elif (pk := parse_public_id("img", wish)) is not None:
        image = SourceImage.objects.filter(pk=pk, product__store__workspace=workspace).first()
    sha256 = originals.chosen(workspace, asset, image)
    if not sha256:
        raise ValueError("That picture is not here any more. Choose another one.")
    return sha256
