"""Painted recipes to start from: the form comes filled in, and nothing is saved until it is sent.

Workspaces do not get them as presets of their own: most machines have no GPU.
"""

from __future__ import annotations

from dataclasses import dataclass

from generation.spec import Painting, PresetSpec


@dataclass(frozen=True, slots=True)
class Ready:
    """A name and a recipe."""

    name: str
    spec: PresetSpec


_KITCHEN = Painting(
    prompt="on a wooden kitchen counter, warm morning light from a window, soft background"
)
READY: dict[str, Ready] = {
    "kitchen": Ready("Warm kitchen counter", PresetSpec(kind="ai_scene", painting=_KITCHEN)),
    "soft-light": Ready(
        "Soft studio light", PresetSpec(kind="relight", painting=Painting(light="soft"))
    ),
    "larger": Ready("Sharper and larger", PresetSpec(kind="upscale", painting=Painting(factor=2))),
}
