"""The contract of an engine, and the table of which engine renders which kind of picture.

An engine is made once a process, loaded once and asked many times. How candidates are stored,
retried or judged is not its concern.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from generation.spec import PAINTED_KINDS, PresetSpec
from generation.types import Prepared, Rendered

# By name, so that asking for one engine never imports the libraries of another.
_STUDIO = ("generation.inference.engines.studio.engine", "StudioEngine")
_DIFFUSION = ("generation.inference.engines.diffusion.engine", "DiffusionEngine")
_ENGINES: dict[str, tuple[str, str]] = {
    "packshot": _STUDIO,
    "group_shot": _STUDIO,
    "flat_lay": _STUDIO,
    "scene": _STUDIO,
    "ghost_mannequin": _STUDIO,
    **dict.fromkeys(PAINTED_KINDS, _DIFFUSION),
}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do: the kinds it renders, and whether it keeps the product's pixels."""

    kinds: frozenset[str]
    locked: bool
    devices: frozenset[str]


class EngineUnavailable(Exception):
    """No engine here can render this; ``message`` says what to do about it."""

    code = "model_unavailable"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Engine(Protocol):
    """Renders pictures. ``version`` is name@version of the engine's code.

    ``version_for`` adds the version of whatever else decides a preset's pixels, such as the
    plate of a scene; it goes into every cache key.
    """

    @property
    def version(self) -> str: ...
    def version_for(self, spec: PresetSpec) -> str: ...
    def capabilities(self) -> Capabilities: ...
    def load(self, device: str) -> None: ...
    def render(self, prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered: ...
    def unload(self) -> None: ...


@cache
def engine_for(kind: str) -> Engine:
    """Give this process's engine for a kind of picture.

    Raises `EngineUnavailable` for a kind that nothing installed here renders.
    """
    if kind not in _ENGINES:
        raise EngineUnavailable(
            f'This installation has no engine for "{kind}" pictures. '
            f"Choose a preset of kind {', '.join(sorted(_ENGINES))}."
        )
    module, name = _ENGINES[kind]
    return cast("Engine", getattr(import_module(module), name)())
