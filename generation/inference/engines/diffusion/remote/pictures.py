"""Pictures on their way to a serving system and back: files, sizes, and safe decoding."""

from __future__ import annotations

import io

import cv2
import numpy as np
from django.conf import settings
from django.utils.module_loading import import_string
from PIL import Image

from generation.imaging.pixels import ImageRejected
from generation.inference.engines.diffusion.ask import Ask
from generation.inference.engines.diffusion.remote.answers import not_painted
from generation.types import Pixels

# A picture of this many pixels is taken even where a smaller one was asked for: 4 bytes a pixel is
# a PNG's worst case, and what the server likes to draw may be larger than the bucket.
_USUAL_PIXELS = 2048 * 2048
_MORE_BYTES = 1 << 20
# Sides are rounded by models to multiples of 8 or 16; more than this is another picture.
_MOST_ASPECT_OFF = 0.02


def png(pixels: Pixels) -> bytes:
    """A PNG of uint8 pixels (gray, RGB or RGBA), packed quickly."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def size_of(ask: Ask) -> tuple[int, int]:
    """Width and height in pixels that the answer should have."""
    return ask.width * ask.factor, ask.height * ask.factor


def most_bytes(ask: Ask) -> int:
    """The largest file that is read as an answer to ``ask``."""
    width, height = size_of(ask)
    return 4 * max(width * height, _USUAL_PIXELS) + _MORE_BYTES


def pixels_from(data: bytes) -> Pixels:
    """Decode a picture from outside to uint8 H x W x 3 sRGB, in a process that can be killed.

    Raises `NotPainted`: another try may well bring a whole file.
    """
    try:
        rgb: Pixels = import_string(settings.DECODE_PICTURE)(data).rgb
    except ImageRejected as error:
        raise not_painted(
            "model_unavailable",
            f"The remote engine's picture cannot be used ({error.code}). Look at the picture on the"
            " serving system itself.",
            is_retryable=True,
        ) from error
    return rgb


def at_size(rgb: Pixels, width: int, height: int) -> Pixels:
    """``rgb`` resized where only its scale differs. Raises `NotPainted` for another shape."""
    h, w = rgb.shape[:2]
    if (w, h) == (width, height):
        return rgb
    if abs(w * height / (h * width) - 1) > _MOST_ASPECT_OFF:
        raise not_painted(
            "model_unavailable",
            f"The remote engine painted {w} x {h} pixels where {width} x {height} were asked for."
            " Have its workflow or model keep the size.",
        )
    method = cv2.INTER_AREA if w > width else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=method), np.uint8)
