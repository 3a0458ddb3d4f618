"""The presets that every workspace starts with."""

from __future__ import annotations

from .parts import MAIN, Background, Output, Shadow
from .preset import PresetSpec

WHITE_BACKGROUND = PresetSpec()
TRANSPARENT = PresetSpec(
    background=Background(type="transparent"),
    shadow=Shadow(type="none"),
    outputs=(
        Output(name=MAIN, width=2000, height=2000, format="png"),
        Output(name="thumbnail", width=400, height=400, format="webp", quality=85),
    ),
)
BRAND_COLOUR = PresetSpec(background=Background(type="color", color="#f2efe9"))

BUILT_IN: dict[str, PresetSpec] = {
    "white-background": WHITE_BACKGROUND,
    "transparent": TRANSPARENT,
    "brand-colour": BRAND_COLOUR,
}
