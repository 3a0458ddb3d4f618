"""Far lamps out of focus, drawn as a lens draws them: even disks with a slightly brighter rim.

Traced, they would need hundreds of light paths a pixel.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from productviz.lib.pathtrace.shapes import Floats

from .cameras import seen
from .scene import Bulbs, Framing

_RIM = 0.25  # how much brighter the edge of a disk is
_SPREAD = (0.25, 0.85)  # lamps differ in brightness


def with_bulbs(radiance: Floats, bulbs: Bulbs, framing: Framing, *, white: float) -> Floats:
    """The picture, (n, n, 3) linear, with the lamps' light added; `white` is the radiance of the
    white card.
    """
    lit = radiance.copy()
    for centre, radius, strength in _disks(bulbs, framing, radiance.shape[0]):
        _stamp(lit, centre, radius, white * strength * np.array(bulbs.colour))
    return lit


def without_bulbs(masks: Floats, bulbs: Bulbs, framing: Framing) -> Floats:
    """The masks, (n, n, 3), less the lamps' disks: a tinted wall behind leaves lamps their
    colour.
    """
    hidden = np.zeros_like(masks)
    for centre, radius, _ in _disks(bulbs, framing, masks.shape[0]):
        _stamp(hidden, centre, radius, np.ones(3))
    return masks * (1 - np.clip(hidden / (1 - _RIM), 0, 1))


def _disks(
    bulbs: Bulbs, framing: Framing, size: int
) -> Iterator[tuple[tuple[float, float], float, float]]:
    """Centre and radius in pixels, and how bright."""
    if not bulbs.places:
        return
    rng = np.random.default_rng(len(bulbs.places))
    for x, y in seen(framing, size).pixels(bulbs.places):
        yield (x, y), bulbs.radius * size * rng.uniform(0.6, 1.1), rng.uniform(*_SPREAD)


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
