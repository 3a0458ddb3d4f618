"""What makes two requests the same: source pixels, recipe, cut-out model, engine and seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from generation.channels import digest_for
from generation.spec import PresetSpec
from generation.types import Prepared, Told


@dataclass(frozen=True, slots=True)
class Input:
    """What of one prepared photograph decides the result."""

    source_sha256: str
    cutout_model: str
    role: str
    height_cm: float | None
    lies_flat: bool


def fingerprint(
    *, prepared: Prepared, spec: PresetSpec, engine: str, seed: int, today: date
) -> str:
    """``fingerprint_of`` what was prepared."""
    inputs = [
        Input(item.source_sha256, item.cutout.model, item.role, item.height_cm, item.lies_flat)
        for item in prepared.items
    ]
    return fingerprint_of(
        inputs=inputs, spec=spec, engine=engine, seed=seed, today=today, told=prepared.told
    )


def fingerprint_of(
    *,
    inputs: Iterable[Input],
    spec: PresetSpec,
    engine: str,
    seed: int,
    today: date,
    told: Told | None = None,
) -> str:
    """SHA-256 over everything that decides the result; ``engine`` is name@version.

    ``today`` counts only through the rules of the preset's sales channels that hold on it.

    Of a product's name only what the picture depends on counts, so that most renames stay free;
    what a painter is ``told`` counts whole, so callers tell what it hears and no more. The preset's
    name and version number are left out on purpose: two presets with one recipe make one picture.
    """
    facts: dict[str, object] = {
        "sources": [_facts(one, spec) for one in inputs],
        "spec": spec.digest(),
        "engine": engine,
        "seed": seed,
    }
    if told is not None:
        facts["told"] = asdict(told)
    if spec.channels:
        facts["channel_rules"] = digest_for(spec.channels, today)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _facts(one: Input, spec: PresetSpec) -> list[object]:
    facts: list[object] = [one.source_sha256, one.cutout_model, one.role, one.height_cm]
    return [*facts, "lies flat"] if one.lies_flat and _chooses_view(spec) else facts


def _chooses_view(spec: PresetSpec) -> bool:
    """Whether a product's name, so far as it speaks of lying flat, decides the camera's height."""
    return spec.kind == "scene" and spec.scene is not None and spec.scene.view == "auto"
