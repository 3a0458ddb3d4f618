"""A scene: one product on a studio plate, seen from the height that fits its photograph."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from generation.imaging.solid import LEAST_CONFIDENCE
from generation.imaging.viewpoint import Viewpoint
from generation.spec import PresetSpec
from generation.types import Pixels, Placed, Prepared, Rendered

from .ground import Stage, set_stage
from .lighting import light
from .plate import Plate, PlateError, ViewName, load_plate
from .staging import largest, subject_of

# From here up a photograph looks down on its product rather than at it.
_DOWNWARD = 52.0
# A light nearer to overhead than this throws shadows to no side: tan 6 degrees.
_LEAST_LEAN = 0.1
_UPRIGHT: tuple[ViewName, ...] = ("front", "three_quarter")


@dataclass(frozen=True, slots=True)
class Choice:
    """The view to render, and a clause for the manifest that says why."""

    view: ViewName
    reason: str


def render_scene(prepared: Prepared, spec: PresetSpec, *, seed: int, engine: str) -> Rendered:
    """Render the main canvas of a scene; ``seed`` is only recorded, nothing here is random.

    Raises `PlateError` for a plate, view or variation that is not there, and `ImageRejected`
    for an empty cut-out.
    """
    if spec.scene is None:
        raise PlateError("A scene needs a plate; choose one in the preset.")
    plate = load_plate(spec.scene.plate)
    subject = subject_of(prepared.cutout)
    choice = choose_view(
        plate, subject.viewpoint, wish=spec.scene.view, lies_flat=prepared.items[0].lies_flat
    )
    stage = set_stage(
        plate,
        choice.view,
        spec.scene.variation,
        width=spec.main.width,
        height=spec.main.height,
    )
    actor = largest(
        subject, stage, max_scale=spec.composition.max_upscale, lies=choice.view == "top"
    )
    picture = light(stage, [actor])
    return Rendered(
        rgba=opaque(picture.rgb),
        product=picture.product,
        placed=(Placed(item=0, transform=actor.transform, alpha=picture.visible[0]),),
        ground=picture.ground,
        engine=engine,
        seed=seed,
        facts={
            "plate": f"{plate.name}@{plate.version}",
            "variation": stage.variation.name,
            "view": choice.view,
            "view_reason": choice.reason,
            "product_elevation": round(subject.viewpoint.elevation, 1),
            **stage_facts(stage),
        },
    )


def choose_view(
    plate: Plate, viewpoint: Viewpoint, *, wish: str, lies_flat: bool = False
) -> Choice:
    """Choose a plate's view for a product: the wish, or the one nearest its own angle.

    ``lies_flat``: the product's name says that such things lie flat.
    """
    if wish != "auto":
        return Choice(_named(plate, wish), "asked for by the preset")
    if lies_flat and "top" in plate.views:
        return Choice("top", "its name speaks of something that lies flat")
    if viewpoint.lies_flat and "top" in plate.views:
        return Choice("top", "the product lies or hangs")
    if viewpoint.elevation > _DOWNWARD and "top" in plate.views:
        return Choice("top", "photographed from above")
    upright = [name for name in _UPRIGHT if name in plate.views]
    if not upright:
        return Choice(next(iter(plate.views)), "the plate's only view")
    if viewpoint.confidence <= LEAST_CONFIDENCE:
        return Choice(upright[-1], "the outline does not tell the camera's height")
    seen = viewpoint.elevation
    best = min(upright, key=lambda name: abs(plate.views[name].elevation - seen))
    return Choice(best, f"photographed from about {seen:.0f} degrees above")


def stage_facts(stage: Stage) -> dict[str, object]:
    """Say what verification asks of a stage.

    "safe_area" is left, top, right, bottom as shares of the canvas; "shadow_angle" is where
    shadows fall on it, in degrees clockwise from the picture's right, and absent where they fall
    to no side.
    """
    width, height = stage.size
    safe = stage.safe
    facts: dict[str, object] = {
        "safe_area": [
            round(safe.left / width, 4),
            round(safe.top / height, 4),
            round(safe.right / width, 4),
            round(safe.bottom / height, 4),
        ]
    }
    x, y, z = stage.plate.light.direction
    if math.hypot(x, y) < _LEAST_LEAN * z:
        return facts
    # A short way, so that perspective bends nothing.
    start, end = stage.projection.pixels([(0.0, 0.0, 0.0), (-0.01 * x, -0.01 * y, 0.0)])
    angle = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0])) % 360.0
    return {**facts, "shadow_angle": round(angle, 1)}


def opaque(rgb: Pixels) -> Pixels:
    """Give uint8 H x W x 4 without transparency."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), dtype=np.uint8)


def _named(plate: Plate, wish: str) -> ViewName:
    for name in plate.views:
        if name == wish:
            return name
    known = ", ".join(plate.views)
    raise PlateError(f'The plate "{plate.name}" has no view "{wish}". It has: {known}.')
