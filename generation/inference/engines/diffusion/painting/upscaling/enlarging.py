"""An ask to enlarge, answered by the network as often as the factor needs."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from generation.inference.engines.diffusion.ask import Ask, Watch

from .network import Upscaler
from .tiles import MARGIN, TILE, enlarge


def enlarged(
    network: Upscaler, ask: Ask, watch: Watch, device: torch.device, dtype: torch.dtype
) -> torch.Tensor | None:
    """float32 1 x 3 x (H factor) x (W factor) in 0..1; None if nobody waits for it any more.

    A network of twice is run twice for a factor above two; what is then too large is made smaller,
    never the other way round.
    """
    if ask.image is None:
        raise ValueError("This task needs the ask's image.")
    height, width = ask.image.shape[:2]
    picture: torch.Tensor | None = (
        torch.from_numpy(np.array(ask.image)).to(device).permute(2, 0, 1)[None].to(dtype) / 255
    )

    def tick(done: int, of: int) -> bool:
        watch.step(done, of)
        return not watch.is_canceled()

    scale = 1
    while picture is not None and scale < ask.factor:
        picture = enlarge(
            network, picture, scale=network.scale, tick=tick, tile=TILE, margin=MARGIN
        )
        scale *= network.scale
    if picture is None:
        return None
    return _fitted(picture.float(), height * ask.factor, width * ask.factor)


def _fitted(picture: torch.Tensor, height: int, width: int) -> torch.Tensor:
    if picture.shape[-2:] == (height, width):
        return picture
    return functional.interpolate(picture, (height, width), mode="bicubic", antialias=True)
