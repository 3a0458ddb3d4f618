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


def _scene(words: str) -> PresetSpec:
    return PresetSpec(kind="ai_scene", painting=Painting(prompt=words))


READY: dict[str, Ready] = {
    "kitchen": Ready(
        "Warm kitchen counter",
        _scene("on a wooden kitchen counter, warm morning light from a window, soft background"),
    ),
    "stone": Ready(
        "Stone in evening light",
        _scene("on a flat pale stone outdoors, low evening sun, plain background out of focus"),
    ),
    "soft-light": Ready(
        "Soft studio light", PresetSpec(kind="relight", painting=Painting(light="soft"))
    ),
    "larger": Ready("Sharper and larger", PresetSpec(kind="upscale", painting=Painting(factor=2))),
}
