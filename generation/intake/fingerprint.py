"""What makes two requests the same: source pixels, recipe, cut-out model, engine and seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from generation.spec import PresetSpec


def fingerprint(
    *, sources: Sequence[str], spec: PresetSpec, cutout_model: str, engine: str, seed: int
) -> str:
    """SHA-256 over everything that decides the result; ``sources`` are SHA-256 of source bytes.

    The preset's name and version number are left out on purpose: two presets with one recipe make
    one picture.
    """
    facts = {
        "sources": list(sources),
        "spec": spec.digest(),
        "cutout": cutout_model,
        "engine": engine,
        "seed": seed,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
