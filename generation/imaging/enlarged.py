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
# Added detail is weighed over this many of the photograph's pixels a side, against the contrast
# there and next to it; where there is none, against this much (in steps of 255).
_TILE, _LEAST_CONTRAST = 4, 4.0
_FINE = 1.5


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


def added_detail(shown: Pixels, source: Pixels) -> Floats:
    """How much stronger than the photograph's own contrast is what an enlargement added to it.

    One value a tile, float32. All that was added counts, in any channel: whatever is invisible
    after reducing may be there. The photograph's sharp edges may become sharper, calm parts of it
    stay calm. Nothing added gives 0.
    """
    height, width = shown.shape[:2]
    plain = enlarged(source, source, (width, height))
    added = shown.astype(np.float32) - plain.astype(np.float32)
    tiles = (max(1, source.shape[1] // _TILE), max(1, source.shape[0] // _TILE))
    gray = cv2.cvtColor(plain, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = gray - cv2.GaussianBlur(gray, (0, 0), _FINE * width / source.shape[1])
    contrast = cv2.dilate(_energy(fine**2, tiles), np.ones((3, 3), np.uint8))
    ratio = _energy((added**2).mean(axis=2), tiles) / (contrast + _LEAST_CONTRAST)
    return np.asarray(ratio, np.float32)


def _energy(squares: Floats, tiles: tuple[int, int]) -> Floats:
    means = cv2.resize(squares, tiles, interpolation=cv2.INTER_AREA)
    return np.asarray(np.sqrt(means), np.float32)
