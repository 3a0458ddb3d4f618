"""An enlargement that is true to its photograph: reduced again, it is the photograph.

Irani, Peleg, "Improving resolution by image registration", CVGIP 53(3), 1991: what is missing after
reducing is added back, a few times over.
"""

from __future__ import annotations

import cv2
import numpy as np

from generation.types import Pixels

from .metrics import Floats

_ROUNDS = 4


def enlarged(answer: Pixels, source: Pixels, size: tuple[int, int]) -> Pixels:
    """Give an answer (uint8 H x W x 3) at ``size`` (width, height), held to the source."""
    smoothly = cv2.INTER_AREA if size[0] < answer.shape[1] else cv2.INTER_CUBIC
    current = np.asarray(cv2.resize(answer, size, interpolation=smoothly), np.float32)
    wanted = source.astype(np.float32)
    for _ in range(_ROUNDS):
        missing = wanted - reduced(current, (source.shape[1], source.shape[0]))
        current += cv2.resize(missing, size, interpolation=cv2.INTER_CUBIC)
    return np.clip(np.rint(current), 0, 255).astype(np.uint8)


def reduced(pixels: Pixels | Floats, size: tuple[int, int]) -> Floats:
    """Give a picture (H x W x 3) at a smaller ``size`` (width, height), each pixel a mean."""
    small = cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)
