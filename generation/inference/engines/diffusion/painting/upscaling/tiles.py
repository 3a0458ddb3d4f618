"""A picture enlarged tile by tile, so that its size does not decide the memory.

A tile is read with a margin that is cut off after enlarging; where the margin covers what the
network sees of a pixel, the result equals that of the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.nn import functional

TILE = 384
MARGIN = 32
STEP = 32  # a small picture is one tile, of a multiple of this

Tick = Callable[[int, int], bool]


def enlarge(
    network: Callable[[torch.Tensor], torch.Tensor],
    picture: torch.Tensor,
    *,
    scale: int,
    tick: Tick,
    tile: int = TILE,
    margin: int = MARGIN,
) -> torch.Tensor | None:
    """1 x 3 x H x W in 0..1 to 1 x 3 x (H scale) x (W scale).

    ``tick(done, of)`` is asked after every tile; None when it says to stop.
    """
    height, width = picture.shape[-2:]
    tile = min(tile, _ceiling(max(height, width), STEP) * STEP)
    result = picture.new_empty((1, 3, height * scale, width * scale))
    # Every tile has the same size, so that one compiled network does them all.
    rows, columns = _ceiling(height, tile), _ceiling(width, tile)
    beyond = (margin, columns * tile - width + margin, margin, rows * tile - height + margin)
    padded = functional.pad(picture, beyond, mode="replicate")
    for done, (top, left) in enumerate(_corners(rows, columns, tile), start=1):
        given = padded[..., top : top + tile + 2 * margin, left : left + tile + 2 * margin]
        made = network(given)[..., margin * scale : (margin + tile) * scale, :]
        made = made[..., margin * scale : (margin + tile) * scale]
        space = result[
            ..., top * scale : (top + tile) * scale, left * scale : (left + tile) * scale
        ]
        space.copy_(made[..., : space.shape[-2], : space.shape[-1]])
        if not tick(done, rows * columns):
            return None
    return result


def _corners(rows: int, columns: int, tile: int) -> Iterator[tuple[int, int]]:
    for row in range(rows):
        for column in range(columns):
            yield row * tile, column * tile


def _ceiling(length: int, tile: int) -> int:
    return -(-length // tile)
