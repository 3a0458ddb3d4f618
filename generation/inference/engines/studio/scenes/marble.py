"""A polished marble counter."""

from __future__ import annotations

from productviz.lib.pathtrace.materials import gloss, matte
from productviz.lib.pathtrace.outlines import rounded
from productviz.lib.pathtrace.shapes import Mesh, joined, revolve

from .nature import sprig
from .patterns import plaster, veins
from .scene import UPRIGHT, Framing, Scene, Softbox, Stand, Variation, body
from .sets import table, wall


def marble() -> Scene:
    """White stone with grey veins before a pale wall, eucalyptus in a vase at the side."""
    room = matte(plaster("#e9e8e4", seed=16, strength=0.008))
    return Scene(
        title="Marble",
        summary="A polished marble counter with eucalyptus in the background.",
        stand=Stand(roughness=0.08),
        key=Softbox(-75, 48, radius=1.7, power=16, colour=(1.0, 0.985, 0.965)),
        lamps=(Softbox(150, 24, radius=2.4, power=2.2),),
        fill=(0.55, 0.56, 0.58),
        bodies=(
            body(table(back=1.7, tile=2.6), gloss(veins("#f4f3f1", "#7f8085", seed=8), 0.08), 0),
            body(wall(y=3.6), room, 1),
            body(_vase().moved(x=1.02, y=1.25), gloss("#f1efea", 0.15), 1, views=UPRIGHT),
            body(_twigs().moved(x=1.02, y=1.25, z=0.55), matte("#93a294"), 2, views=UPRIGHT),
        ),
        front=Framing(9.0, 1.95, 0.69, aperture=0.06),
        three_quarter=Framing(30.0, 2.0, 0.64, aperture=0.04, safe=(0.12, 0.08, 0.88, 0.82)),
        variations=(
            Variation("carrara", "Carrara"),
            Variation("rose", "Rose", ((1, 0.87, 0.84), (1, 0.88, 0.86), (0.95, 0.95, 0.9))),
            Variation("verde", "Verde", ((0.62, 0.74, 0.66), (0.86, 0.92, 0.87), (0.8, 0.95, 0.8))),
            Variation("nero", "Nero", ((0.13, 0.13, 0.14), (0.5, 0.5, 0.51), (0.6, 0.65, 0.6))),
        ),
    )


def _vase() -> Mesh:
    line = [
        (0, 0, 0),
        (0.15, 0, 0.04),
        (0.2, 0.28, 0.2),
        (0.06, 0.52, 0.1),
        (0.07, 0.62, 0.01),
        (0.05, 0.62, 0),
        (0.04, 0.3, 0),
        (0, 0.3, 0),
    ]
    return revolve(rounded(line), segments=96)


def _twigs() -> Mesh:
    tips = ((-0.5, 0.1, 0.95), (-0.15, 0.3, 1.2), (0.3, -0.05, 1.0), (0.1, 0.2, 0.75))
    return joined(
        [
            sprig(
                [(0, 0, -0.2), (x * 0.3, y * 0.3, z * 0.5), (x, y, z)],
                leaves=22,
                length=0.2,
                width=0.15,
                seed=i,
            )
            for i, (x, y, z) in enumerate(tips)
        ]
    )
