"""What a painter needs to know of a model, as the registry names it. No torch, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Model(Protocol):
    """One model of the registry.

    ``largest_batch`` is by bucket ("1024x1024"), ``lora`` a weights file below the model's folder
    or empty, ``vae`` the decoder ("full", "tiled", or "tiny": the folder ``vae_tiny``), ``text_pad``
    the tokens that every prompt is padded to, ``speed`` names of `speed.Switches`.
    """

    @property
    def name(self) -> str: ...
    @property
    def hub_id(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def licence(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def steps(self) -> int: ...
    @property
    def guidance(self) -> float: ...
    @property
    def largest_batch(self) -> Mapping[str, int]: ...
    @property
    def lora(self) -> str: ...
    @property
    def vae(self) -> str: ...
    @property
    def text_pad(self) -> int: ...
    @property
    def speed(self) -> tuple[str, ...]: ...


class Registry(Protocol):
    """Models by name, and the picture checker's if there is one."""

    def model(self, name: str) -> Model:
        """Give the model of this name; KeyError if there is none."""

    def checker(self) -> Model | None:
        """Give the model that looks for adult content, if the registry names one."""
