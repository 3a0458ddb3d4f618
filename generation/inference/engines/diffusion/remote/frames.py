"""Fitting a picture into one of the few sizes that a model paints, and cutting it out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from generation.inference.engines.diffusion.remote.pictures import at_size
from generation.types import Pixels


@dataclass(frozen=True, slots=True)
class Frame:
    """A canvas of ``width`` x ``height`` pixels with the picture in its middle.

    ``inner`` is the picture's place: left, top, width and height in the canvas's pixels.
    """

    width: int
    height: int
    inner: tuple[int, int, int, int]

    def around(self, pixels: Pixels, *, fill: int | None = None) -> Pixels:
        """The canvas: the picture scaled, and around it ``fill``, or its own edge drawn out."""
        left, top, width, height = self.inner
        scaled = _resized(pixels, width, height)
        across = (left, self.width - width - left)
        down = (top, self.height - height - top)
        border = cv2.BORDER_REPLICATE if fill is None else cv2.BORDER_CONSTANT
        value = 0 if fill is None else fill
        framed = cv2.copyMakeBorder(scaled, *down, *across, border, value=(value,) * 4)
        return np.asarray(framed, np.uint8)

    def within(self, canvas: Pixels, width: int, height: int) -> Pixels:
        """The picture in an answer, at ``width`` x ``height``. `NotPainted` for another shape."""
        whole = at_size(canvas, self.width, self.height)
        left, top, inner_width, inner_height = self.inner
        part = whole[top : top + inner_height, left : left + inner_width]
        return _resized(np.ascontiguousarray(part), width, height)


def best_frame(width: int, height: int, sizes: Sequence[tuple[int, int]]) -> Frame:
    """The frame among ``sizes`` in which least of the canvas lies outside the picture."""
    frames = [_frame(width, height, size) for size in sizes]
    return max(frames, key=lambda frame: _share(frame))


def _frame(width: int, height: int, size: tuple[int, int]) -> Frame:
    scale = min(size[0] / width, size[1] / height)
    inner_width, inner_height = round(width * scale), round(height * scale)
    left, top = (size[0] - inner_width) // 2, (size[1] - inner_height) // 2
    return Frame(*size, (left, top, inner_width, inner_height))


def _share(frame: Frame) -> float:
    return frame.inner[2] * frame.inner[3] / (frame.width * frame.height)


def _resized(pixels: Pixels, width: int, height: int) -> Pixels:
    if pixels.shape[:2] == (height, width):
        return pixels
    method = cv2.INTER_AREA if pixels.shape[1] > width else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=method), np.uint8)
