"""The stage's one door: choose the engine, have it render.

Called by the pipeline; knows no database and no files.
"""

from __future__ import annotations

import hashlib
import json

from generation.spec import PresetSpec
from generation.types import Prepared, Rendered

from .engine import engine_for

_LENGTH = 32  # the column's


def render(prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered:
    """Render one candidate of a prepared photo.

    The same arguments give the same bytes. Raises `EngineUnavailable` where no engine here
    serves the preset's kind, and `ImageRejected` where the cut-out holds no product.
    """
    return engine_for(spec.kind).render(prepared, spec, seed)


def engine_version(spec: PresetSpec) -> str:
    """Give name@version of all that renders a preset, for fingerprints and cache keys."""
    return engine_for(spec.kind).version_for(spec)


def compatibility(spec: PresetSpec) -> str:
    """Give what pictures have in common that a model may paint together; empty where none does.

    Begins with "kind/line_up/", which says who can. It is a guess from the preset alone, good
    enough to claim by; what really goes together is decided by the asks' own keys.
    """
    painting = spec.painting
    if painting is None:
        return ""
    facts = [
        engine_version(spec),
        [spec.main.width, spec.main.height],
        [painting.reference is None, painting.person is None, painting.factor],
    ]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return f"{spec.kind}/{painting.line_up}/{digest}"[:_LENGTH]
