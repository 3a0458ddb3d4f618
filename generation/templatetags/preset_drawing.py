"""A drawing of what a preset asks for, made of numbers alone: no photo is needed to choose one.

A sketch for cards and the form, not a rendering; the product in it is always the same vase.
"""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from generation.spec import PresetSpec

register = template.Library()

_LONGEST = 120.0  # the drawing's longer side, in its own units
_VASE = (60.0, 88.0)  # width and height of the vase's path in the template
_SHADOW_OPACITY = 0.32


@dataclass(frozen=True, slots=True)
class Drawing:
    """The numbers of the SVG, as text because templates localise floats."""

    width: str
    height: str
    ground: str
    place: str
    shadow_opacity: str


@register.inclusion_tag("presets/_drawing.html")
def preset_drawing(spec: PresetSpec) -> dict[str, Drawing]:
    """Draw a preset's ground, shadow, margin and shape."""
    return {"drawing": draw(spec)}


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
        width=f"{width:.1f}",
        height=f"{height:.1f}",
        ground="" if spec.background.rgb is None else spec.background.color or "#ffffff",
        place=f"translate({left:.2f} {top:.2f}) scale({scale:.3f})",
        shadow_opacity=f"{_SHADOW_OPACITY * spec.shadow.strength:.2f}" if has_shadow else "",
    )
