"""What of the engines goes into every cache key: their versions, and what they take notice of.

For the web process too, without arrays.
"""

from __future__ import annotations

from dataclasses import replace

from generation import plates
from generation.spec import PAINTED_KINDS, PresetSpec
from generation.types import Told

from .engine import EngineUnavailable
from .engines.diffusion.fence import named
from .engines.diffusion.targets import target_for

# Raise it whenever the same cut-out and preset would give other pixels: finished files are
# cached under it.
STUDIO = "studio@3"
_STUDIO_KINDS = frozenset({"packshot", "group_shot", "flat_lay", "scene", "ghost_mannequin"})


def version_of(spec: PresetSpec) -> str | None:
    """What the engine's ``version_for`` says of a preset; None where only the engine knows."""
    if spec.kind in PAINTED_KINDS:
        return _painters(spec)
    if spec.kind not in _STUDIO_KINDS:
        return None
    if spec.scene is None:
        return STUDIO
    plate = plates.find(spec.scene.plate)
    return f"{STUDIO}+{plate.name}@{plate.version}" if plate else None


def heard(told: Told | None, spec: PresetSpec) -> Told | None:
    """What of the told facts can reach a model: of the product's names what the fence lets through.

    What is lost to it changes no picture, and so no fingerprint.
    """
    return replace(told, title=named(told, spec), category="") if told else None


def _painters(spec: PresetSpec) -> str | None:
    try:
        return target_for(spec).version
    except EngineUnavailable:
        return None
