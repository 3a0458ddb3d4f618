"""How much memory pictures in the making take, about, without the weights: estimates."""

from __future__ import annotations

from generation.inference.engines.diffusion.ask import Ask

from .loading import DTYPES, Loaded
from .upscaling.tiles import MARGIN, STEP, TILE

# A decode at 1024 x 1024 peaks at about 2 GB in sixteen bits: 1,000 numbers a pixel.
_A_PIXEL = 1000
# The last layers of an upscaler hold about three planes of its features at once, at full size.
_PLANES = 3
_FLOAT32 = 4


def needed(loaded: Loaded, first: Ask, count: int) -> int:
    """Give the bytes that ``count`` asks like ``first`` take in one go."""
    if first.task == "upscale":
        return _enlarging(loaded, first)
    item = DTYPES[loaded.model.dtype].itemsize
    return count * _A_PIXEL * item * first.width * first.height


def _enlarging(loaded: Loaded, ask: Ask) -> int:
    """One tile in the making beside the whole result: pictures are enlarged one after the other."""
    network, item = loaded.pipes["upscale"], DTYPES[loaded.model.dtype].itemsize
    scale = network.scale
    while scale < ask.factor:
        scale *= network.scale
    longest = max(ask.width, ask.height)
    side = min(TILE, -(-longest // STEP) * STEP) + 2 * MARGIN
    tile = _PLANES * network.features * item * (side * network.scale) ** 2
    # The network's result, and what `to_host` and the last resize make of it.
    result = 3 * (item + 2 * _FLOAT32) * ask.width * ask.height * scale**2
    return tile + int(result)
