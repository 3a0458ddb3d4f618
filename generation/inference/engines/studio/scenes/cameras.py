"""Where a view's camera stands, for the path tracer and for `plate.json` alike."""

from __future__ import annotations

import numpy as np

from generation.imaging.camera import Camera, Projection, projection
from productviz.lib.pathtrace.shapes import Floats
from productviz.lib.pathtrace.tracer import Lens

from .scene import Framing, Rgb

_LEVEL = 89.0


def camera(framing: Framing) -> Camera:
    """The camera that spans `framing.span` at the origin and lets it land at `framing.drop`."""
    half = np.tan(np.radians(framing.view / 2))
    distance = framing.span / 2 / half
    rise = np.radians(framing.elevation)
    position = distance * np.array([0.0, -np.cos(rise), np.sin(rise)])
    below = np.arctan((2 * framing.drop - 1) * half)
    pitch = below - rise
    target = position + distance * np.array([0.0, np.cos(pitch), np.sin(pitch)])
    up = (0.0, 1.0, 0.0) if framing.elevation > _LEVEL else (0.0, 0.0, 1.0)
    return Camera(_triple(position), _triple(target), up, framing.view)


def seen(framing: Framing, size: int) -> Projection:
    """World points to pixels of the square picture of that size."""
    return projection(camera(framing), side=size, left=0, top=0)


def lens(framing: Framing, size: int) -> Lens:
    """The same camera for the path tracer, in focus at the stand's centre."""
    pinhole = camera(framing)
    position, target = np.array(pinhole.position), np.array(pinhole.target)
    ahead = (target - position) / np.linalg.norm(target - position)
    return Lens(
        origin=pinhole.position,
        target=pinhole.target,
        up=pinhole.up,
        view=pinhole.fov,
        aperture=framing.aperture,
        focus=float(-position @ ahead),
        size=(size, size),
    )


def _triple(values: Floats) -> Rgb:
    x, y, z = (round(float(value), 5) for value in values)
    return (x, y, z)
