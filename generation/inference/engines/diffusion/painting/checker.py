"""A look at what was painted: adult content is not handed out.

It runs where the registry names a checker and its files are there; else manifests say that nobody
looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

from generation.inference.engines.diffusion.files import folder_of, is_intact
from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.registry import Registry
from generation.types import Pixels

from .loading import DTYPES

# The labels by which image classifiers name what a shop must not show.
REFUSED = frozenset({"nsfw", "porn", "hentai", "sexy", "unsafe"})
LEAST_SHARE = 0.5


class Checker:
    """Flags pictures of adult content. Small, and in memory from its first look on."""

    def __init__(self, registry: Registry, models: Path, device: torch.device) -> None:
        self._model = registry.checker()
        self._models = models
        self._device = device
        self._parts: tuple[Any, Any] | None = None
        self._is_here = self._model is not None and is_intact(self._model, models)

    @property
    def name(self) -> str:
        """Say in manifests what looked at a picture."""
        return self._model.name if self._model is not None and self._is_here else "none"

    @torch.no_grad()
    def flags(self, pictures: Sequence[Pixels]) -> list[bool]:
        """Say of each uint8 H x W x 3 picture whether it shows adult content."""
        if self._model is None or not self._is_here or not pictures:
            return [False] * len(pictures)
        prepare, network = self._parts = self._parts or self._open(self._model)
        given = prepare(images=[Image.fromarray(one) for one in pictures], return_tensors="pt")
        seen = given.pixel_values.to(self._device, network.dtype)
        shares = network(pixel_values=seen).logits.float().softmax(dim=1)
        refused = [place for place, label in network.config.id2label.items() if label in REFUSED]
        return [bool(share > LEAST_SHARE) for share in shares[:, refused].sum(dim=1)]

    def _open(self, model: Model) -> tuple[Any, Any]:
        folder = str(folder_of(model.name, self._models))
        network = AutoModelForImageClassification.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=DTYPES[model.dtype]
        )
        # The processor of the PIL back end: torchvision is not everywhere.
        prepare = AutoImageProcessor.from_pretrained(folder, local_files_only=True, use_fast=False)
        return prepare, network.to(self._device).eval()
