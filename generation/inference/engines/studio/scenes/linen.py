"""Washed linen with soft folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import map_coordinates

from productviz.lib.pathtrace.materials import cloth, matte
from productviz.lib.pathtrace.shapes import Floats, Height, Mesh, sheet
from productviz.lib.pathtrace.textures import noise, weave

from .patterns import plaster
from .scene import Framing, Scene, Softbox, Stand, Variation, body
from .sets import wall

_CLEAR = 0.55  # folds begin this far from the stand's centre


def linen() -> Scene:
    """A cloth that lies flat under the product and ripples around it."""
    texture, _ = weave("#efe7d9", seed=8, threads=230, size=2048, slub=0.10)
    return Scene(
        title="Linen",
        summary="Washed linen with soft folds in window light.",
        stand=Stand(roughness=0.95),
        key=Softbox(-74, 36, radius=1.25, power=30, colour=(1.0, 0.975, 0.94)),
        lamps=(Softbox(150, 24, radius=2.4, power=2.2),),
        fill=(0.52, 0.53, 0.56),
        bodies=(
            body(_cloth(), cloth(texture), 0),
            body(
                wall(y=4.4),
                matte(plaster("#ece6db", seed=9, strength=0.008)),
                1,
            ),
        ),
        front=Framing(12.0, 1.95, 0.7, aperture=0.05),
        variations=(
            Variation("natural", "Natural"),
            Variation("oat", "Oat", ((0.88, 0.78, 0.64), (0.95, 0.88, 0.78), (1, 1, 1))),
            Variation("mist", "Mist", ((0.76, 0.82, 0.86), (0.86, 0.9, 0.93), (1, 1, 1))),
            Variation("rose", "Rose", ((0.95, 0.77, 0.74), (1, 0.9, 0.87), (1, 1, 1))),
        ),
    )


def _cloth() -> Mesh:
    mesh = sheet(6.4, 6.4, cells=640, height=_folds()).moved(y=0.6)
    return replace(mesh, uv=mesh.vertices[:, :2] / 1.6)


def _folds() -> Height:
    size = 512
    long = noise((size, size), (9.0, 60.0), 31) + 0.4 * noise((size, size), (6.0, 26.0), 32)
    creases = noise((size, size), (3.0, 14.0), 33)
    grid = 0.055 * np.clip(long + 0.2, 0, None) + 0.006 * creases

    def height(x: Floats, y: Floats) -> Floats:
        turn = np.radians(32)
        u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        places = [(value / 6.4 + 0.5) * size for value in (v, u)]
        lifted = map_coordinates(grid, places, order=3, mode="grid-wrap")
        away = np.clip((np.hypot(x, (y + 0.6) * 1.0) - _CLEAR) / 0.7, 0, 1)
        values: Floats = np.clip(lifted, 0, None) * away**2 * (3 - 2 * away)
        return values

    return height
