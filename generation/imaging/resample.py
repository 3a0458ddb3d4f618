"""Reading a small picture at chosen pixels of a large one."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

# remap takes maps up to 32767 a side, so a list of pixels is folded into rows of this length.
_ROW = 1024


def sample_at(
    small: NDArray[np.float32], y: NDArray[np.int64], x: NDArray[np.int64], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Read `small` (H x W x up to 4 channels) bilinearly at pixels of a picture of `shape`.

    Gives float32 N x channels, or N for a plane.
    """
    height, width = small.shape[:2]
    if not len(y):  # remap refuses empty maps
        return np.empty((0, *small.shape[2:]), dtype=np.float32)
    folded = np.zeros((2, -(-len(y) // _ROW) * _ROW), dtype=np.float32)
    folded[0, : len(x)] = (x + 0.5) * (width / shape[1]) - 0.5
    folded[1, : len(y)] = (y + 0.5) * (height / shape[0]) - 0.5
    across, down = folded.reshape(2, -1, _ROW)
    read = cv2.remap(small, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cast("NDArray[np.float32]", read.reshape(-1, *small.shape[2:])[: len(y)])
