"""A preset's bare ground as pixels."""

from __future__ import annotations

from generation.imaging import grounds
from generation.spec import Background
from generation.types import Pixels


def backdrop(background: Background, *, width: int, height: int) -> Pixels | None:
    """Make a preset's ground (uint8 H x W x 3) without shadows; None where it is transparent.

    The same arguments give the same bytes, so that verification can make it again.
    """
    if background.rgb is not None:
        return grounds.plain(background.rgb, width=width, height=height)
    if background.gradient is None:
        return None
    shape = background.shape or "radial"
    return grounds.gradient(background.gradient, shape, width=width, height=height)
