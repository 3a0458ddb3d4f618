"""The stage's one door: choose the engine, have it render.

Called by the pipeline; knows no database and no files.
"""

from __future__ import annotations

from generation.spec import PresetSpec
from generation.types import Prepared, Rendered

from .engine import engine_for


def render(prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered:
    """Render one candidate of a prepared photo.

    The same arguments give the same bytes. Raises `EngineUnavailable` where no engine here
    serves the preset's kind, and `ImageRejected` where the cut-out holds no product.
    """
    return engine_for(spec.kind).render(prepared, spec, seed)


def engine_version(spec: PresetSpec) -> str:
    """Give name@version of all that renders a preset, for fingerprints and cache keys."""
    return engine_for(spec.kind).version_for(spec)
