"""A photograph in another light: the model says where light falls, the pixels stay the photo's."""

from __future__ import annotations

from generation.imaging.fitted import Fit
from generation.imaging.relit import relit
from generation.inference.engines.diffusion.ask import Ask, Painted
from generation.inference.engines.diffusion.prompts import relight_words
from generation.inference.engines.diffusion.targets import Target
from generation.spec import PresetSpec
from generation.types import Prepared, Rendered

from .photograph import ask_about, canvas_of, changed


def ask(prepared: Prepared, spec: PresetSpec, seed: int, target: Target) -> Ask:
    """Show the whole photograph at the model's size; the light becomes the instruction."""
    words = relight_words(spec, prepared.told, family=target.family, is_guided=target.is_guided)
    return ask_about(prepared, spec, words, seed=seed, target=target)


def assemble(
    prepared: Prepared, spec: PresetSpec, ask: Ask, painted: Painted, *, seed: int, engine: str
) -> Rendered:
    """Multiply the photograph by how much brighter each part of the answer is: nothing else."""
    source = canvas_of(prepared, spec)
    fit = Fit((spec.main.width, spec.main.height), (ask.width, ask.height))
    lit = relit(source, fit.out_of(painted.rgb))
    return changed(prepared, spec, ask, painted, lit, seed=seed, engine=engine, facts={})
