"""The form of a preset: a recipe in a merchant's words, and its way to the spec and back.

Every field is on the page; a style sheet shows those of the chosen kind. What is hidden does not
count, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from generation import plates, preset_words
from generation.models import Preset
from generation.preset_changes import changed
from generation.preset_words import Choice
from generation.spec import MAX_SIDE, PAINTED_KINDS, PresetSpec, SpecError
from generation.views.paint_fields import (
    AROUND_FIELDS,
    MISSING,
    PAINT_FIELDS,
    SHOWN_FOR,
    PaintFields,
    colour,
    paint_values,
    painting,
)

FORMATS = (("jpeg", "JPEG"), ("webp", "WebP"), ("png", "PNG"), ("avif", "AVIF"))
THUMBNAIL_SIDE = 400
WITH_PLATE = ("scene", "group_shot", "flat_lay")
GROUPS = ("group_shot", "flat_lay")
PLAIN_FIELDS = (
    "background", "color", "color_to", "shape", "shadow", "strength", "margin", "anchor",
)  # fmt: skip
IN_PAINT = ("strength", "margin", "anchor")
PLATE_FIELDS = ("plate", "variation", "view")
GROUP_FIELDS = ("layout", "gap", "proportions")
ADVANCED = ("quality", "max_kilobytes", "max_upscale", "shrink_to_source")
# Where the spec names a field, the form shows its sentence at this field; the first fit counts.
_FIELD_OF = {
    "background.color_to": "color_to",
    "background.color": "color",
    "background": "background",
    "shadow.strength": "strength",
    "shadow": "shadow",
    "scene.view": "view",
    "scene": "plate",
    "arrangement.gap": "gap",
    "composition.margin": "margin",
    "composition.max_upscale": "max_upscale",
    "outputs.0.quality": "quality",
    "outputs.0.max_bytes": "max_kilobytes",
    "outputs": "format",
    "channels": "channels",
    **{f"painting.{name}": name for name in PAINT_FIELDS},
    "painting": "prompt",
    "name": "name",
}


def _choice(label: str, choices: tuple[Choice, ...], **extra: Any) -> forms.ChoiceField:
    pairs = [(one.value, one.title) for one in choices]
    initial = extra.pop("initial", choices[0].value)
    return forms.ChoiceField(label=label, choices=pairs, initial=initial, **extra)


def _number(label: str, least: int, most: int, initial: int, words: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, initial=initial, help_text=words
    )


class _OfPlate(forms.HiddenInput):
    """Every plate has its own list of variations; the chosen plate's counts."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        return data.get(f"{name}-{data.get('plate', '')}", data.get(name, ""))


class PresetForm(PaintFields):
    """A recipe in a merchant's words; ``spec`` is its exact form."""

    name = forms.CharField(label="Name", max_length=100, help_text="Such as “Summer catalog”")
    kind = _choice("Kind of picture", preset_words.KINDS)
    field_order = ("name", "kind")
    plate = forms.ChoiceField(label="Studio plate", required=False, initial="")
    variation = forms.CharField(required=False, widget=_OfPlate, initial="")
    view = _choice("Camera", preset_words.VIEWS)
    background = _choice("Background", preset_words.BACKGROUNDS)
    color = colour("Background colour", "#f2efe9", "Of a gradient: its lightest place")
    color_to = colour("Runs to", "#d9d2c5", "The gradient’s other end")
    shape = _choice("Gradient", preset_words.SHAPES)
    shadow = _choice("Shadow", preset_words.SHADOWS)
    strength = _number("Shadow strength", 10, 150, 100, "In percent; 100 is a studio’s own")
    layout = _choice("Layout", preset_words.LAYOUTS)
    gap = _number("Gap", 0, 100, 12, "In percent of a product’s width")
    proportions = _choice("Sizes", preset_words.PROPORTIONS)
    margin = _number("Margin", 2, 40, 6, "In percent of the shorter side")
    anchor = _choice("Product stands", preset_words.ANCHORS)
    width = _number("Width", 64, MAX_SIDE, 2000, "In pixels")
    height = _number("Height", 64, MAX_SIDE, 2000, "In pixels")
    format = forms.ChoiceField(label="File format", choices=FORMATS, initial="jpeg")
    channels = forms.MultipleChoiceField(
        label="Sales channels", required=False, widget=forms.CheckboxSelectMultiple
    )
    quality = _number("Quality", 60, 100, 92, "Of JPEG, WebP and AVIF")
    max_kilobytes = forms.IntegerField(
        label="Largest file",
        required=False,
        min_value=10,
        help_text="In kilobytes; quality goes down until it fits",
    )
    max_upscale = _number(
        "Largest enlargement", 100, 400, 200, "In percent of the photo’s own pixels"
    )
    shrink_to_source = forms.BooleanField(
        label="Make smaller files of small photographs", required=False, initial=True
    )

    def __init__(
        self, data: QueryDict | dict[str, Any] | None = None, *, initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial)
        cards = [(card.name, card.title) for card in plates.installed()]
        kept = (initial or {}).get("plate", "")
        if kept and kept not in dict(cards):
            cards.append((kept, kept))
        self.fields["plate"].choices = [("", "Plain ground"), *cards]  # type: ignore[attr-defined]
        self.fields["channels"].choices = [  # type: ignore[attr-defined]
            (one.value, one.title) for one in preset_words.channels()
        ]

    def clean(self) -> dict[str, Any]:
        """Take the fields that the chosen kind does not show as never touched."""
        asked: dict[str, Any] = super().clean() or {}
        no_colour = () if asked.get("in_colours") else ("brand_color",)
        for name in (*_hidden(asked.get("kind", "packshot"), asked.get("plate", "")), *no_colour):
            self.errors.pop(name, None)
            untouched = self.fields[name].initial
            is_kept = name in PLAIN_FIELDS and asked.get("kind") not in PAINTED_KINDS
            asked[name] = self.initial.get(name, untouched) if is_kept else untouched
        if asked.get("kind") == "scene" and not asked.get("plate"):
            self.add_error("plate", "Choose the studio plate that the product stands on.")
        self._ask_for_paint(asked)
        return asked

    def _ask_for_paint(self, asked: dict[str, Any]) -> None:
        names, sentence = MISSING.get(asked.get("kind", ""), ((), ""))
        if names and not any(asked.get(name) or name in self.errors for name in names):
            self.add_error(names[0], sentence)

    def spec(self) -> dict[str, Any]:
        """The preset's recipe as the spec writes it; call after validation."""
        asked = self.cleaned_data
        return {
            "kind": asked["kind"],
            "background": _background(asked),
            "shadow": _shadow(asked),
            "scene": _scene(asked),
            "arrangement": _arrangement(asked),
            "painting": painting(asked["kind"], asked),
            "composition": {
                "margin": asked["margin"] / 100,
                "anchor": asked["anchor"],
                "max_upscale": asked["max_upscale"] / 100,
                "shrink_to_source": asked["shrink_to_source"],
            },
            "outputs": [_main(asked), {"name": "thumbnail", **_thumbnail(asked)}],
            "channels": asked["channels"],
        }

    def changes(self, preset: Preset, spec: PresetSpec) -> dict[str, Any]:
        """The preset's recipe with what was changed on the page; call after validation."""
        untouched = values(preset, spec)
        shown = PresetForm(untouched, initial=untouched)
        shown.full_clean()
        return changed(spec, shown=shown.spec(), asked=self.spec())

    def refuse(self, error: ValueError) -> None:
        """Show each of the spec's sentences at the field that it is about."""
        problems = error.problems if isinstance(error, SpecError) else (("name", str(error)),)
        for path, sentence in problems:
            known = next((key for key in _FIELD_OF if path.startswith(key)), "")
            self.add_error(_FIELD_OF.get(known), sentence)


def _hidden(kind: str, plate: str) -> tuple[str, ...]:
    """The fields that make no difference for this kind of picture."""
    on_plate = kind == "scene" or (kind in GROUPS and plate != "")
    hidden: list[str] = []
    if kind in PAINTED_KINDS:
        kept = IN_PAINT if kind == "ai_scene" else ()
        hidden += [name for name in PLAIN_FIELDS if name not in kept]
    hidden += AROUND_FIELDS if kind != "ai_scene" else ()
    hidden += [name for name in PAINT_FIELDS if kind not in SHOWN_FOR[name].split()]
    hidden += PLAIN_FIELDS if on_plate else ("variation", "view")
    hidden += () if kind in WITH_PLATE else ("plate",)
    hidden += () if kind in GROUPS else GROUP_FIELDS
    hidden += ("view",) if kind == "flat_lay" and on_plate else ()
    return tuple(hidden)


def _background(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["in_colours"]:
        return {"type": "color", "color": asked["brand_color"], "color_to": None, "shape": None}
    kind = asked["background"]
    return {
        "type": kind,
        "color": asked["color"] if kind in ("color", "gradient") else None,
        "color_to": asked["color_to"] if kind == "gradient" else None,
        "shape": asked["shape"] if kind == "gradient" else None,
    }


def _shadow(asked: dict[str, Any]) -> dict[str, Any]:
    kind = asked["scene_shadow"] or "contact" if asked["kind"] == "ai_scene" else asked["shadow"]
    return {"type": kind, "strength": asked["strength"] / 100}


def _scene(asked: dict[str, Any]) -> dict[str, Any] | None:
    if not asked["plate"]:
        return None
    return {name: asked[name] for name in PLATE_FIELDS}


def _arrangement(asked: dict[str, Any]) -> dict[str, Any] | None:
    if asked["kind"] not in GROUPS:
        return None
    return {
        "layout": asked["layout"],
        "gap": asked["gap"] / 100,
        "proportions": asked["proportions"],
    }


def _main(asked: dict[str, Any]) -> dict[str, Any]:
    kilobytes = asked["max_kilobytes"]
    return {
        "name": "main",
        **{key: asked[key] for key in ("width", "height", "format", "quality")},
        "max_bytes": kilobytes * 1000 if kilobytes else None,
    }


def _thumbnail(asked: dict[str, Any]) -> dict[str, Any]:
    """A small copy of the same shape, in a format that can do what the main one can."""
    scale = min(1.0, THUMBNAIL_SIDE / max(asked["width"], asked["height"]))
    small = {"width": round(asked["width"] * scale), "height": round(asked["height"] * scale)}
    sizes = {side: max(64, pixels) for side, pixels in small.items()}
    return {
        **sizes,
        "format": "webp" if asked["background"] == "transparent" else "jpeg",
        "quality": 85,
    }


def values(preset: Preset, spec: PresetSpec) -> dict[str, Any]:
    """The form's values for a preset as it is."""
    return {**recipe_values(spec), "name": preset.name}


def recipe_values(spec: PresetSpec) -> dict[str, Any]:
    """The form's values for a recipe."""
    start = {name: field.initial for name, field in PresetForm.base_fields.items()}
    known: dict[str, Any] = {
        "kind": spec.kind,
        "background": spec.background.type,
        "color": spec.background.color,
        "color_to": spec.background.color_to,
        "shape": spec.background.shape,
        "in_colours": spec.kind == "ai_scene" and spec.background.color is not None,
        "brand_color": spec.background.color,
        "shadow": spec.shadow.type,
        "scene_shadow": "none" if (spec.kind, spec.shadow.type) == ("ai_scene", "none") else None,
        "strength": round(spec.shadow.strength * 100),
        "margin": round(spec.composition.margin * 100),
        "anchor": spec.composition.anchor,
        "width": spec.main.width,
        "height": spec.main.height,
        "format": spec.main.format,
        "channels": list(spec.channels),
        "quality": spec.main.quality,
        "max_kilobytes": (spec.main.max_bytes or 0) // 1000 or None,
        "max_upscale": round(spec.composition.max_upscale * 100),
        "shrink_to_source": spec.composition.shrink_to_source,
    }
    scene = spec.scene.model_dump() if spec.scene else {}
    group = spec.arrangement.model_dump() if spec.arrangement else {}
    if group:
        group["gap"] = round(group["gap"] * 100)
    known |= paint_values(spec.painting)
    every = {**start, **{name: value for name, value in known.items() if value is not None}}
    return {name: value for name, value in {**every, **scene, **group}.items() if value is not None}
