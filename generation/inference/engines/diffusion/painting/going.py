"""One filled batch through one loaded model: words, noise, steps, decoding, bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from generation.inference.engines.diffusion.ask import Ask, Task, Watch
from generation.types import Pixels

from . import families, vae
from .batch import Batch, Steps, Words
from .batches import filled
from .embeddings import Embeddings
from .loading import DTYPES, Loaded
from .upscaling.enlarging import enlarged

Clock = Callable[[str], None]  # told when a stage begins: "text", "denoise", "decode", "host"


@dataclass(slots=True)
class Went:
    """What came of each ask: a picture, or None where it is not finite. ``batch`` is the size."""

    pictures: list[Pixels | None]
    canceled: list[bool]
    batch: int
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Going:
    """Runs batches; ``clock`` is for measurements."""

    device: torch.device
    embeddings: Embeddings
    clock: Clock = lambda stage: None

    @torch.no_grad()
    def go(self, loaded: Loaded, asks: Sequence[Ask], watches: Sequence[Watch]) -> Went:
        """Paint asks that share a key, no more than the largest batch size.

        Errors of memory, of the device or of one picture pass through.
        """
        if asks[0].task == "upscale":
            return self._enlarge(loaded, asks, watches)
        steps = Steps(watches, loaded.model.steps)
        padded = filled(asks)
        batch = Batch(loaded.model, padded, self.device, steps, self._encoder(loaded, asks[0].task))
        latents = self._denoised(loaded, batch)
        if steps.is_over:
            return Went([None] * len(asks), steps.canceled, len(padded))
        return Went(self._decoded(loaded, batch, latents, len(asks)), steps.canceled, len(padded))

    def _denoised(self, loaded: Loaded, batch: Batch) -> torch.Tensor:
        self.clock("text")
        for ask in batch.asks:
            batch.encode(ask.prompt)
        self.clock("denoise")
        return families.module(loaded.model.family).latents(loaded.pipes[batch.first.task], batch)

    def _decoded(
        self, loaded: Loaded, batch: Batch, latents: torch.Tensor, count: int
    ) -> list[Pixels | None]:
        self.clock("decode")
        pictures = vae.decode(loaded.pipes[batch.first.task].vae, latents)
        self.clock("host")
        return to_host((pictures[:count] + 1) / 2)

    def _encoder(self, loaded: Loaded, task: Task) -> Callable[[str], Words]:
        family = families.module(loaded.model.family)

        def encode(text: str) -> Words:
            words: Words = family.encode_words(loaded.pipes[task], text, loaded.model)
            return words

        if not loaded.switches.embedding_cache:
            return encode
        pad = loaded.model.text_pad
        return lambda text: self.embeddings.get(loaded.encoder, text, pad, encode)

    def _enlarge(self, loaded: Loaded, asks: Sequence[Ask], watches: Sequence[Watch]) -> Went:
        """Enlarge one after the other: tiles of one picture fill the device already."""
        pictures, canceled = [], []
        network, dtype = loaded.pipes["upscale"], DTYPES[loaded.model.dtype]
        for ask, watch in zip(asks, watches, strict=True):
            made = enlarged(network, ask, watch, self.device, dtype)
            canceled.append(made is None)
            pictures.append(None if made is None else to_host(made)[0])
        return Went(pictures, canceled, 1)


def to_host(pictures: torch.Tensor) -> list[Pixels | None]:
    """float B x 3 x H x W in 0..1 to uint8 H x W x 3 arrays; None for what is not finite."""
    is_whole = pictures.isfinite().flatten(1).all(dim=1).tolist()
    levels = (pictures.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8)
    arrays: Any = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return [
        np.ascontiguousarray(one) if ok else None for one, ok in zip(arrays, is_whole, strict=True)
    ]
