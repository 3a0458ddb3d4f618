"""The studio engine behind the engine contract.

Locked: it moves product pixels and never paints them. Each kind of picture has its own module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from generation.inference.engine import Capabilities
from generation.spec import PresetSpec
from generation.types import Prepared, Rendered

from .ghost import render_ghost
from .group import render_group
from .packshot import render_packshot
from .plate import load_plate
from .scene import render_scene

# Raise it whenever the same cut-out and preset would give other pixels: finished files are
# cached under it.
VERSION = "studio@3"


class Renderer(Protocol):
    """Renders the main canvas of one kind of picture."""

    def __call__(
        self, prepared: Prepared, spec: PresetSpec, *, seed: int, engine: str
    ) -> Rendered: ...


_RENDERERS: Mapping[str, Renderer] = {
    "packshot": render_packshot,
    "group_shot": render_group,
    "flat_lay": render_group,
    "scene": render_scene,
    "ghost_mannequin": render_ghost,
}


class StudioEngine:
    """Renders pictures with numpy and OpenCV; nothing to load and no state between them."""

    version = VERSION

    def version_for(self, spec: PresetSpec) -> str:
        """Name what decides a preset's pixels: this code, and the plate it is laid on.

        Raises `PlateError` for a plate that is not there.
        """
        if spec.scene is None:
            return self.version
        plate = load_plate(spec.scene.plate)
        return f"{self.version}+{plate.name}@{plate.version}"

    def capabilities(self) -> Capabilities:
        """Say what it renders."""
        return Capabilities(kinds=frozenset(_RENDERERS), locked=True, devices=frozenset({"cpu"}))

    def load(self, device: str) -> None:
        """Accept a CPU; nothing is loaded."""
        if device != "cpu":
            raise ValueError(f'The studio engine runs on the CPU; "{device}" is of no use to it.')

    def render(self, prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered:
        """Render one picture; ``seed`` is only recorded, nothing here is random."""
        return _RENDERERS[spec.kind](prepared, spec, seed=seed, engine=self.version)

    def unload(self) -> None:
        """Hold nothing, so free nothing."""
