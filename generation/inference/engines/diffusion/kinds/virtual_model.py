"""A garment on a painted person, who is the portrait's wherever there is one."""

from __future__ import annotations

import numpy as np

from generation.imaging.compose import Layer, laid_over
from generation.imaging.fitted import Fit
from generation.imaging.geometry import Region, product_box, region_around
from generation.imaging.transmission import presence
from generation.inference.engines.diffusion.ask import Ask, Painted
from generation.inference.engines.diffusion.prompts import model_words
from generation.inference.engines.diffusion.targets import Target
from generation.inference.engines.studio.scene import opaque
from generation.spec import PresetSpec
from generation.types import Item, Pixels, Prepared, Rendered

from .facts import ask_facts, look
from .photograph import shrunk_to

# Beside the person; each costs a model as much time as the picture itself.
_MOST_GARMENTS = 2
_REFERENCE_SIDE = 1024
_RIM = 0.06
_PAPER = 238
_LARGEST_SEED = 2**63 - 1


def ask(prepared: Prepared, spec: PresetSpec, seed: int, target: Target) -> Ask:
    """Show the person's portrait and the garment's photographs; say pose and place in words.

    Raises `ImageRejected` for an empty cut-out.
    """
    portrait = look(prepared, "person")
    garments = [_on_paper(item) for item in prepared.items[:_MOST_GARMENTS]]
    words = model_words(
        spec,
        prepared.told,
        has_portrait=portrait is not None,
        garments=len(garments),
        family=target.family,
        is_guided=target.is_guided,
    )
    people = [] if portrait is None else [portrait]
    width, height = target.size_for(spec.main.width, spec.main.height)
    return Ask(
        model=target.name,
        task=target.task,
        prompt=words.prompt,
        negative_prompt=words.negative,
        seed=_seed(prepared, seed),
        width=width,
        height=height,
        references=tuple(shrunk_to(one, _REFERENCE_SIDE) for one in (*people, *garments)),
    )


def assemble(
    prepared: Prepared, spec: PresetSpec, ask: Ask, painted: Painted, *, seed: int, engine: str
) -> Rendered:
    """Bring the answer to the canvas: the garment was painted anew, so nothing is put back."""
    size = (spec.main.width, spec.main.height)
    fit = Fit(size, (ask.width, ask.height))
    return Rendered(
        rgba=opaque(fit.out_of(painted.rgb)),
        product=np.full((size[1], size[0]), 255, dtype=np.uint8),
        placed=(),
        ground=None,
        engine=engine,
        seed=seed,
        facts={
            **ask_facts(ask, painted, prepared),
            "garments": len(prepared.items[:_MOST_GARMENTS]),
            "enlarged": round(1 / fit.scale, 2),
        },
    )


def _seed(prepared: Prepared, seed: int) -> int:
    """The person's own seed is counted in, so that two people in the same words differ."""
    persona = prepared.told.persona if prepared.told else None
    return ((persona.seed if persona else 0) + seed) % _LARGEST_SEED


def _on_paper(item: Item) -> Pixels:
    """The garment alone on light paper: its old ground would come along into the picture."""
    alpha = presence(item.cutout)
    height, width = alpha.shape
    box = product_box(alpha)
    pad = _RIM * max(box.width, box.height)
    here = region_around(box, pad=pad, width=width, height=height)
    color = np.ascontiguousarray(item.cutout.foreground[here.slices])
    paper = np.full_like(color, _PAPER)
    whole = Region(0, 0, color.shape[1], color.shape[0])
    return laid_over([Layer(color, np.ascontiguousarray(alpha[here.slices]), whole)], paper)
