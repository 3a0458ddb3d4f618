"""A look at what was painted: adult content is not handed out.

Optional: it runs where the folder ``image-checker`` is among the models (a CLIP safety checker in
diffusers' layout, as published with Stable Diffusion); else manifests say that nobody looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from transformers import CLIPImageProcessor

from generation.types import Pixels

FOLDER = "image-checker"


class Checker:
    """Flags pictures of adult content. Small and always in memory once it is asked."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._folder = folder / FOLDER
        self._device = device
        self._parts: tuple[Any, Any] | None = None

    @property
    def name(self) -> str:
        """What manifests say looked at a picture."""
        return FOLDER if (self._folder / "config.json").is_file() else "none"

    def flags(self, pictures: Sequence[Pixels]) -> list[bool]:
        """Say of each uint8 H x W x 3 picture whether it shows adult content."""
        if self.name == "none" or not pictures:
            return [False] * len(pictures)
        prepare, network = self._parts = self._parts or self._open()
        given = prepare(images=[Image.fromarray(one) for one in pictures], return_tensors="pt")
        seen = given.pixel_values.to(self._device)
        # It blackens what it flags; the copies are given for that.
        return list(network(clip_input=seen, images=[one.copy() for one in pictures])[1])

    def _open(self) -> tuple[Any, Any]:
        network = StableDiffusionSafetyChecker.from_pretrained(
            str(self._folder), local_files_only=True, use_safetensors=True
        )
        prepare = CLIPImageProcessor.from_pretrained(str(self._folder), local_files_only=True)
        return prepare, network.to(self._device).eval()
