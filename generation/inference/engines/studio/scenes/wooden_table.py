"""An oak table in a bright kitchen."""

from __future__ import annotations

import numpy as np

from productviz.lib.pathtrace.materials import gloss, matte
from productviz.lib.pathtrace.outlines import rounded
from productviz.lib.pathtrace.shapes import Mesh, joined, revolve
from productviz.lib.pathtrace.textures import planks

from .nature import sprig
from .patterns import plaster
from .scene import UPRIGHT, Framing, Scene, Softbox, Stand, Variation, body
from .sets import arch, table, wall


def wooden_table() -> Scene:
    """Boards running left to right, a plant and a doorway far behind."""
    wood = np.rot90(planks("#ecd0a8", "#bd8f60", seed=17, count=5, size=2048)).copy()
    top = gloss(wood, 0.34)
    room = matte(plaster("#f3ecdf", seed=6, strength=0.008))
    return Scene(
        title="Wooden table",
        summary="An oiled oak table in a bright room, a plant far behind.",
        stand=Stand(roughness=0.34),
        key=Softbox(-72, 44, radius=1.5, power=20, colour=(1.0, 0.975, 0.94)),
        lamps=(
            Softbox(150, 24, radius=2.4, power=2.2),
            Softbox(180, 50, distance=3.5, radius=0.8, power=9, aim=(0.3, 6.4, 1.2)),
        ),
        fill=(0.55, 0.56, 0.58),
        bodies=(
            body(table(back=1.9, tile=2.5), top, 0),
            body(wall(y=6.5), room, 1),
            body(arch(2.2, 3.6, 0.4, opening=1.5).moved(x=1.5, y=5.2, z=-1.6), room, 1),
            body(_pot().moved(x=-1.25, y=3.1, z=-0.35), matte("#e9dfd2"), 1, views=UPRIGHT),
            body(_plant().moved(x=-1.25, y=3.1, z=0.3), gloss("#8fa673", 0.4), 2, views=UPRIGHT),
        ),
        front=Framing(10.0, 1.95, 0.7, aperture=0.07),
        three_quarter=Framing(30.0, 2.0, 0.64, aperture=0.05, safe=(0.12, 0.08, 0.88, 0.82)),
        variations=(
            Variation("oak", "Oak"),
            Variation("walnut", "Walnut", ((0.5, 0.4, 0.32), (0.96, 0.94, 0.92), (0.9, 0.95, 0.9))),
            Variation(
                "grey", "Weathered", ((0.76, 0.81, 0.88), (0.9, 0.93, 0.96), (0.85, 0.9, 0.9))
            ),
            Variation(
                "autumn",
                "Autumn",
                ((0.86, 0.7, 0.54), (1, 0.9, 0.78), (1, 0.62, 0.3)),
                (1, 0.96, 0.9),
            ),
        ),
    )


def _pot() -> Mesh:
    line = [
        (0, 0, 0),
        (0.26, 0, 0.04),
        (0.34, 0.66, 0.02),
        (0.3, 0.66, 0.01),
        (0.28, 0.5, 0),
        (0, 0.5, 0),
    ]
    return revolve(rounded(line), segments=64)


def _plant() -> Mesh:
    rng = np.random.default_rng(4)
    stems = []
    for index in range(13):
        out = rng.normal(size=2) * 0.28
        tall = rng.uniform(0.7, 1.5)
        line = [
            (0.0, 0.0, -0.2),
            (out[0] * 0.4, out[1] * 0.4, tall * 0.5),
            (out[0] * 1.6, out[1] * 1.6, tall),
        ]
        stems.append(sprig(line, leaves=16, length=0.3, width=0.12, seed=index))
    return joined(stems)
