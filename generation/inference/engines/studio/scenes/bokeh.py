"""Far lamps out of focus, drawn as a lens draws them: even disks with a slightly brighter rim.

Traced, they would need hundreds of light paths a pixel.
"""

from __future__ import annotations

import numpy as np

from productviz.lib.pathtrace.shapes import Floats

from .cameras import seen
from .scene import Bulbs, Framing

_RIM = 0.25  # how much brighter the edge of a disk is
_SPREAD = (0.35, 1.0)  # lamps differ in brightness


def with_bulbs(radiance: Floats, bulbs: Bulbs, framing: Framing, *, white: float) -> Floats:
    """The picture, (n, n, 3) linear, with the lamps' light added; `white` is the radiance of the
    white card.
    """
    if not bulbs.places:
        return radiance
    size = radiance.shape[0]
    rng = np.random.default_rng(len(bulbs.places))
    lit = radiance.copy()
    for x, y in seen(framing, size).pixels(bulbs.places):
        radius = bulbs.radius * size * rng.uniform(0.6, 1.1)
        strength = white * rng.uniform(*_SPREAD)
        _stamp(lit, (x, y), radius, strength * np.array(bulbs.colour))
    return lit


def _stamp(lit: Floats, centre: tuple[float, float], radius: float, colour: Floats) -> None:
    reach = int(radius) + 3
    column, row = (_window(int(middle), reach, lit.shape[0]) for middle in centre)
    y, x = np.mgrid[row, column]
    away = np.hypot(x + 0.5 - centre[0], y + 0.5 - centre[1])
    soft = max(radius * 0.06, 0.5)
    disk = np.clip((radius - away) / soft, 0, 1) * (1 - _RIM + _RIM * (away / radius) ** 4)
    lit[row, column] += disk[..., None] * colour


def _window(middle: int, reach: int, size: int) -> slice:
    start = min(max(middle - reach, 0), size)
    return slice(start, max(start, min(middle + reach, size)))
