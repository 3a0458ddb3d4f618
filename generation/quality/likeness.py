"""Does a channel's file still show the verified product? Measured against the canvas it is from.

The canvas was judged against the photograph; here only framing and encoding can have gone wrong,
so a part of the product says enough.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.metrics import Floats, ssim_map
from generation.types import Pixels

# Mean SSIM inside the product. Seen 0.98 to 0.99 at quality 92 and 0.91 to 0.97 at 60, the lowest
# that is written (five catalog photographs at 1024 px, 2026-11).
_LEAST_SSIM = 0.90
# Largest difference of a 16-pixel tile's mean colour, in steps of 255. Seen 0.5 to 0.8 at quality
# 92 and to 2.5 at 60; a tint of 4 has 4.0, a shift of one pixel 12.
_MOST_DIFFERENCE = 3.0
_SIDE = 640
_TILE = 16


def is_alike(shown: Pixels, wanted: Pixels, product: Pixels) -> bool:
    """Compare a file's pixels with the canvas resampled to its frame (both uint8 H x W x 3).

    ``product`` is the products' alpha in the same frame; only where it is full is looked at. True
    where there is nothing to compare.
    """
    part = _middle(product)
    inside = product[part] == 255
    if not inside.any():
        return True
    one, other = (np.ascontiguousarray(pixels[part]) for pixels in (shown, wanted))
    similar = ssim_map(_gray(one), _gray(other))[inside].mean()
    whole = _tiles(inside.astype(np.float32)) > 0.999
    differences = np.abs(_tiles(one) - _tiles(other)).max(axis=2)
    worst = differences[whole].max() if whole.any() else 0.0
    return bool(similar >= _LEAST_SSIM and worst <= _MOST_DIFFERENCE)


def _middle(product: Pixels) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero((product == 255).any(axis=axis)) for axis in (1, 0))
    return _around(rows), _around(columns)


def _around(found: NDArray[np.intp]) -> slice:
    if not found.size:
        return slice(0, 0)
    start = max(0, int(found[0] + found[-1]) // 2 - _SIDE // 2)
    return slice(start, start + _SIDE)


def _gray(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _tiles(pixels: Pixels | Floats) -> Floats:
    size = (max(1, pixels.shape[1] // _TILE), max(1, pixels.shape[0] // _TILE))
    small = cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)
