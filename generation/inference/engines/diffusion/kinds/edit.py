"""A photograph with one thing changed by instruction; what stayed alike keeps its own pixels."""

from __future__ import annotations

from generation.imaging.fitted import Fit
from generation.imaging.kept_detail import with_detail
from generation.inference.engines.diffusion.ask import Ask, Painted
from generation.inference.engines.diffusion.prompts import edit_words
from generation.inference.engines.diffusion.targets import Target
from generation.spec import PresetSpec
from generation.types import Prepared, Rendered

from .photograph import ask_about, canvas_of, changed


def ask(prepared: Prepared, spec: PresetSpec, seed: int, target: Target) -> Ask:
    """Show the whole photograph at the model's size, and the reference beside it."""
    words = edit_words(spec, prepared.told, family=target.family, is_guided=target.is_guided)
    return ask_about(prepared, spec, words, seed=seed, target=target)


def assemble(
    prepared: Prepared, spec: PresetSpec, ask: Ask, painted: Painted, *, seed: int, engine: str
) -> Rendered:
    """Enlarge the answer, and give back the fine detail of whatever it shows as it was."""
    source = canvas_of(prepared, spec)
    fit = Fit((spec.main.width, spec.main.height), (ask.width, ask.height))
    kept = with_detail(fit.out_of(painted.rgb), source, grid=fit.scale)
    facts = {"kept": round(kept.share, 3)}
    return changed(prepared, spec, ask, painted, kept.rgb, seed=seed, engine=engine, facts=facts)
