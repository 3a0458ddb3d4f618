"""Afternoon light through a half-raised blind."""

from __future__ import annotations

import numpy as np

from productviz.lib.pathtrace.materials import matte
from productviz.lib.pathtrace.shapes import Mesh, joined, sheet

from .nature import aimed
from .patterns import plaster
from .scene import Framing, Scene, Softbox, Stand, Variation, body
from .sets import sweep_wall

_AWAY = 2.3  # from the stand to the window, along the light


def window_blinds() -> Scene:
    """A plain corner; the blind's slats draw on the wall, the stand lies in open light."""
    key = Softbox(-125, 33, distance=14, radius=0.085, power=24000, colour=(1.0, 0.955, 0.89))
    surface = matte(plaster("#f0e9de", seed=21, strength=0.006))
    return Scene(
        title="Window light",
        summary="Afternoon sun through a half-raised blind draws on a plain wall.",
        stand=Stand(roughness=0.9),
        key=key,
        fill=(0.55, 0.57, 0.61),
        bodies=(
            body(sweep_wall(back=1.9, bend=0.12), surface, 0),
            body(_blind(key), matte("#d8d2c8")),
        ),
        front=Framing(8.0, 1.95, 0.69),
        variations=(
            Variation("afternoon", "Afternoon"),
            Variation(
                "morning", "Morning", ((0.95, 0.97, 1), (1, 1, 1), (1, 1, 1)), (0.95, 0.98, 1)
            ),
            Variation("golden", "Golden hour", ((1, 0.86, 0.7), (1, 1, 1), (1, 1, 1))),
            Variation("rose", "Rose wall", ((1, 0.8, 0.76), (1, 1, 1), (1, 1, 1))),
        ),
    )


def _blind(key: Softbox) -> Mesh:
    """What keeps the sun out, in the plane across its rays: slats above, walls around a window."""
    pieces = [(-4.0, 1.75, -3.5, -1.7), (-4.0, -2.5, -1.7, 2.0), (1.55, 1.75, -1.7, 2.0)]
    pieces += [(-2.5, 1.55, low, low + 0.13) for low in np.arange(0.5, 2.0, 0.27)]
    pieces += [(-1.0, -0.92, 0.45, 2.0)]
    ahead = -np.array(key.direction)
    meshes = [
        sheet(right - left, high - low, cells=2)
        .turned("x", 90)
        .moved(x=(left + right) / 2, z=(low + high) / 2)
        for left, right, low, high in pieces
    ]
    return aimed(joined(meshes), -ahead * _AWAY, ahead)
