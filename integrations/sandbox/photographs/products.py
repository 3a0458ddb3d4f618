"""The pictures of the demo catalog: which product, on which ground, in which light, seen from
where.

Each entry is one JPEG in `catalog/photos`; `catalog.json` says in words what the store sells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from productviz.lib.pathtrace.materials import Part

from . import (
    belongings as own,
    bottles,
    homeware as home,
    packaging as pack,
    rooms,
    scenes as at,
    tableware as table,
)
from .camera import Camera, Look
from .scenes import Stage

WIDE, TALL, SQUARE = (1440, 1080), (1080, 1440), (1400, 1400)


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture; `turn` rotates the product about its own axis (degrees)."""

    name: str
    product: Callable[[], tuple[Part, ...]]
    stage: Callable[[], Stage]
    camera: Camera
    look: Look
    turn: float = 0.0
    upside_down: bool = False


def _mug(glaze: str, spots: str) -> Callable[[], tuple[Part, ...]]:
    return lambda: table.mug(glaze, spots)


PHOTOS: tuple[Photo, ...] = (
    Photo(
        "mug-chalk",
        _mug("#efede6", "#6b5a48"),
        lambda: Stage(at.paper_sweep("#f3f1ec"), rooms.overcast()),
        Camera(22, 62, -6, (1.6, 0, 4.2), 21, 0.8, 0.3, WIDE),
        Look(0.95, 0.99, 1.03),
        turn=-18,
    ),
    Photo(
        "mug-ocean",
        _mug("#4d7284", "#14303d"),
        lambda: Stage(at.oak_desk() + at.wall("#cfd3cf") + at.books(-26, 26), rooms.daylight()),
        Camera(26, 58, 5, (0.4, 0, 4.4), 24, -1.2, 0.55, WIDE),
        Look(0.25, 0.98, 1.0),
        turn=-30,
    ),
    Photo(
        "mug-terracotta",
        _mug("#ab6848", "#5a2a1a"),
        lambda: Stage(at.laminate() + at.wall("#c9c4b6"), rooms.kitchen()),
        Camera(30, 55, -4, (-0.6, 0, 4.0), 25, 1.6, 0.5, SQUARE),
        Look(-0.1, 1.02, 0.9, grain=0.024),
        turn=-22,
    ),
    Photo(
        "breakfast-bowl",
        table.bowl,
        lambda: Stage(at.linen("#d2c7b4", clear=7), rooms.daylight(75, 20)),
        Camera(38, 62, 8, (-1.2, 0.5, 2.2), 27, -0.7, 0.35, WIDE),
        Look(0.3, 1.0, 1.0),
    ),
    Photo(
        "kyusu-teapot",
        table.teapot,
        lambda: Stage(
            at.walnut_desk() + at.wall("#b9b3a6") + at.plant(-24, 26), rooms.daylight(290, 18, 0.4)
        ),
        Camera(24, 66, 0, (1.5, 0, 4.6), 30, 1.1, 0.5, WIDE),
        Look(0.35, 0.98, 1.02),
        turn=-50,
    ),
    Photo(
        "mill-set",
        table.mills,
        lambda: Stage(at.marble_counter() + at.wall("#d3d7d6", y=46), rooms.kitchen(7, 0.5)),
        Camera(16, 76, 7, (0.9, 0, 8.2), 25, -0.9, 0.5, TALL),
        Look(0.25, 0.95, 1.08, grain=0.018),
    ),
    Photo(
        "fluted-vase",
        table.vase,
        lambda: Stage(at.paper_sweep("#d9d4ca", seed=5, back=24), rooms.low_sun(238, 1500)),
        Camera(10, 98, -3, (1.5, 0, 12.6), 27, 1.4, 0.35, TALL),
        Look(0.35, 0.97, 1.05),
        upside_down=True,
    ),
    Photo(
        "serving-board",
        table.board,
        lambda: Stage(
            at.laminate("#dedcd6", 8) + at.wall("#b7c0b4", y=9.6), rooms.daylight(60, 20, 0.5)
        ),
        Camera(13, 118, 9, (2.0, 4, 19.5), 27, -0.8, 0.3, TALL),
        Look(0.2, 1.0, 0.98),
    ),
    Photo(
        "olive-oil",
        bottles.oil_bottle,
        lambda: Stage(
            at.oak_desk(13) + at.wall("#d8d2c4", y=48) + at.plant(20, 24, seed=3),
            rooms.daylight(270, 24),
        ),
        Camera(9, 92, -5, (-0.8, 0, 13.6), 27, 0.7, 0.5, TALL),
        Look(0.35),
        turn=6,
    ),
    Photo(
        "forest-honey",
        bottles.honey_jar,
        lambda: Stage(
            at.linen("#bfb8a6", seed=66, clear=6) + at.wall("#8e8576", y=60),
            rooms.daylight(65, 26, 0.5, 4),
        ),
        Camera(15, 60, 4, (0.8, 0, 4.6), 22, -1.6, 0.5, WIDE),
        Look(0.5, 1.03, 0.92),
        turn=-8,
    ),
    Photo(
        "hand-wash",
        bottles.soap_pump,
        lambda: Stage(at.concrete() + at.wall("#cdd2d2", y=30), rooms.softbox()),
        Camera(11, 76, 6, (0.9, 0, 8.6), 26, 1.3, 0.3, TALL),
        Look(0.6, 0.98, 1.02),
        turn=8,
    ),
    Photo(
        "vitamin-serum",
        bottles.serum,
        lambda: Stage(at.paper_sweep("#e9e6e0", seed=8, back=12), rooms.softbox(9, 34)),
        Camera(14, 46, -4, (0.5, 0, 5.4), 22, -1.0, 0.3, SQUARE),
        Look(0.95, 1.0, 1.0),
        turn=-5,
    ),
    Photo(
        "earl-grey",
        pack.tea_box,
        lambda: Stage(
            at.laminate("#d4cfc6", 6) + at.wall("#cfcabf") + at.books(9, 24, seed=8), rooms.office()
        ),
        Camera(20, 66, 0, (-0.4, 0, 3.4), 26, 1.8, 0.45, WIDE),
        Look(0.15, 0.99, 0.95, grain=0.02),
    ),
    Photo(
        "guji-coffee",
        pack.coffee_pouch,
        lambda: Stage(at.pine_floor() + at.wall("#7d8a8c", y=38), rooms.daylight(295, 20, 0.45, 8)),
        Camera(12, 80, -8, (-0.9, 0, 9.4), 27, -1.4, 0.45, TALL),
        Look(0.2, 1.0, 1.02),
        turn=5,
    ),
    Photo(
        "fig-candle",
        pack.candle,
        lambda: Stage(at.paper_sweep("#efeeea", seed=4), rooms.daylight(280, 26, 0.6, 9)),
        Camera(21, 58, 3, (-0.7, 0, 4.4), 22, 0.9, 0.35, WIDE),
        Look(0.75, 1.03, 0.94),
        turn=4,
    ),
    Photo(
        "fjell-flask",
        pack.flask,
        lambda: Stage(
            at.walnut_desk(29) + at.window_frame() + at.wall("#c4b9a6", y=55),
            rooms.low_sun(292, 2200),
        ),
        Camera(13, 92, 5, (1.4, 0, 13.0), 28, -1.1, 0.45, TALL),
        Look(0.2, 0.97, 1.03),
        turn=-10,
    ),
    Photo(
        "reading-lamp",
        home.lamp,
        lambda: Stage(at.laminate("#cfccc5", 9) + at.wall("#d9d5cc", y=34), rooms.overcast(12, 10)),
        Camera(11, 130, -6, (-2.5, 0, 17.5), 27, 1.0, 0.35, TALL),
        Look(0.7, 0.99, 1.0),
    ),
    Photo(
        "table-clock",
        home.clock,
        lambda: Stage(
            at.oak_desk(17) + at.wall("#a8b5b2", y=44) + at.books(10, 20, seed=11),
            rooms.kitchen(14, 0.55),
        ),
        Camera(14, 68, -14, (0.7, 0, 6.6), 24, -0.6, 0.5, WIDE),
        Look(0.2, 0.96, 1.05, grain=0.02),
    ),
    Photo(
        "notebook-mustard",
        lambda: own.notebook("#98763c", "#2a2010"),
        lambda: Stage(at.walnut_desk(33), rooms.daylight(300, 20, 0.45, 11)),
        Camera(52, 78, -14, (0.6, -0.6, 0.8), 27, -2.0, 0.3, WIDE),
        Look(-0.15),
        turn=12,
    ),
    Photo(
        "notebook-forest",
        lambda: own.notebook("#2f4f40", "#e6dcc0"),
        lambda: Stage(at.laminate("#d2cdc4", 10), rooms.office(15)),
        Camera(52, 78, 6, (-0.8, -0.8, 0.8), 27, 1.5, 0.3, WIDE),
        Look(0.2, 1.0, 0.96, grain=0.018),
        turn=-9,
    ),
    Photo(
        "tote-natural",
        lambda: own.tote("#d9ccb0", "#27342a"),
        lambda: Stage(at.pine_floor(37), rooms.daylight(285, 20, 0.6, 13)),
        Camera(82, 142, 2, (0.8, 8.5, 0), 29, 1.3, 0.2, TALL),
        Look(0.3),
        turn=-3,
    ),
    Photo(
        "tote-navy",
        lambda: own.tote("#28304a", "#e8e2d2"),
        lambda: Stage(at.concrete(57, back=55), rooms.daylight(72, 20, 0.5, 17)),
        Camera(82, 142, -2, (-0.6, 8.0, 0), 29, -1.0, 0.2, TALL),
        Look(-0.2, 0.99, 1.04),
        turn=4,
    ),
    Photo(
        "orbit-speaker",
        home.speaker,
        lambda: Stage(
            at.oak_desk(19) + at.wall("#c7c2b6") + at.plant(-20, 22, seed=12),
            rooms.daylight(60, 20, 0.45, 16),
        ),
        Camera(19, 72, -12, (1.2, 0, 3.8), 25, 1.2, 0.5, WIDE),
        Look(0.25, 1.0, 0.98),
        turn=14,
    ),
)
