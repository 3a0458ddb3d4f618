"""What makes two requests the same: source pixels, recipe, cut-out model, engine and seed."""

from __future__ import annotations

import hashlib
import json
from datetime import date

from generation.channels import digest_for
from generation.spec import PresetSpec
from generation.types import Item, Prepared


def fingerprint(
    *, prepared: Prepared, spec: PresetSpec, engine: str, seed: int, today: date
) -> str:
    """SHA-256 over everything that decides the result; ``engine`` is name@version.

    ``today`` counts only through the rules of the preset's sales channels that hold on it.

    Of a product's name only what the picture depends on counts, so that most renames stay free. The
    preset's name and version number are left out on purpose: two presets with one recipe make
    one picture.
    """
    facts: dict[str, object] = {
        "sources": [_facts(item, spec) for item in prepared.items],
        "spec": spec.digest(),
        "engine": engine,
        "seed": seed,
    }
    if spec.channels:
        facts["channel_rules"] = digest_for(spec.channels, today)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _facts(item: Item, spec: PresetSpec) -> list[object]:
    facts: list[object] = [item.source_sha256, item.cutout.model, item.role, item.height_cm]
    return [*facts, "lies flat"] if item.lies_flat and _chooses_view(spec) else facts


def _chooses_view(spec: PresetSpec) -> bool:
    """Whether a product's name, so far as it speaks of lying flat, decides the camera's height."""
    return spec.kind == "scene" and spec.scene is not None and spec.scene.view == "auto"
