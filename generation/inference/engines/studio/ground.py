"""A plate's picture as the canvas's ground: decoded, cropped, recoloured, and kept for the next.

Where products go on it is `staging`'s business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from generation.imaging.camera import Projection, projection
from generation.imaging.geometry import Box
from generation.imaging.recolour import tinted
from generation.types import Pixels

from .plate import Plate, PlateError, Variation, View, ViewName

# One ground of 2000 x 2000 is 12 MB; a batch on one plate uses its three views.
_KEPT = 3
# Where a canvas cuts into the safe area, products keep away from its edge by this share.
_LEAST_MARGIN = 0.04


@dataclass(frozen=True, slots=True)
class Stage:
    """A plate seen through one view on a canvas; ``ground`` is uint8 H x W x 3, never written to.

    ``below`` is, for each surface below the stand, how much of a pixel shows its material: uint8
    H x W. ``safe`` is where product pixels may be, in canvas pixels.
    """

    plate: Plate
    view: View
    view_name: ViewName
    variation: Variation
    ground: Pixels
    below: tuple[Pixels, ...]
    projection: Projection
    safe: Box

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the canvas."""
        return self.ground.shape[1], self.ground.shape[0]

    @property
    def squash(self) -> float:
        """How flat the camera sees the stand: the sine of its elevation over the centre."""
        x, y, z = self.view.camera.position
        return z / math.hypot(x, y, z)

    @property
    def elevation(self) -> float:
        """The camera's elevation over the stand's centre, in degrees."""
        return math.degrees(math.asin(min(1.0, max(0.0, self.squash))))


@dataclass(frozen=True, slots=True)
class _Crop:
    """The part of a square picture that a canvas shows, as shares; ``side`` in canvas pixels."""

    left: float
    top: float
    width: float
    height: float
    side: float


def set_stage(
    plate: Plate, view_name: ViewName, variation: str, *, width: int, height: int
) -> Stage:
    """Set a plate up on a canvas of any shape, cropped around its safe area.

    Raises `PlateError` for a view or a variation that the plate has not, or a broken picture.
    """
    if view_name not in plate.views:
        known = ", ".join(plate.views)
        raise PlateError(f'The plate "{plate.name}" has no view "{view_name}". It has: {known}.')
    view, colours = plate.views[view_name], plate.variation(variation)
    crop = _crop(view, width, height)
    left, top = crop.left * crop.side, crop.top * crop.side
    safe = [share * crop.side for share in view.safe_area]
    edge = _LEAST_MARGIN * min(width, height)
    ground, below = _pictures(plate, view, colours, crop, (width, height))
    return Stage(
        plate=plate,
        view=view,
        view_name=view_name,
        variation=colours,
        ground=ground,
        below=below,
        projection=projection(view.camera.camera, side=crop.side, left=left, top=top),
        safe=Box(
            left=max(safe[0] - left, edge),
            top=max(safe[1] - top, edge),
            right=min(safe[2] - left, width - edge),
            bottom=min(safe[3] - top, height - edge),
        ),
    )


def _crop(view: View, width: int, height: int) -> _Crop:
    """Keep as much of the picture as the canvas's shape allows, the safe area in its middle."""
    across, down = min(1.0, width / height), min(1.0, height / width)
    area = view.safe_area
    left = min(max((area[0] + area[2] - across) / 2, 0.0), 1.0 - across)
    top = min(max((area[1] + area[3] - down) / 2, 0.0), 1.0 - down)
    return _Crop(left, top, across, down, side=max(width, height))


def _pictures(
    plate: Plate, view: View, variation: Variation, crop: _Crop, size: tuple[int, int]
) -> tuple[Pixels, tuple[Pixels, ...]]:
    image = plate.folder / view.image
    changed = (image.stat().st_mtime_ns, (plate.folder / view.masks).stat().st_mtime_ns)
    channels = tuple(level.mask for level in plate.stand.below)
    return _decoded(image, plate.folder / view.masks, changed, variation, channels, crop, size)


@lru_cache(maxsize=_KEPT)
def _decoded(
    image: Path,
    masks: Path,
    changed_at: tuple[int, int],
    variation: Variation,
    channels: tuple[int, ...],
    crop: _Crop,
    size: tuple[int, int],
) -> tuple[Pixels, tuple[Pixels, ...]]:
    ground = _resized(image, crop, size, cv2.INTER_CUBIC)
    if variation.changes_nothing and not channels:
        ground.setflags(write=False)
        return ground, ()
    cover = _resized(masks, crop, size, cv2.INTER_LINEAR)
    if not variation.changes_nothing:
        ground = tinted(ground, cover, tints=variation.tints, light=variation.light)
    below = tuple(np.ascontiguousarray(cover[..., channel]) for channel in channels)
    for plane in (ground, *below):
        plane.setflags(write=False)
    return ground, below


def _resized(path: Path, crop: _Crop, size: tuple[int, int], smoothly: int) -> Pixels:
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
    except (OSError, ValueError) as error:
        raise PlateError(
            f"The picture {path.parent.name}/{path.name} of a plate cannot be read ({error}). "
            "Render the plate again."
        ) from error
    side = pixels.shape[0] / crop.side
    matrix = np.array(
        [
            [side, 0.0, crop.left * pixels.shape[1] + side / 2 - 0.5],
            [0.0, side, crop.top * pixels.shape[0] + side / 2 - 0.5],
        ]
    )
    if side > 1.5:
        kept = pixels[
            round(crop.top * pixels.shape[0]) : round((crop.top + crop.height) * pixels.shape[0]),
            round(crop.left * pixels.shape[1]) : round((crop.left + crop.width) * pixels.shape[1]),
        ]
        return np.asarray(cv2.resize(kept, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    flags = smoothly | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(pixels, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)
