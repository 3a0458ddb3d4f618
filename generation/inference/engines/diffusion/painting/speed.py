"""Switches that make a model faster, each by name; the registry says which a model has on.

What each gains, and what it costs in quality, is in docs/performance.md. On a CPU those that need
CUDA are off.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

import torch

from .fp8 import use_fp8


@dataclass(frozen=True, slots=True)
class Switches:
    """Which switches are on. ``embedding_cache`` changes nothing but time.

    ``tiled_decode`` is for small memories: it decodes a picture in overlapping parts.
    """

    cudnn_attention: bool = False
    channels_last: bool = False
    compile: bool = False
    fp8: bool = False
    tiled_decode: bool = False
    embedding_cache: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those that are on, sorted."""
        return tuple(sorted(name for name in NAMES if getattr(self, name)))


MOST_GRAPHS = 128
NAMES = tuple(field.name for field in fields(Switches))
_NEED_CUDA = frozenset({"cudnn_attention", "compile", "fp8"})


def switches(names: Collection[str], device: torch.device) -> Switches:
    """Read switches by name; ValueError for one that does not exist."""
    unknown = set(names) - set(NAMES)
    if unknown:
        raise ValueError(f"There is no such speed switch: {', '.join(sorted(unknown))}.")
    lacking = _NEED_CUDA if device.type != "cuda" else frozenset[str]()
    return Switches(**dict.fromkeys(set(names) - lacking, True))


def apply(pipe: Any, chosen: Switches, *, backend: str = "inductor") -> None:
    """Turn switches on for a pipeline whose weights are on their device.

    fp8 goes first, since it replaces layers, and compilation last.
    """
    core = core_of(pipe)
    if chosen.fp8:
        use_fp8(core)
    if chosen.cudnn_attention and hasattr(core, "set_attention_backend"):
        core.set_attention_backend("_native_cudnn")
    if chosen.channels_last:
        _use_channels_last(pipe)
    if chosen.tiled_decode:
        pipe.vae.enable_tiling()
    if chosen.compile:
        # One code for every block, size and batch: the default of eight would end in plain Python.
        torch._dynamo.config.recompile_limit = MOST_GRAPHS
        # Blocks alone: as fast as the whole, a tenth of the compile time. A UNet's sizes are
        # fixed by buckets; the transformers recompile less often with open ones.
        core.compile_repeated_blocks(dynamic=not hasattr(pipe, "unet"), backend=backend)


def core_of(pipe: Any) -> Any:
    """The network that runs at every step."""
    return pipe.unet if hasattr(pipe, "unet") else pipe.transformer


def _use_channels_last(pipe: Any) -> None:
    networks = [pipe.vae, pipe.unet] if hasattr(pipe, "unet") else [pipe.vae]
    for network in networks:
        network.to(memory_format=torch.channels_last)
