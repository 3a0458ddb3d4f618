"""A canvas inside the picture of a model: models paint a few sizes only, and small ones.

The canvas lies in the middle of the model's picture, as large as it fits; what is painted beyond
it is cut off again.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from generation.types import Pixels, Transform


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a canvas of ``canvas`` (width, height) lies in a picture of ``inner`` pixels."""

    canvas: tuple[int, int]
    inner: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels of the picture for one of the canvas."""
        return min(self.inner[0] / self.canvas[0], self.inner[1] / self.canvas[1])

    @property
    def corner(self) -> tuple[float, float]:
        """Where the canvas's top-left corner is in the picture."""
        left, top = (
            (inner - self.scale * canvas) / 2
            for inner, canvas in zip(self.inner, self.canvas, strict=True)
        )
        return left, top

    def moved(self, transform: Transform) -> Transform:
        """A transform onto the canvas, as one onto the picture."""
        left, top = self.corner
        return Transform(
            scale=transform.scale * self.scale,
            dx=transform.dx * self.scale + left,
            dy=transform.dy * self.scale + top,
        )

    def into(self, pixels: Pixels) -> Pixels:
        """Shrink a canvas (uint8 H x W x C) into the picture, its border continued to the edges."""
        size = [max(1, round(side * self.scale)) for side in self.canvas]
        smoothly = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_CUBIC
        small = cv2.resize(pixels, (size[0], size[1]), interpolation=smoothly)
        left, top = (inner - side for inner, side in zip(self.inner, size, strict=True))
        framed = cv2.copyMakeBorder(
            small,
            top // 2,
            top - top // 2,
            left // 2,
            left - left // 2,
            cv2.BORDER_REFLECT_101 if min(size) > max(left, top) else cv2.BORDER_REPLICATE,
        )
        return np.asarray(framed, dtype=np.uint8)

    def out_of(self, painted: Pixels) -> Pixels:
        """Cut the canvas out of a picture (uint8 H x W x 3) and bring it to its own size."""
        image = Image.fromarray(np.ascontiguousarray(painted))
        return np.asarray(image.resize(self.canvas, Image.Resampling.LANCZOS, box=self._box()))

    def _box(self) -> tuple[float, float, float, float]:
        """The canvas in the picture, clamped: Pillow refuses a box a rounding error outside."""
        corner = [max(0.0, at) for at in self.corner]
        far = [
            min(float(inner), at + side * self.scale)
            for inner, at, side in zip(self.inner, self.corner, self.canvas, strict=True)
        ]
        return corner[0], corner[1], far[0], far[1]
