"""A round podium before an arch."""

from __future__ import annotations

from productviz.lib.pathtrace.materials import matte

from .scene import Level, Scene, Softbox, Stand, Variation, body
from .sets import arch, ball, column, disk, sweep_wall

_FLOOR = -0.3


def podium() -> Scene:
    """Warm plaster shapes: podium, arch, column and ball."""
    wall, shape = matte("#eadfd2"), matte("#f1e8dd")
    return Scene(
        title="Podium",
        summary="A round podium before a soft arch, in warm plaster.",
        stand=Stand(roughness=0.6, radius=0.74, below=(Level(-_FLOOR, 0),)),
        key=Softbox(-100, 46, radius=1.3, power=26, colour=(1.0, 0.97, 0.93)),
        lamps=(Softbox(150, 24, radius=2.4, power=0.9),),
        fill=(0.5, 0.51, 0.53),
        bodies=(
            body(sweep_wall(floor=_FLOOR, back=3.0), wall, 0),
            body(disk(0.74, -_FLOOR, bevel=0.02), shape, 1),
            body(arch(1.5, 2.3, 0.3).moved(x=0.66, y=1.5, z=_FLOOR), shape, 2),
            body(column(0.22, 1.0).moved(x=-1.0, y=1.3, z=_FLOOR), shape, 2),
            body(ball(0.19).moved(x=-1.0, y=1.3, z=_FLOOR + 1.0), shape, 1),
        ),
        variations=(
            Variation("plaster", "Plaster"),
            Variation(
                "terracotta",
                "Terracotta",
                ((1, 0.86, 0.77), (0.97, 0.72, 0.58), (1, 0.76, 0.64)),
            ),
            Variation("sage", "Sage", ((0.85, 0.92, 0.83), (0.93, 0.97, 0.9), (0.72, 0.83, 0.7))),
            Variation("blush", "Blush", ((1, 0.88, 0.86), (1, 0.95, 0.93), (1, 0.8, 0.78))),
        ),
    )
