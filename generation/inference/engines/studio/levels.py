"""The stand's edge, and what lies below it: how far shadows go on past a round stand.

What the stand itself keeps dark is in the plate already, and is not darkened again.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import cast
from generation.imaging.solid import Solid, drum

from .ground import Stage

_Float = NDArray[np.float32]
_Floats = NDArray[np.float64]

_CORNERS = 256


def stand_mask(stage: Stage) -> _Float:
    """Give float32 H x W: 1 on the stand, 0 past a disk's edge."""
    radius = stage.plate.stand.radius
    if radius is None:
        return np.ones(stage.ground.shape[:2], dtype=np.float32)
    return _filled(stage, _circle(radius, 0.0, (0.0, 0.0)))


def on_canvas(floor: cast.FloorMap, stage: Stage) -> _Float:
    """Show a floor map through the stage's camera: float32 H x W, 0 where it ends."""
    width, height = stage.size
    plane = np.zeros((height, width), dtype=np.float32)
    values, region = cast.seen(floor, stage.projection, width=width, height=height)
    plane[region.slices] = values
    return plane


def shaded_below(stage: Stage, solids: Sequence[Solid]) -> _Float:
    """Give the share of light that products take from what is below their stand: float32 H x W.

    Of a lamp that the stand hides in part, products hide their share of the rest; where it hides
    the whole lamp, they take nothing.
    """
    lost = np.zeros(stage.ground.shape[:2], dtype=np.float32)
    drums = _drums(stage)
    share = np.float32(stage.view.key_share)
    for number, (level, cover) in enumerate(
        zip(stage.plate.stand.below, stage.below, strict=True), start=1
    ):
        shadow = _shadow(stage, solids, -level.drop)
        if not shadow.any():
            continue
        key = share * (1.0 - _shadow(stage, drums[:number], -level.drop))
        part = key * shadow / (key + 1.0 - share)
        part *= _free(stage, drums, number) * (cover.astype(np.float32) / np.float32(255.0))
        np.maximum(lost, part, out=lost)
    return lost


def _shadow(stage: Stage, solids: Sequence[Solid], z: float) -> _Float:
    lamp = stage.plate.light
    floor = cast.cast(solids, direction=lamp.direction, angular_radius=lamp.angular_radius, z=z)
    return on_canvas(floor, stage)


def _drums(stage: Stage) -> list[Solid]:
    """Give the stand, and the disks below it, as bodies; the highest first."""
    stand = stage.plate.stand
    edges = [(stand.radius, 0.0, (0.0, 0.0))]
    edges += [(level.radius, -level.drop, level.centre) for level in stand.below]
    bottoms = [z for _, z, _ in edges[1:]]
    return [
        drum(radius, top=top, bottom=bottom, at=at)
        for (radius, top, at), bottom in zip(edges, bottoms, strict=False)
        if radius is not None
    ]


def _free(stage: Stage, drums: Sequence[Solid], number: int) -> _Float:
    """Give where the surface below the first ``number`` drums is not hidden by them."""
    free = np.ones(stage.ground.shape[:2], dtype=np.float32)
    if number < len(drums):
        own = drums[number]
        free = _filled(stage, _circle(own.half_width, own.slices[-1].z, own.at))
    for one in drums[:number]:
        ends = [_circle(one.half_width, one.slices[i].z, one.at) for i in (0, -1)]
        free = free * (1.0 - _filled(stage, np.vstack(ends)))
    return free


def _circle(radius: float, z: float, at: tuple[float, float]) -> _Floats:
    turn = np.linspace(0.0, 2 * np.pi, _CORNERS, endpoint=False)
    x, y = at[0] + radius * np.cos(turn), at[1] + radius * np.sin(turn)
    return np.column_stack([x, y, np.full_like(turn, z)])


def _filled(stage: Stage, points: _Floats) -> _Float:
    """Give float32 H x W: 1 inside the outline of some points in the world."""
    width, height = stage.size
    seen = stage.projection.pixels(points) - 0.5
    corners = np.rint(cv2.convexHull(seen.astype(np.float32)) * 16).astype(np.int32)
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(mask, [corners], 255, lineType=cv2.LINE_AA, shift=4)
    softened = cv2.GaussianBlur(mask, (0, 0), max(width / 1400, 0.5))
    return softened.astype(np.float32) / np.float32(255.0)
