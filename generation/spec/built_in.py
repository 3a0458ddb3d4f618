"""The presets that every workspace starts with."""

from __future__ import annotations

from .parts import MAIN, Arrangement, Background, Output, Scene, Shadow
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
ON_A_PODIUM = PresetSpec(kind="scene", scene=Scene(plate="podium"))
ON_A_WOODEN_TABLE = PresetSpec(kind="scene", scene=Scene(plate="wooden-table"))
GHOST_MANNEQUIN = PresetSpec(kind="ghost_mannequin")
GROUP_SHOT = PresetSpec(
    kind="group_shot",
    background=Background(type="gradient", color="#f6f4f0", color_to="#d9d5cd", shape="radial"),
    arrangement=Arrangement(layout="cluster"),
)
FLAT_LAY = PresetSpec(
    kind="flat_lay",
    background=Background(type="color", color="#f2efe9"),
    shadow=Shadow(type="drop"),
    arrangement=Arrangement(layout="cluster", proportions="equal"),
)

BUILT_IN: dict[str, PresetSpec] = {
    "white-background": WHITE_BACKGROUND,
    "transparent": TRANSPARENT,
    "brand-colour": BRAND_COLOUR,
    "on-a-podium": ON_A_PODIUM,
    "on-a-wooden-table": ON_A_WOODEN_TABLE,
    "group-shot": GROUP_SHOT,
    "flat-lay": FLAT_LAY,
    "ghost-mannequin": GHOST_MANNEQUIN,
}
