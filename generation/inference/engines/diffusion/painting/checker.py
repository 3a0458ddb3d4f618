"""A look at what was painted: adult content is not handed out.

It runs where the registry names a checker and its files are there and can be used; else manifests
say that nobody looked, the log says why, and a person looks at the kinds that may show a body.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

from generation.inference.engines.diffusion.files import FilesError, folder_of, verify
from generation.inference.engines.diffusion.model import Model
from generation.types import Pixels

from .faults import Fault, fault_of
from .loading import DTYPES

log = logging.getLogger(__name__)

# The labels by which image classifiers name what a shop must not show.
REFUSED = frozenset({"nsfw", "porn", "hentai", "sexy", "unsafe"})
LEAST_SHARE = 0.5


class Checker:
    """Flags pictures of adult content. Small, and in memory from its first look on."""

    def __init__(self, model: Model | None, models: Path, device: torch.device) -> None:
        self._model = model
        self._models = models
        self._device = device
        self._parts: tuple[Any, Any] | None = None
        self._is_here = self._model is not None and _is_intact(self._model, models)

    @property
    def name(self) -> str:
        """Say in manifests what looked at a picture."""
        return self._model.name if self._model is not None and self._is_here else "none"

    def flags(self, pictures: Sequence[Pixels]) -> list[bool]:
        """Say of each uint8 H x W x 3 picture whether it shows adult content.

        A checker that cannot be used looks no more, and pictures go on as not looked at. Errors of
        memory or of the device pass through.
        """
        if self._model is None or not self._is_here or not pictures:
            return [False] * len(pictures)
        try:
            return self._looked(self._model, pictures)
        except Exception as error:
            if fault_of(error) is not Fault.PICTURE:
                raise
            log.warning("%s looks at no picture: %s", self._model.name, error)
            self._is_here = False
            return [False] * len(pictures)

    @torch.no_grad()
    def _looked(self, model: Model, pictures: Sequence[Pixels]) -> list[bool]:
        prepare, network = self._parts = self._parts or self._open(model)
        given = prepare(images=[Image.fromarray(one) for one in pictures], return_tensors="pt")
        seen = given.pixel_values.to(self._device, network.dtype)
        shares = network(pixel_values=seen).logits.float().softmax(dim=1)
        adult = shares[:, _refused(network)].sum(dim=1)
        return [bool(share > LEAST_SHARE) for share in adult]

    def _open(self, model: Model) -> tuple[Any, Any]:
        folder = str(folder_of(model.name, self._models))
        network = AutoModelForImageClassification.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=DTYPES[model.dtype]
        )
        if not _refused(network):
            labels = ", ".join(network.config.id2label.values())
            raise ValueError(
                f"its labels ({labels}) name no adult content; one of them must be among "
                f"{', '.join(sorted(REFUSED))}."
            )
        # The processor of the PIL back end: torchvision is not everywhere.
        prepare = AutoImageProcessor.from_pretrained(folder, local_files_only=True, use_fast=False)
        return prepare, network.to(self._device).eval()


def _is_intact(model: Model, models: Path) -> bool:
    try:
        verify(model, models)
    except FilesError as error:
        log.warning("%s looks at no picture: %s", model.name, error.message)
        return False
    return True


def _refused(network: Any) -> list[int]:
    """The places of the labels that a shop must not show."""
    labels = network.config.id2label.items()
    return [place for place, label in labels if label.casefold() in REFUSED]
