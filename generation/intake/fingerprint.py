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

    The preset's name and version number are left out on purpose: two presets with one recipe make
    one picture.
    """
    facts: dict[str, object] = {
        "sources": [_facts(item) for item in prepared.items],
        "spec": spec.digest(),
        "engine": engine,
        "seed": seed,
    }
    if spec.channels:
        facts["channel_rules"] = digest_for(spec.channels, today)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _facts(item: Item) -> list[object]:
    return [item.source_sha256, item.cutout.model, item.role, item.height_cm]
