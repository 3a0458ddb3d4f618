"""Black and gold."""

from __future__ import annotations

import numpy as np

from productviz.lib.pathtrace.materials import gloss, matte, metal
from productviz.lib.pathtrace.shapes import Mesh, joined, revolve

from .scene import UPRIGHT, Framing, Level, Look, Scene, Softbox, Stand, Variation, body
from .sets import disk, hoop, wall

_FLOOR = -0.22


def dark_luxury() -> Scene:
    """A black lacquered drum with a gold rim before a gold ring and fluted panels."""
    gold = metal("#e6c38a", 0.06)
    return Scene(
        title="Dark luxury",
        summary="Black lacquer with a gold rim before a gold ring and fluted panels.",
        stand=Stand(roughness=0.12, radius=0.72, below=(Level(-_FLOOR, 1),)),
        key=Softbox(-80, 52, radius=1.3, power=24),
        fill=(0.07, 0.07, 0.075),
        lamps=(
            Softbox(95, 30, distance=5, radius=0.7, power=10, aim=(0, 1.5, 0.5)),
            Softbox(-140, 70, distance=4.5, radius=0.5, power=16, aim=(0.2, 2.6, 1.2)),
        ),
        bodies=(
            body(wall(y=3.2), matte("#1c1b1d"), 0),
            body(_flutes().moved(y=2.5, z=_FLOOR), gloss("#2a282b", 0.3), 0, views=UPRIGHT),
            body(disk(9, 0.1).moved(z=_FLOOR), gloss("#121113", 0.1), 1),
            body(disk(0.72, 0.14, bevel=0.015), gloss("#17161a", 0.12), 1),
            body(disk(0.735, 0.03, bevel=0.008).moved(z=-0.14), gold, 2),
            body(disk(0.72, 0.06, bevel=0.01).moved(z=-0.165), gloss("#17161a", 0.12), 1),
            body(hoop(0.78, 0.018).moved(y=1.0, z=_FLOOR), gold, 2, views=UPRIGHT),
        ),
        look=Look(stops=0.35, bloom=0.05),
        front=Framing(8.0, 1.95, 0.69, aperture=0.04),
        variations=(
            Variation("onyx", "Onyx and gold"),
            Variation("silver", "Onyx and silver", ((1, 1, 1), (1, 1, 1), (0.8, 1.05, 1.9))),
            Variation("midnight", "Midnight", ((0.6, 0.75, 1), (0.62, 0.76, 1), (1, 0.95, 0.9))),
            Variation("bordeaux", "Bordeaux", ((1, 0.5, 0.55), (1, 0.55, 0.58), (1, 0.92, 0.85))),
        ),
    )


def _flutes() -> Mesh:
    line = np.array([(0.09, 0.0), (0.09, 5.0)])
    return joined([revolve(line, segments=48).moved(x=x) for x in np.arange(-2.7, 2.71, 0.18)])
