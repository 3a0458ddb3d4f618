"""Drawings of what a preset asks for, made of numbers alone: no photo is needed to choose one.

A sketch for cards and the form, not a rendering. Only a plate is shown as it is: by its picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.forms import BoundField
from django.templatetags.static import static

from generation import availability, plates, preset_words
from generation.spec import PAINTED_KINDS, PresetSpec

register = template.Library()

_LONGEST = 120.0  # the drawing's longer side, in its own units
_VASE = (60.0, 88.0)  # width and height of the vase's path in the template
_SHADOW_OPACITY = 0.32
# Of these the drawing is the same whatever the recipe asks for.
WHOLE = PAINTED_KINDS | {"scene"}
_CHOICES = {
    "background": preset_words.BACKGROUNDS,
    "shape": preset_words.SHAPES,
    "shadow": preset_words.SHADOWS,
    "view": preset_words.VIEWS,
    "layout": preset_words.LAYOUTS,
    "proportions": preset_words.PROPORTIONS,
    "anchor": preset_words.ANCHORS,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """The numbers of the SVG, as text because templates localise floats."""

    kind: str
    is_whole: bool
    width: str
    height: str
    ground: str
    gradient: tuple[str, str] | None
    shape: str
    name: str
    place: str
    shadow: str
    shadow_opacity: str


@register.inclusion_tag("presets/_drawing.html")
def preset_drawing(spec: PresetSpec) -> dict[str, Any]:
    """Draw a preset's ground, shadow, margin and shape; a plate is its own picture."""
    return {"drawing": draw(spec), "plate": plate_picture(spec)}


@register.inclusion_tag("presets/_choices.html")
def picture_choices(field: BoundField) -> dict[str, Any]:
    """A field's options as cards, each with its small drawing and its line."""
    return {"field": field, "choices": _CHOICES[field.name], "chosen": field.value()}


@register.inclusion_tag("presets/_kinds.html")
def kind_choices(field: BoundField) -> dict[str, Any]:
    """The kinds of picture as cards: those of every machine, and those that need a GPU."""
    missing = availability.kinds_missing()
    painted = [one for one in preset_words.KINDS if one.value in PAINTED_KINDS]
    return {
        "field": field,
        "plain": [one for one in preset_words.KINDS if one.value not in PAINTED_KINDS],
        "painted": [(one, missing.get(one.value, "")) for one in painted],
        "reasons": dict.fromkeys(missing[kind] for kind in missing),
        "chosen": field.value(),
    }


@register.filter
def pixels(spec: PresetSpec) -> str:
    """What becomes of the product's own pixels."""
    return preset_words.pixels(spec)


@register.filter
def plate_url(path: str) -> str:
    """The address of a plate's thumbnail; empty where it has not been rendered."""
    return static(path) if finders.find(path) else ""


@register.filter
def kind_title(spec: PresetSpec) -> str:
    """The name of the preset's kind of picture."""
    return preset_words.kind_title(spec.kind)


@register.filter
def shadow_title(spec: PresetSpec) -> str:
    """The name of the preset's shadow."""
    return preset_words.title_of(preset_words.SHADOWS, spec.shadow.type)


@register.filter
def ground_words(spec: PresetSpec) -> str:
    """What is behind the product."""
    return preset_words.ground(spec)


@register.filter
def channel_title(channel: str) -> str:
    """The name of a sales channel."""
    return preset_words.channel_title(channel)


@register.filter
def obstacle(spec: PresetSpec) -> str:
    """Why the preset cannot be used now; empty if it can."""
    return preset_words.obstacle(spec)


def plate_picture(spec: PresetSpec) -> str:
    """The address of the plate's thumbnail in the preset's colours; empty without one."""
    plate = plates.find(spec.scene.plate) if spec.scene else None
    if spec.scene is None or plate is None:
        return ""
    variation = plate.variation(spec.scene.variation) or plate.variations[0]
    return plate_url(variation.thumbnail)


def draw(spec: PresetSpec) -> Drawing:
    """Lay the vase out on the preset's canvas as the studio engine would place a product."""
    unit = _LONGEST / max(spec.main.width, spec.main.height)
    width, height = spec.main.width * unit, spec.main.height * unit
    margin = spec.composition.margin * min(width, height)
    scale = min((width - 2 * margin) / _VASE[0], (height - 2 * margin) / _VASE[1])
    left = (width - _VASE[0] * scale) / 2
    room = height - 2 * margin - _VASE[1] * scale
    top = margin + (room if spec.composition.anchor == "bottom" else room / 2)
    has_shadow = spec.shadow.type != "none"
    return Drawing(
        kind=spec.kind,
        is_whole=spec.kind in WHOLE,
        width=f"{width:.1f}",
        height=f"{height:.1f}",
        ground=_ground(spec),
        gradient=_ends(spec),
        shape=spec.background.shape or "radial",
        name=f"ground-{spec.digest()[:8]}",
        place=f"translate({left:.2f} {top:.2f}) scale({scale:.3f})",
        shadow=spec.shadow.type,
        shadow_opacity=f"{_SHADOW_OPACITY * spec.shadow.strength:.2f}" if has_shadow else "",
    )


def _ground(spec: PresetSpec) -> str:
    if spec.background.type == "transparent":
        return ""
    return spec.background.color or "#ffffff"


def _ends(spec: PresetSpec) -> tuple[str, str] | None:
    if spec.background.color is None or spec.background.color_to is None:
        return None
    return spec.background.color, spec.background.color_to
