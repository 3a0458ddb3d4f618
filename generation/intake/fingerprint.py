"""What makes two requests the same: source pixels, recipe, cut-out model, engine and seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from generation.channels import digest_for
from generation.spec import PresetSpec
from generation.types import Prepared


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of one source without looking at its pixels; ``model`` made its cut-out."""

    sha256: str
    model: str
    role: str
    height_cm: float | None
    lies_flat: bool


def fingerprint(
    *,
    prepared: Prepared,
    spec: PresetSpec,
    engine: str,
    seed: int,
    today: date,
    is_test: bool = False,
) -> str:
    """``fingerprint_of`` what stage 2 has prepared."""
    sources = [
        SourceFacts(
            item.source_sha256, item.cutout.model, item.role, item.height_cm, item.lies_flat
        )
        for item in prepared.items
    ]
    return fingerprint_of(
        sources, spec=spec, engine=engine, seed=seed, today=today, is_test=is_test
    )


def fingerprint_of(
    sources: Sequence[SourceFacts],
    *,
    spec: PresetSpec,
    engine: str,
    seed: int,
    today: date,
    is_test: bool = False,
) -> str:
    """SHA-256 over everything that decides the result; ``engine`` is name@version.

    ``today`` counts only through the rules of the preset's sales channels that hold on it.

    Of a product's name only what the picture depends on counts, so that most renames stay free. The
    preset's name and version number are left out on purpose: two presets with one recipe make
    one picture. A test key's picture is marked all over, so it never answers for a real one.
    """
    facts: dict[str, object] = {
        "sources": [_facts(source, spec) for source in sources],
        "spec": spec.digest(),
        "engine": engine,
        "seed": seed,
    }
    if spec.channels:
        facts["channel_rules"] = digest_for(spec.channels, today)
    if is_test:
        facts["test"] = True
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _facts(source: SourceFacts, spec: PresetSpec) -> list[object]:
    facts: list[object] = [source.sha256, source.model, source.role, source.height_cm]
    return [*facts, "lies flat"] if source.lies_flat and _chooses_view(spec) else facts


def _chooses_view(spec: PresetSpec) -> bool:
    """Whether a product's name, so far as it speaks of lying flat, decides the camera's height."""
    return spec.kind == "scene" and spec.scene is not None and spec.scene.view == "auto"
