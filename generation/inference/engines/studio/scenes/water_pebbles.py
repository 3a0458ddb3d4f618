"""A flat stone in shallow, clear water."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import map_coordinates

from productviz.lib.pathtrace.materials import gloss, matte
from productviz.lib.pathtrace.shapes import Floats, Mesh, sheet
from productviz.lib.pathtrace.textures import mixed, tint

from .nature import pebbles
from .patterns import caustics, limestone, ripples
from .scene import UPRIGHT, Body, Framing, Level, Scene, Softbox, Stand, Variation, body
from .sets import disk, wall

_WATER = -0.13
_TILE = 2.6


def water_pebbles() -> Scene:
    """Ripples with the sun's net on the ground below, river stones around the stand."""
    waves = ripples(1536, 5, blur=0.022)
    net = caustics(waves, depth=560.0, blur=2.5)
    bed = np.clip(mixed(tint("#c3dcdf"), tint("#f6fbfa"), np.clip((net - 0.6) * 0.3, 0, 1)), 0, 1)
    water = gloss(bed, 0.04)
    stone = matte(limestone("#ece8e1", "#aba398", seed=15))
    return Scene(
        title="Water and pebbles",
        summary="A flat stone in shallow water with ripples and river pebbles.",
        stand=Stand(roughness=0.7, radius=0.69, below=(Level(-_WATER, 0),)),
        key=Softbox(-70, 50, radius=1.1, power=34, colour=(1.0, 0.985, 0.96)),
        fill=(0.58, 0.6, 0.62),
        lamps=(Softbox(180, 50, distance=4, radius=0.9, power=9, aim=(0, 6.9, 1.2)),),
        bodies=(
            body(_water(waves), water, 0),
            body(wall(y=7.0, width=30), matte("#e6eef0"), 0, views=UPRIGHT),
            body(disk(0.7, 0.26, bevel=0.03, rough=0.02, seed=6), stone, 1),
            *_stones(),
        ),
        front=Framing(10.0, 1.95, 0.69, aperture=0.05),
        variations=(
            Variation("clear", "Clear"),
            Variation("lagoon", "Lagoon", ((0.66, 0.96, 0.97), (1, 1, 0.98), (0.95, 0.97, 0.95))),
            Variation("rose", "Rose water", ((1.2, 0.88, 0.9), (1, 0.97, 0.96), (1, 0.93, 0.91))),
            Variation("deep", "Deep", ((0.25, 0.36, 0.42), (0.62, 0.64, 0.66), (0.5, 0.52, 0.55))),
        ),
    )


def _water(waves: Floats) -> Mesh:
    size = waves.shape[0]

    def height(x: Floats, y: Floats) -> Floats:
        places = [(value / _TILE) % 1 * size for value in (y, x)]
        calm = np.exp(-np.hypot(x, y) / 4)
        risen: Floats = 0.006 * calm * map_coordinates(waves, places, order=1, mode="grid-wrap")
        return risen

    mesh = sheet(14, 12, cells=900, height=height).moved(y=1.0, z=_WATER)
    return replace(mesh, uv=mesh.vertices[:, :2] / _TILE)


def _stones() -> tuple[Body, ...]:
    rng = np.random.default_rng(12)
    places = _scattered(rng, 150)
    sizes = rng.uniform(0.06, 0.17, len(places))
    colours = ("#d9d3c9", "#aba49b", "#c4b9ab", "#8b8782")
    share = rng.integers(0, len(colours), len(places))
    return tuple(
        body(pebbles(places[share == i], sizes[share == i], seed=20 + i), gloss(c, 0.22), 2)
        for i, c in enumerate(colours)
    )


def _scattered(rng: np.random.Generator, count: int) -> Floats:
    """Places at the back and the sides, none before the stand."""
    x, y = rng.uniform(-2.4, 2.4, count * 3), rng.uniform(-0.9, 2.6, count * 3)
    side = np.abs(x) + 0.55 * y
    kept = (
        (np.hypot(x, y) > 0.98)
        & (side > 1.05)
        & (rng.uniform(size=count * 3) < 0.25 + 0.5 * (y > 0.4))
    )
    return np.stack([x[kept], y[kept], np.full(kept.sum(), _WATER)], axis=-1)
