"""What a painter needs to know of a model: the part of the registry that it reads. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Licence(Protocol):
    """Under what terms files may be used."""

    @property
    def name(self) -> str: ...


class Lora(Protocol):
    """Weights on top of a model's own: files below its folder ``lora``, and their strength."""

    @property
    def hub(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def files(self) -> Sequence[str]: ...
    @property
    def scale(self) -> float: ...


class Model(Protocol):
    """One model of the registry; ``dtype`` is bf16, fp16 or fp32."""

    @property
    def name(self) -> str: ...
    @property
    def hub(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def variant(self) -> str | None: ...
    @property
    def licences(self) -> Sequence[Licence]: ...
    @property
    def family(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def memory(self) -> Mapping[str, int]: ...
    @property
    def steps(self) -> int: ...
    @property
    def guidance(self) -> float: ...
    @property
    def is_guided(self) -> bool: ...
    @property
    def scheduler(self) -> str: ...
    @property
    def text_pad(self) -> int: ...
    @property
    def lora(self) -> Lora | None: ...
    @property
    def vae(self) -> str: ...
    def most_at_once(self, width: int, height: int) -> int:
        """How many pictures of this size fit one go."""


class Registry(Protocol):
    """Models by name."""

    def get(self, name: str) -> Model:
        """The model of that name; raises `EngineUnavailable`."""
