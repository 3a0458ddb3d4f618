"""Travertine slabs before a limewashed wall."""

from __future__ import annotations

from productviz.lib.pathtrace.materials import matte
from productviz.lib.pathtrace.shapes import Mesh, joined

from .nature import sprig
from .patterns import limestone, plaster
from .scene import UPRIGHT, Body, Level, Scene, Softbox, Stand, Variation, body
from .sets import disk, sweep_wall

_FLOOR = -0.36


def stone_plinth() -> Scene:
    """Two rough slabs, one on the other, and a branch's shadow on the wall."""
    stone = matte(limestone("#f0e8dc", "#b5a68f", seed=5))
    wall = matte(plaster("#ece5da", seed=12, strength=0.006))
    slab = Level(0.19, 1, radius=0.92, centre=(0.05, 0.06))
    low = disk(0.92, 0.17, bevel=0.018, rough=0.012, seed=3).moved(x=0.05, y=0.06, z=-slab.drop)
    return Scene(
        title="Stone plinth",
        summary="Travertine slabs before a limewashed wall, with a branch's shadow.",
        stand=Stand(roughness=0.8, radius=0.72, below=(slab, Level(-_FLOOR, 0))),
        key=Softbox(-138, 40, distance=14, radius=0.2, power=4400, colour=(1.0, 0.965, 0.91)),
        fill=(0.5, 0.51, 0.54),
        bodies=(
            body(sweep_wall(floor=_FLOOR, back=2.1, bend=0.5), wall, 0),
            body(disk(0.72, 0.19, bevel=0.014, rough=0.010, seed=8), stone, 1),
            body(low, stone, 1),
            *_branch(),
        ),
        variations=(
            Variation("travertine", "Travertine"),
            Variation(
                "dusk", "Dusk", ((0.86, 0.76, 0.72), (0.95, 0.88, 0.84), (1, 1, 1)), (1, 0.93, 0.88)
            ),
            Variation("slate", "Slate", ((0.7, 0.73, 0.76), (0.5, 0.52, 0.55), (1, 1, 1))),
            Variation("olive", "Olive", ((0.8, 0.82, 0.68), (0.97, 0.96, 0.9), (1, 1, 1))),
        ),
    )


def _branch() -> tuple[Body, ...]:
    """Leaves between lamp and wall, out of the picture."""
    lines = (
        [(-2.6, 0.5, 3.0), (-1.9, 0.45, 2.85), (-1.3, 0.4, 2.95), (-0.7, 0.4, 3.3)],
        [(-2.4, 0.8, 2.1), (-1.9, 0.8, 2.1), (-1.55, 0.75, 2.25), (-1.2, 0.7, 2.6)],
    )
    leaves: Mesh = joined(
        [
            sprig(line, leaves=26, length=0.45, width=0.17, seed=5 + i)
            for i, line in enumerate(lines)
        ]
    )
    return (body(leaves, matte("#6d7553"), views=UPRIGHT),)
