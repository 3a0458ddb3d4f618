"""Terrazzo block and top before a coloured wall."""

from __future__ import annotations

from productviz.lib.pathtrace.materials import gloss, matte

from .patterns import terrazzo as chips
from .scene import Framing, Level, Scene, Softbox, Stand, Variation, body
from .sets import arch, ball, disk, sweep_wall

_FLOOR = -0.3


def terrazzo() -> Scene:
    """A terrazzo drum in a pale set with steps and a half arch."""
    stone = gloss(
        chips("#f1ece4", ("#dcb09a", "#a5b8ad", "#d3c3a9", "#8b8681", "#e8d3c4"), seed=6), 0.18
    )
    wall = matte("#eee9e1")
    return Scene(
        title="Terrazzo",
        summary="A polished terrazzo drum in a pale set with an arch.",
        stand=Stand(roughness=0.18, radius=0.76, below=(Level(-_FLOOR, 0),)),
        key=Softbox(76, 50, radius=1.3, power=25, colour=(1.0, 0.98, 0.95)),
        lamps=(Softbox(-150, 24, radius=2.4, power=1.2),),
        fill=(0.52, 0.53, 0.55),
        bodies=(
            body(sweep_wall(floor=_FLOOR, back=2.7, bend=0.9), wall, 0),
            body(disk(0.76, -_FLOOR, bevel=0.015, scale=0.55), stone, 1),
            body(arch(1.9, 2.05, 0.5, opening=1.0).moved(x=-0.7, y=1.5, z=_FLOOR), wall, 2),
            body(ball(0.17).moved(x=0.98, y=0.95, z=_FLOOR), wall, 2),
            body(
                disk(0.3, 0.55, bevel=0.015, scale=0.55).moved(x=1.0, y=1.55, z=_FLOOR + 0.55),
                stone,
                1,
            ),
        ),
        front=Framing(8.0, 2.0, 0.68),
        variations=(
            Variation("natural", "Natural"),
            Variation("mint", "Mint", ((0.76, 0.9, 0.83), (0.97, 1, 0.98), (0.66, 0.84, 0.75))),
            Variation("peach", "Peach", ((1, 0.83, 0.73), (1, 0.97, 0.95), (1, 0.74, 0.62))),
            Variation("lilac", "Lilac", ((0.87, 0.83, 0.97), (0.98, 0.97, 1), (0.78, 0.72, 0.93))),
        ),
    )
