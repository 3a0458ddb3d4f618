"""Pictures to latents and back, whole batches at once, in the precision that the decoder bears."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

# Pictures decoded together. A decode at 1024 x 1024 peaks at about 2 GB a picture (estimate), and
# gains nothing from more.
SLICE = 4


@contextmanager
def in_safe_precision(vae: Any) -> Iterator[torch.dtype]:
    """Lend the VAE in a dtype that does not overflow: SDXL's own says so of float16."""
    own = vae.dtype
    if own == torch.float16 and getattr(vae.config, "force_upcast", False):
        vae.to(torch.float32)
        try:
            yield torch.float32
        finally:
            vae.to(own)
    else:
        yield own


def encode(vae: Any, pictures: torch.Tensor) -> torch.Tensor:
    """B x 3 x H x W in -1..1 to the latents' mean, unscaled; no noise, so nothing is drawn."""
    with in_safe_precision(vae) as dtype:
        found = vae.encode(pictures.to(dtype))
    latents = found.latent_dist.mode() if hasattr(found, "latent_dist") else found.latents
    return latents.to(pictures.dtype)


def decode(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """Unscaled latents to float32 B x 3 x H x W in -1..1; not finite where a picture is broken.

    Every slice of a batch has one size, as batch sizes are powers of two.
    """
    with in_safe_precision(vae) as dtype:
        parts = [vae.decode(part.to(dtype), return_dict=False)[0] for part in latents.split(SLICE)]
    pictures = torch.cat(parts).float()
    return pictures[:, :, 0] if pictures.ndim == 5 else pictures  # Qwen's decodes films
