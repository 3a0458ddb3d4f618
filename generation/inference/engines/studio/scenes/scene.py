"""What a scene is: bodies, lights, the stand and its variations, as plain data.

World: right-handed, z up, the camera looks towards +y. The stand is the horizontal surface z = 0
with its centre at the origin; 1.0 is the height of a product that fits the safe area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from productviz.lib.pathtrace.materials import Part, Surface
from productviz.lib.pathtrace.shapes import Mesh

View = Literal["front", "three_quarter", "top"]
VIEWS: tuple[View, ...] = ("front", "three_quarter", "top")
UPRIGHT: tuple[View, ...] = ("front", "three_quarter")
Rgb = tuple[float, float, float]
WHITE: Rgb = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One thing in the scene.

    `tint` is the mask channel (0 to 2) of the material it shares with others, None for things
    that keep their colour; `views` are those it is part of.
    """

    part: Part
    tint: int | None = None
    views: tuple[View, ...] = VIEWS


@dataclass(frozen=True, slots=True)
class Softbox:
    """A square lamp that faces `aim`; angles in degrees, azimuth 0 behind the stand and 90 on
    its right, `radius` is half its side.
    """

    azimuth: float
    elevation: float
    distance: float = 7.0
    radius: float = 1.6
    power: float = 10.0
    colour: Rgb = WHITE
    aim: Rgb = (0.0, 0.0, 0.0)

    @property
    def direction(self) -> Rgb:
        """From `aim` towards the lamp, a unit vector."""
        around, up = np.radians(self.azimuth), np.radians(self.elevation)
        return (
            float(np.sin(around) * np.cos(up)),
            float(np.cos(around) * np.cos(up)),
            float(np.sin(up)),
        )

    @property
    def origin(self) -> Rgb:
        """Where the lamp hangs."""
        x, y, z = (a + self.distance * d for a, d in zip(self.aim, self.direction, strict=True))
        return (x, y, z)

    @property
    def angular_radius(self) -> float:
        """Degrees, of the disk of the same area as the lamp's face seen from `aim`."""
        return float(np.degrees(np.arctan(2 / np.sqrt(np.pi) * self.radius / self.distance)))


@dataclass(frozen=True, slots=True)
class Level:
    """What lies `drop` below a round stand, in the colour of mask channel `tint`; a disk around
    `centre` where it has a `radius`.
    """

    drop: float
    tint: int
    radius: float | None = None
    centre: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where products stand; `radius` is None for a surface without an edge in sight, and
    `below` what shadows fall on past the edge, the highest first.
    """

    roughness: float
    radius: float | None = None
    reflectance: float = 0.04
    below: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class Framing:
    """How a view is taken: what the picture spans at the origin, where the stand's centre lands
    (share of the height), the lens radius and where product pixels may be.
    """

    elevation: float
    span: float
    drop: float
    aperture: float = 0.03
    view: float = 24.0
    safe: tuple[float, float, float, float] = (0.12, 0.08, 0.88, 0.80)


FRONT = Framing(8.0, 1.9, 0.68)
THREE_QUARTER = Framing(30.0, 2.0, 0.64, safe=(0.12, 0.08, 0.88, 0.82))
TOP = Framing(90.0, 2.0, 0.5, safe=(0.14, 0.14, 0.86, 0.86))


@dataclass(frozen=True, slots=True)
class Variation:
    """One colouring: what the three masked materials and the light are multiplied by."""

    name: str
    title: str
    tints: tuple[Rgb, Rgb, Rgb] = (WHITE, WHITE, WHITE)
    light: Rgb = WHITE


@dataclass(frozen=True, slots=True)
class Bulbs:
    """Small lamps far behind, drawn as the disks that the lens makes of them; `radius` is that of
    the disk in picture widths, `colour` the light added.
    """

    places: tuple[Rgb, ...] = ()
    radius: float = 0.03
    colour: Rgb = WHITE


@dataclass(frozen=True, slots=True)
class Look:
    """Exposure in stops against a white card on the stand, the share of light that the lens
    scatters, and the film's grain (deviation in 8-bit steps).
    """

    stops: float = 0.15
    bloom: float = 0.03
    grain: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything a plate is rendered from."""

    title: str
    summary: str
    stand: Stand
    bodies: tuple[Body, ...]
    key: Softbox
    variations: tuple[Variation, ...]
    fill: Rgb = (0.5, 0.5, 0.5)
    lamps: tuple[Softbox, ...] = ()
    bulbs: Bulbs = Bulbs()
    look: Look = Look()
    front: Framing = FRONT
    three_quarter: Framing = THREE_QUARTER
    top: Framing = TOP
    version: int = 1

    def framing(self, view: View) -> Framing:
        """The framing of one view."""
        return {"front": self.front, "three_quarter": self.three_quarter, "top": self.top}[view]


def body(
    mesh: Mesh, surface: Surface, tint: int | None = None, *, views: tuple[View, ...] = VIEWS
) -> Body:
    """One thing with its surface."""
    return Body(Part(mesh, surface), tint, views=views)
