"""The studio engine behind the engine contract.

Locked: it moves product pixels and never paints them. Grounds and shadows are in `packshot`.
"""

from __future__ import annotations

from generation.inference.engine import Capabilities
from generation.spec import PresetSpec
from generation.types import Prepared, Rendered

from .packshot import render_packshot

# Raise it whenever the same cut-out and preset would give other pixels: finished files are
# cached under it.
VERSION = "studio@1"


class StudioEngine:
    """Renders packshots with numpy and OpenCV; nothing to load and no state between pictures."""

    version = VERSION

    def version_for(self, spec: PresetSpec) -> str:
        """Name what decides a preset's pixels."""
        return self.version

    def capabilities(self) -> Capabilities:
        """Say what it renders."""
        return Capabilities(kinds=frozenset({"packshot"}), locked=True, devices=frozenset({"cpu"}))

    def load(self, device: str) -> None:
        """Accept a CPU; nothing is loaded."""
        if device != "cpu":
            raise ValueError(f'The studio engine runs on the CPU; "{device}" is of no use to it.')

    def render(self, prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered:
        """Render one packshot; ``seed`` is only recorded, nothing here is random."""
        return render_packshot(prepared.cutout, spec, seed=seed, engine=self.version)

    def unload(self) -> None:
        """Hold nothing, so free nothing."""
