"""The picture that a scene is painted on: the product on a neutral floor, and what may be painted.

A model that inpaints keeps what it is shown and continues it: the floor's height, the soft shadow
under the product and the camera are told by this picture better than by words.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generation.imaging.color import to_linear, to_srgb
from generation.imaging.compose import Layer, darkened, laid_over
from generation.imaging.geometry import Box
from generation.imaging.metrics import eroded
from generation.imaging.shadow import cast_shadow
from generation.imaging.viewpoint import Viewpoint
from generation.types import Pixels

# Paint reaches this far under the product's edge, in the model's pixels: the edge is the cut-out's
# own in the end, and a rim of the stand-in around it would show.
_UNDER_EDGE = 2
_WALL, _FLOOR = (203, 200, 196), (186, 182, 176)
_SEAM = 0.02
_HINT = 0.8
# From here up a photograph looks down on its product: floor alone is seen.
_DOWNWARD = 52.0
# Where the floor ends behind a product that stands, over its base in its own heights, for a level
# camera, and how much farther up a higher one sees.
_LEVEL, _A_DEGREE = 0.14, 0.016


@dataclass(frozen=True, slots=True)
class StandIn:
    """What a model is shown: uint8 h x w x 3, and uint8 h x w, 255 where it paints."""

    image: Pixels
    mask: Pixels


def sees_floor_only(viewpoint: Viewpoint) -> bool:
    """Whether the camera looked straight down, or the product hangs or lies."""
    return viewpoint.lies_flat or viewpoint.elevation > _DOWNWARD


def camera_words(viewpoint: Viewpoint) -> str:
    """How the photograph looked at its product, in words."""
    if sees_floor_only(viewpoint):
        return "flat lay seen straight from above, on one flat surface"
    if viewpoint.elevation > 28:
        return "seen from above at an angle, standing on a surface"
    if viewpoint.elevation > 12:
        return "seen slightly from above, standing on a surface"
    return "seen at eye level, standing on a surface"


def stand_in(
    layer: Layer,
    product: Pixels,
    box: Box,
    viewpoint: Viewpoint,
    *,
    style: Pixels | None,
    is_shaded: bool = True,
) -> StandIn:
    """Make it: ``layer`` is the product on the model's canvas, ``product`` its alpha there.

    ``style`` is a reference picture (uint8 H x W x 3), whose colours the wall and the floor get.
    ``is_shaded``: with a shadow under the product, to go on from.
    """
    height, width = product.shape
    wall, floor = (_WALL, _FLOOR) if style is None else _colours_of(style)
    ground = _room(width, height, _horizon(box, viewpoint, height), wall, floor)
    if is_shaded:
        ground = darkened(ground, cast_shadow(product, box, strength=_HINT))
    solid = eroded(np.asarray(layer.alpha == 255), _UNDER_EDGE)
    mask = np.full((height, width), 255, dtype=np.uint8)
    mask[layer.region.slices][solid] = 0
    return StandIn(laid_over([layer], ground), mask)


def _horizon(box: Box, viewpoint: Viewpoint, height: int) -> float | None:
    """The row where the floor ends; None where nothing else is seen."""
    if sees_floor_only(viewpoint):
        return None
    raised = _LEVEL + _A_DEGREE * max(viewpoint.elevation, 0.0)
    return float(np.clip(box.bottom - raised * box.height, 0.15 * height, box.bottom - 4))


def _room(
    width: int,
    height: int,
    horizon: float | None,
    wall: tuple[int, int, int],
    floor: tuple[int, int, int],
) -> Pixels:
    """A wall and a floor with a soft seam, brighter towards the middle as a studio is."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    across = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    share = (
        np.ones_like(rows)
        if horizon is None
        else np.clip((rows - horizon) / (_SEAM * height) + 0.5, 0.0, 1.0)
    )[..., None]
    back, front = (to_linear(np.array([[rgb]], dtype=np.uint8)) for rgb in (wall, floor))
    falling = (1.0 - 0.12 * across**2)[..., None]
    return to_srgb((back * (1.0 - share) + front * share) * falling)


def _colours_of(style: Pixels) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """The mean colours of a picture's upper and lower half."""
    small = cv2.resize(style, (32, 32), interpolation=cv2.INTER_AREA)
    upper, lower = (half.reshape(-1, 3).mean(axis=0) for half in (small[:16], small[16:]))
    return _bytes(upper), _bytes(lower)


def _bytes(colour: np.typing.NDArray[np.floating]) -> tuple[int, int, int]:
    red, green, blue = (round(float(part)) for part in colour)
    return red, green, blue
