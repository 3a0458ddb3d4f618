"""A preset after a change: what the form does not show, or shows rounded, stays as it was.

The form tells less than a recipe can hold: further files, a margin of 6.5 %, the shadow of a scene
that somebody sent by the API. So three recipes are compared: the preset's own, what the form made
of it before anybody touched it, and what the form makes now. Only what differs between the last two
was meant. Of the ground and the shadow of a painted picture the form says all, but for a gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.spec import MAIN, PAINTED_KINDS, PresetSpec

Recipe = Mapping[str, Any]

_SMALLEST_SIDE = 64  # what the spec allows


def changed(now: PresetSpec, *, shown: Recipe, asked: Recipe) -> dict[str, Any]:
    """The preset's recipe with what a person changed; all three as plain JSON values."""
    kept = now.model_dump(mode="json")
    recipe: dict[str, Any] = _merged(
        {**kept, "outputs": None},
        {**shown, "outputs": None},
        {**asked, "outputs": None},
    )
    recipe |= _around_paint(now, recipe, asked)
    main = _merged(kept["outputs"][0], _main_of(shown), _main_of(asked))
    is_transparent = recipe["scene"] is None and recipe["background"]["type"] == "transparent"
    others = [_fitted(one, kept["outputs"][0], main) for one in kept["outputs"][1:]]
    if is_transparent:
        others = [_see_through(one) for one in others]
    return {**recipe, "outputs": [main, *others]}


def _around_paint(now: PresetSpec, recipe: Recipe, asked: Recipe) -> dict[str, Any]:
    """The ground and the shadow as asked for; an older preset may still hold what none can have."""
    kinds = {now.kind, asked["kind"]}
    if not kinds & PAINTED_KINDS:
        return {}
    if kinds != {"ai_scene"}:
        return {part: asked[part] for part in ("background", "shadow")}
    shadow = {**recipe["shadow"], "type": asked["shadow"]["type"]}
    is_gradient = now.background.type == "gradient" and asked["background"]["type"] == "color"
    ground = recipe["background"] if is_gradient else asked["background"]
    return {"background": ground, "shadow": shadow}


def _merged(kept: Any, shown: Any, asked: Any) -> Any:
    if asked == shown:
        return kept
    if all(isinstance(one, Mapping) for one in (kept, shown, asked)):
        return {name: _merged(kept.get(name), shown.get(name), asked[name]) for name in asked}
    return asked


def _main_of(recipe: Recipe) -> dict[str, Any]:
    return next(dict(one) for one in recipe["outputs"] if one["name"] == MAIN)


def _fitted(output: dict[str, Any], old: dict[str, Any], main: dict[str, Any]) -> dict[str, Any]:
    """A further file in the main file's new shape: its longer side stays where main is as large."""
    width, height = main["width"], main["height"]
    if width * old["height"] == height * old["width"] and output["width"] <= width:
        return output
    scale = min(1.0, max(output["width"], output["height"]) / max(width, height))
    sides = {"width": round(width * scale), "height": round(height * scale)}
    return {**output, **{name: max(_SMALLEST_SIDE, side) for name, side in sides.items()}}


def _see_through(output: dict[str, Any]) -> dict[str, Any]:
    return {**output, "format": "webp"} if output["format"] == "jpeg" else output
