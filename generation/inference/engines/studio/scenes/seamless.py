"""Seamless paper, the photographer's everyday ground."""

from __future__ import annotations

from productviz.lib.pathtrace.materials import matte

from .scene import Scene, Softbox, Stand, Variation, body
from .sets import sweep_wall


def seamless() -> Scene:
    """One sheet of near-white paper, bent up behind the product."""
    paper = matte("#f6f4f0")
    return Scene(
        title="Seamless paper",
        summary="A clean sheet of paper with a soft gradient: suits every product.",
        stand=Stand(roughness=0.9),
        key=Softbox(-78, 52, radius=1.7, power=16, colour=(1.0, 0.985, 0.965)),
        lamps=(Softbox(150, 24, radius=2.4, power=2.2),),
        fill=(0.6, 0.61, 0.63),
        bodies=(body(sweep_wall(back=3.0, bend=1.8), paper, 0),),
        variations=(
            Variation("white", "White"),
            Variation("sand", "Sand", ((0.93, 0.83, 0.7), (1, 1, 1), (1, 1, 1))),
            Variation("blush", "Blush", ((0.97, 0.79, 0.76), (1, 1, 1), (1, 1, 1))),
            Variation("sky", "Sky", ((0.7, 0.82, 0.92), (1, 1, 1), (1, 1, 1))),
            Variation("graphite", "Graphite", ((0.2, 0.2, 0.215), (1, 1, 1), (1, 1, 1))),
        ),
    )
