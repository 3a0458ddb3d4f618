"""A scene in front of Mitsuba: its light, the masks of its materials, and its light meter."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from productviz.lib.pathtrace import tracer
from productviz.lib.pathtrace.materials import Part, matte
from productviz.lib.pathtrace.shapes import Floats, sheet
from productviz.lib.pathtrace.tracer import Finish, Lens

from .cameras import lens
from .scene import Body, Rgb, Scene, Softbox, View

MOST_BOUNCES = 5
GUIDE_SAMPLES = 6  # plates have many more pixels than details
MASK_SAMPLES = 8
METER_SAMPLES = 160
METER_SIZE = 24
_MASK_COLOURS: dict[int | None, Rgb] = {
    0: (1.0, 0.0, 0.0),
    1: (0.0, 1.0, 0.0),
    2: (0.0, 0.0, 1.0),
    None: (0.0, 0.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class Metered:
    """Light on a white card on the stand, as linear RGB radiance: from the key lamp alone, and
    all of it.
    """

    key: Rgb
    whole: Rgb

    @property
    def key_share(self) -> float:
        """The share of the card's light that comes from the key lamp, 0..1."""
        return float(np.clip(np.mean(self.key) / np.mean(self.whole), 0, 1))

    @property
    def key_colour(self) -> Rgb:
        """The key lamp's colour, linear, its largest channel 1."""
        high = max(self.key)
        red, green, blue = (round(value / high, 4) for value in self.key)
        return (red, green, blue)


def light(
    scene: Scene, view: View, *, size: int, samples: int, tick: Callable[[], None] = lambda: None
) -> Floats:
    """Denoised linear radiance of one view, (size, size, 3)."""
    mi = tracer.start()
    bodies = [item for item in scene.bodies if view in item.views]
    optic = lens(scene.framing(view), size)
    loaded = _load(mi, bodies, optic, {**_lamps(mi, scene), **_fill(scene)})
    return tracer.trace(loaded, samples=samples, size=(size, size), guides=GUIDE_SAMPLES, tick=tick)


def masks(scene: Scene, view: View, *, size: int) -> Floats:
    """How much of each pixel belongs to each tintable material, (size, size, 3) in 0..1."""
    mi = tracer.start()
    bodies = [item for item in scene.bodies if view in item.views]
    optic = lens(scene.framing(view), size)
    tints = {id(item.part): item.tint for item in bodies}
    colours = tracer.flat(lambda part: _MASK_COLOURS[tints[id(part)]])
    loaded = _load(mi, bodies, optic, {}, finish=colours)
    return tracer.coverage(loaded, samples=MASK_SAMPLES, size=(size, size))


def metered(scene: Scene) -> Metered:
    """What a white card at the stand's centre receives with and without the key lamp."""
    mi = tracer.start()
    card = Body(Part(sheet(0.04, 0.04, cells=2).moved(z=0.02), matte("#ffffff")))
    eye = Lens((0, 0, 0.6), (0, 0, 0), (0, 1, 0), 1.5, 1e-4, 0.58, (METER_SIZE, METER_SIZE))
    lamps = _lamps(mi, scene)
    rest = {name: lamp for name, lamp in lamps.items() if name != "key"}
    bodies = [*(item for item in scene.bodies if "front" in item.views), card]
    whole, without = (
        np.array(
            mi.render(_load(mi, bodies, eye, {**on, **_fill(scene)}), spp=METER_SAMPLES, seed=7)
        ).mean(axis=(0, 1))
        for on in (lamps, rest)
    )
    return Metered(_rgb(np.maximum(whole - without, 0)), _rgb(whole))


def _load(
    mi: Any,
    items: Iterable[Body],
    optic: Lens,
    lamps: dict[str, Any],
    *,
    finish: Finish | None = None,
) -> Any:
    bodies = list(items)
    with tempfile.TemporaryDirectory() as folder:
        shapes = tracer.bodies(
            Path(folder), "body", [b.part for b in bodies], finish or tracer.lit(mi)
        )
        return mi.load_dict(
            {
                "type": "scene",
                "integrator": {"type": "path", "max_depth": MOST_BOUNCES, "rr_depth": 4},
                "sensor": tracer.sensor(mi, optic),
                **lamps,
                **shapes,
            }
        )


def _lamps(mi: Any, scene: Scene) -> dict[str, Any]:
    lamps = {"key": scene.key, **{f"lamp_{i}": lamp for i, lamp in enumerate(scene.lamps)}}
    return {name: _lamp(mi, lamp) for name, lamp in lamps.items()}


def _lamp(mi: Any, lamp: Softbox) -> dict[str, Any]:
    place = mi.ScalarTransform4f().look_at(
        origin=list(lamp.origin), target=list(lamp.aim), up=[0, 0.01, 1]
    )
    radiance = [lamp.power * channel for channel in lamp.colour]
    return {
        "type": "rectangle",
        "to_world": place @ mi.ScalarTransform4f().scale([lamp.radius, lamp.radius, 1]),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": radiance}},
    }


def _fill(scene: Scene) -> dict[str, Any]:
    radiance = {"type": "rgb", "value": list(scene.fill)}
    return {"fill": {"type": "constant", "radiance": radiance}}


def _rgb(values: Floats) -> Rgb:
    red, green, blue = (float(value) for value in values)
    return (red, green, blue)
