"""What renders each preset, as name@version, without loading any of it.

For fingerprints in the web process; an engine tells the same of itself (a test compares them).
"""

from __future__ import annotations

from generation import plates
from generation.spec import PresetSpec

# Raise it whenever the same cut-out and preset would give other pixels: finished files are
# cached under it.
STUDIO = "studio@3"


def version_of(spec: PresetSpec) -> str | None:
    """The studio and, for a scene, its plate; None for a plate that is not here."""
    if spec.scene is None:
        return STUDIO
    plate = plates.find(spec.scene.plate)
    return f"{STUDIO}+{plate.name}@{plate.version}" if plate else None
