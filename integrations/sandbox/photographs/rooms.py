"""The light in the room: windows, bulbs and panels, painted as a panorama around the product.

Azimuth 0 is behind the product, 90 degrees on its right; elevation is measured from its table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from productviz.lib.pathtrace.textures import Floats, noise, tint

PANORAMA = (384, 768)  # rows, columns: half a degree each


Light = tuple[float, float, float]


DAY: Light = (0.92, 1.0, 1.12)


OVERCAST: Light = (0.86, 1.0, 1.2)


EVENING: Light = (1.25, 1.0, 0.68)


BULB: Light = (1.5, 1.0, 0.5)


TUBE: Light = (0.95, 1.05, 0.92)


@dataclass(frozen=True, slots=True)
class Window:
    """A bright opening or soft lamp: where it is seen from the product (degrees; azimuth 0 is
    behind it, 90 its right).
    """

    azimuth: float
    elevation: float
    width: float
    height: float
    power: float
    colour: Light = DAY
    panes: tuple[int, int] = (1, 1)
    softness: float = 1.0


@dataclass(frozen=True, slots=True)
class Room:
    """The light around the table; `fill` is the walls' radiance against windows of power 10 to
    60.
    """

    windows: tuple[Window, ...]
    fill: float = 0.5
    wall: str = "#d8d2c8"
    seed: int = 1


def panorama(room: Room) -> Floats:
    """The room as linear radiance, (rows, columns, 3); column 0 looks along +y, columns run to
    the right.
    """
    rows, columns = PANORAMA
    azimuth = (np.arange(columns) + 0.5)[None] / columns * 360
    elevation = 90 - (np.arange(rows) + 0.5)[:, None] / rows * 180
    clutter = (
        noise(PANORAMA, (9.0, 14.0), room.seed) * 0.16
        + noise(PANORAMA, (3.0, 30.0), room.seed + 1) * 0.08
    )
    upright = np.clip(1 + clutter, 0.25, 2) * (0.55 + 0.45 / (1 + np.exp(-elevation / 6)))
    upright = upright * np.where(elevation > 52, 1.25, 1.0)
    light = tint(room.wall) ** 2.2 * room.fill * upright[..., None]
    for window in room.windows:
        light = light + _shine(window, azimuth, elevation)[..., None] * np.array(window.colour)
    return light


def _shine(window: Window, azimuth: Floats, elevation: Floats) -> Floats:
    across = ((azimuth - window.azimuth + 180) % 360 - 180) / window.width + 0.5
    up = (elevation - window.elevation) / window.height + 0.5
    edge_x, edge_y = window.softness / window.width, window.softness / window.height
    inside = (
        _step(across, edge_x)
        * _step(1 - across, edge_x)
        * _step(up, edge_y)
        * _step(1 - up, edge_y)
    )
    for count, share, edge in ((window.panes[0], across, edge_x), (window.panes[1], up, edge_y)):
        for bar in range(1, count):
            inside = inside * np.clip(np.abs(share - bar / count) / edge - 0.8, 0.02, 1)
    return inside * window.power * (0.75 + 0.5 * np.clip(up, 0, 1))


def _step(value: Floats, edge: float) -> Floats:
    ramp: Floats = np.clip(value / max(edge, 1e-6) + 0.5, 0, 1)
    return ramp


def daylight(side: float = 285.0, power: float = 22.0, fill: float = 0.55, seed: int = 1) -> Room:
    """One window, high to one side, and pale walls."""
    window = Window(side, 26, 46, 44, power, DAY, (2, 2))
    return Room((window,), fill, seed=seed)


def overcast(seed: int = 2, power: float = 12.0) -> Room:
    """Two wide windows under a grey sky: soft and bluish."""
    left = Window(262, 24, 80, 46, power, OVERCAST, (3, 1), softness=4)
    right = Window(62, 30, 40, 40, power * 0.35, OVERCAST, softness=4)
    return Room((left, right), 0.8, "#ccd2d8", seed)


def kitchen(seed: int = 3, fill: float = 0.35) -> Room:
    """Warm ceiling bulbs in the evening and a dim window."""
    bulbs = (
        Window(330, 62, 14, 12, 70, BULB, softness=3),
        Window(140, 58, 14, 12, 45, BULB, softness=3),
        Window(80, 15, 30, 30, 1.5, OVERCAST),
    )
    return Room(bulbs, fill, "#e0bd8c", seed)


def office(seed: int = 4) -> Room:
    """Fluorescent panels overhead, slightly green."""
    panels = tuple(Window(a, 60, 34, 10, 26, TUBE, softness=2) for a in (20, 140, 250))
    return Room(panels, 0.5, "#d5d8cf", seed)


def low_sun(side: float = 300.0, power: float = 2600.0, seed: int = 5) -> Room:
    """A low sun and a blue sky through the same window: hard, warm shadows."""
    sun = Window(side, 27, 2.6, 2.6, power, EVENING, softness=0.8)
    sky = Window(side, 30, 50, 40, 5, OVERCAST, (2, 1))
    return Room((sun, sky), 0.35, "#dccdb8", seed)


def softbox(seed: int = 6, power: float = 30.0) -> Room:
    """A cheap photo lamp on one side and a reflector on the other."""
    lamp = Window(305, 42, 26, 26, power, (1.05, 1.0, 0.93), softness=2)
    card = Window(75, 20, 40, 50, 2.0, (1, 1, 1), softness=4)
    return Room((lamp, card), 0.4, "#cfcac4", seed)
