"""The picture as the pipeline sees it, and the one way of refusing a picture.

Knows nothing about files or networks: decoding is `generation.preprocessing.decode`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Rgb: TypeAlias = NDArray[np.uint8]
"""uint8 H x W x 3, sRGB."""
Gray: TypeAlias = NDArray[np.uint8]
"""uint8 H x W."""
Plane: TypeAlias = NDArray[np.float32]
"""float32 H x W, usually 0..1."""
Mask: TypeAlias = NDArray[np.bool_]
"""bool H x W."""


class ImageRejected(Exception):
    """A source picture that cannot be used; the message tells a merchant the cause and the fix."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Upright:
    """A decoded picture: turned upright, in sRGB, eight bits a channel.

    `alpha` is None where the file has no transparency at all. Colour under fully clear pixels
    is white, so that flattening never shows what the file was hiding. Each warning starts with
    a code and a colon.
    """

    rgb: Rgb
    alpha: Gray | None
    format: str
    warnings: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Width in pixels, after turning."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels, after turning."""
        return int(self.rgb.shape[0])
