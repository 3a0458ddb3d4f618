"""A photograph made larger: a model's detail, which reduced again gives the photograph."""

from __future__ import annotations

import math

from generation.errors import Permanent
from generation.imaging.enlarged import enlarged
from generation.inference.engines.diffusion.ask import Ask, Painted
from generation.inference.engines.diffusion.targets import Target
from generation.spec import MAX_SIDE, PresetSpec
from generation.types import Prepared, Rendered

from .photograph import changed


def ask(prepared: Prepared, spec: PresetSpec, seed: int, target: Target) -> Ask:
    """Show the whole photograph as it is. Raises Permanent for one that is large enough.

    No more is asked for than a canvas may hold: what is beyond it would be thrown away.
    """
    image = prepared.image
    if max(image.width, image.height) >= MAX_SIDE:
        raise Permanent(
            "no_usable_source",
            f"This photograph is {image.width} x {image.height} pixels: as large as pictures may "
            "be here. Use it as it is.",
        )
    wanted = (spec.painting.factor if spec.painting else None) or 2
    return Ask(
        model=target.name,
        task=target.task,
        prompt="",
        negative_prompt="",
        seed=seed,
        width=image.width,
        height=image.height,
        image=image.rgb,
        factor=min(wanted, math.ceil(MAX_SIDE / max(image.width, image.height))),
    )


def assemble(
    prepared: Prepared, spec: PresetSpec, ask: Ask, painted: Painted, *, seed: int, engine: str
) -> Rendered:
    """Bring the answer to the canvas, and hold it to the photograph."""
    size = (spec.main.width, spec.main.height)
    rgb = enlarged(painted.rgb, prepared.image.rgb, size)
    facts = {"factor": ask.factor}
    return changed(prepared, spec, ask, painted, rgb, seed=seed, engine=engine, facts=facts)
