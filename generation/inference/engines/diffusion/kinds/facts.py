"""What the manifest says of every painted picture, and the pictures that a painter looked at."""

from __future__ import annotations

from typing import Literal

from generation.inference.engines.diffusion.ask import Ask, Painted
from generation.types import Pixels, Prepared


def ask_facts(ask: Ask, painted: Painted, prepared: Prepared) -> dict[str, object]:
    """Name what was asked for, and what the painter says of itself: model, revision, licence."""
    return {
        "task": ask.task,
        "prompt": ask.prompt,
        "negative_prompt": ask.negative_prompt,
        "painted_size": [ask.width * ask.factor, ask.height * ask.factor],
        "references": [one.sha256 for one in prepared.looks],
        "painter": dict(painted.facts),
    }


def look(prepared: Prepared, role: Literal["style", "person"]) -> Pixels | None:
    """The picture that a painter looks at for a reason; None where there is none."""
    return next((one.rgb for one in prepared.looks if one.role == role), None)
