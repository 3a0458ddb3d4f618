"""Snow, fir and warm lights."""

from __future__ import annotations

import numpy as np

from productviz.lib.pathtrace.materials import gloss, matte
from productviz.lib.pathtrace.shapes import Floats, Mesh, joined, revolve, sheet
from productviz.lib.pathtrace.textures import wood

from .nature import balls, fir
from .patterns import rings
from .scene import (
    UPRIGHT,
    Body,
    Bulbs,
    Framing,
    Level,
    Look,
    Scene,
    Softbox,
    Stand,
    Variation,
    body,
)
from .sets import disk, field, wall

_SNOW = -0.17


def winter_holiday() -> Scene:
    """A slice of a trunk in snow between fir twigs, lights out of focus behind."""
    snow = matte("#f1f4f7")
    return Scene(
        title="Winter holiday",
        summary="A slice of wood in fresh snow between fir twigs, warm lights behind.",
        stand=Stand(roughness=0.7, radius=0.69, below=(Level(-_SNOW, 0),)),
        key=Softbox(-82, 46, radius=1.3, power=24, colour=(1.0, 0.985, 0.965)),
        fill=(0.42, 0.44, 0.49),
        bodies=(
            body(_drifts(), snow, 0),
            body(wall(y=7.5, width=24), matte("#8b9690"), 1, views=UPRIGHT),
            *_slice(),
            body(_twigs(), matte("#4d6f55"), 2),
            body(_baubles(), gloss("#b3262a", 0.06)),
        ),
        bulbs=_lights(),
        look=Look(stops=-0.05, bloom=0.06),
        front=Framing(9.0, 1.95, 0.69, aperture=0.06),
        three_quarter=Framing(26.0, 2.0, 0.66, aperture=0.05, safe=(0.12, 0.08, 0.88, 0.82)),
        variations=(
            Variation("snow", "Snow"),
            Variation(
                "evening", "Evening", ((0.68, 0.76, 0.92), (0.34, 0.42, 0.62), (0.7, 0.8, 0.9))
            ),
            Variation("gold", "Golden", ((1, 0.93, 0.82), (1, 0.78, 0.5), (1, 0.98, 0.8))),
            Variation("frost", "Frost", ((0.9, 0.96, 1), (0.9, 1, 1), (0.9, 1, 1))),
        ),
    )


def _slice() -> tuple[Body, ...]:
    """The sawn face, level with the stand, in its ring of bark."""
    face = matte(np.roll(rings("#ecd6b4", "#b48a5c", seed=3), 512, (0, 1)))
    bark = matte(wood("#7a6555", "#3c3028", seed=9, size=512))
    ring = revolve(
        np.array(
            [
                (0.64, -0.3),
                (0.7, -0.3),
                (0.705, -0.06),
                (0.70, -0.008),
                (0.67, -0.004),
                (0.66, -0.02),
            ]
        ),
        ripple=_gnarled,
    )
    return (
        body(disk(0.675, 0.2, bevel=0.004, rough=0.008, scale=0.72), face, None),
        body(ring.tiled(10, 1), bark),
    )


def _gnarled(angle: Floats, height: Floats) -> Floats:
    waves: Floats = (
        1 + 0.008 * np.sin(5 * angle + 1) + 0.004 * np.sin(23 * angle) * np.cos(9 * height)
    )
    return waves


def _drifts() -> Mesh:
    rise = field(400, 22, 4, extent=9)

    def height(x: Floats, y: Floats) -> Floats:
        away = np.clip((np.hypot(x, y) - 0.7) / 1.4, 0, 1)
        slope: Floats = 0.045 * rise(x, y) * (0.35 + away) + 0.1 * away * np.clip(y / 2, 0, 1)
        return slope

    return sheet(9, 9, cells=500, height=height).moved(z=_SNOW)


def _twigs() -> Mesh:
    lines = (
        [(-1.9, 1.1, 0.1), (-1.3, 1.0, 0.2), (-0.62, 0.95, 0.12)],
        [(-1.9, 0.5, -0.05), (-1.35, 0.5, 0.05), (-0.84, 0.6, 0.0)],
        [(-1.7, 1.3, 0.2), (-1.2, 1.2, 0.45), (-0.8, 1.15, 0.55)],
        [(1.9, 1.1, 0.1), (1.4, 1.0, 0.24), (0.7, 1.0, 0.14)],
        [(1.9, 0.5, -0.05), (1.4, 0.5, 0.02), (0.86, 0.55, -0.03)],
        [(1.7, 1.3, 0.2), (1.3, 1.2, 0.5), (0.95, 1.15, 0.62)],
    )
    return joined([fir(line, seed=3 + i) for i, line in enumerate(lines)])


def _baubles() -> Mesh:
    places = np.array([(-0.93, 0.42, -0.05), (-0.74, 0.72, -0.07), (0.96, 0.5, -0.05)])
    return balls(places, np.array([0.11, 0.075, 0.12]), rings=40, sides=60)


def _lights() -> Bulbs:
    rng = np.random.default_rng(8)
    x, y, z = rng.uniform(-2.6, 2.6, 70), rng.uniform(4.6, 6.8, 70), rng.uniform(1.0, 3.6, 70)
    places = tuple((float(a), float(b), float(c)) for a, b, c in zip(x, y, z, strict=True))
    return Bulbs(places, radius=0.036, colour=(1.5, 1.02, 0.5))
