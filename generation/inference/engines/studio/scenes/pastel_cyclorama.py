"""A pastel set of arches, steps and a ball."""

from __future__ import annotations

from productviz.lib.pathtrace.materials import matte

from .scene import Framing, Level, Scene, Softbox, Stand, Variation, body
from .sets import arch, ball, disk, stairs, sweep_wall

_FLOOR = -0.16


def pastel_cyclorama() -> Scene:
    """A low disk on a swept floor; nested arches to the left, steps to the right."""
    ground, first, second = (matte(c) for c in ("#f4ded6", "#f7ebe3", "#f1d2c8"))
    return Scene(
        title="Pastel cyclorama",
        summary="A pastel set of arches and steps around a low round stage.",
        stand=Stand(roughness=0.85, radius=0.8, below=(Level(-_FLOOR, 0),)),
        key=Softbox(82, 50, radius=1.4, power=22, colour=(1.0, 0.985, 0.965)),
        lamps=(Softbox(-150, 24, radius=2.4, power=1.2),),
        fill=(0.56, 0.56, 0.57),
        bodies=(
            body(sweep_wall(floor=_FLOOR, back=2.9, bend=1.2), ground, 0),
            body(disk(0.8, -_FLOOR, bevel=0.02), first, 1),
            body(arch(1.5, 1.9, 0.16, opening=1.1).moved(x=-0.62, y=1.35, z=_FLOOR), first, 1),
            body(arch(1.1, 1.7, 0.16, opening=0.7).moved(x=-0.62, y=1.62, z=_FLOOR), second, 2),
            body(stairs(0.7, 0.2, 0.22, 3).moved(x=1.05, y=1.0, z=_FLOOR), first, 1),
            body(ball(0.17).moved(x=1.05, y=1.55, z=_FLOOR + 0.6), second, 2),
        ),
        front=Framing(8.0, 2.0, 0.69),
        variations=(
            Variation("peach", "Peach"),
            Variation("mint", "Mint", ((0.76, 1.02, 1), (0.84, 0.99, 0.97), (0.6, 1.06, 1.04))),
            Variation("sky", "Sky", ((0.72, 0.94, 1.1), (0.84, 0.95, 1.03), (0.54, 0.9, 1.2))),
            Variation("lilac", "Lilac", ((0.88, 0.87, 1), (0.92, 0.92, 1), (0.8, 0.8, 1))),
            Variation("butter", "Butter", ((1, 0.98, 0.74), (1, 1, 0.85), (1, 0.95, 0.62))),
        ),
    )
