"""What an image's page says of how it was painted: who did it, from which words, how sure we are.

Everything comes from the manifest that is kept with the image; nothing is worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.models import Generation
from generation.preset_words import LOCKED
from generation.spec import PAINTED_KINDS

# The engine's facts by their names in the manifest, in the order in which they are shown; a painter
# here has the licences of all files of a model, a serving system the one that its operator named.
_FACTS = {
    "model": "Model",
    "hub_id": "From",
    "revision": "Revision",
    "licence": "Licence",
    "licences": "Licence",
    "steps": "Steps",
    "prompt": "Words",
    "negative_prompt": "Without",
}


@dataclass(frozen=True, slots=True)
class Told:
    """How a picture was painted: a warning for the eye, and facts with their names."""

    warning: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StepsDone:
    """How far the model is with this picture; in steps of its own."""

    done: int
    of: int


def told(kind: str, manifest: Mapping[str, Any] | None) -> Told | None:
    """How the picture of a manifest was painted; None for one that no model painted."""
    if kind not in PAINTED_KINDS or manifest is None:
        return None
    facts = _mapping(manifest.get("facts"))
    known = {**_mapping(facts.get("painter")), **facts}
    named = [(label, _plain(known[name])) for name, label in _FACTS.items() if known.get(name)]
    if "seed" in manifest:
        named.insert(min(4, len(named)), ("Seed", str(manifest["seed"])))
    return Told(_warning(kind), tuple(named))


def steps_done(generation: Generation) -> StepsDone | None:
    """The steps of a picture that a model paints right now."""
    working = generation.status == Generation.Status.PROCESSING
    if not working or not generation.steps:
        return None
    return StepsDone(min(generation.steps_done, generation.steps), generation.steps)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _warning(kind: str) -> str:
    if kind in LOCKED:
        return "The scene was painted by a model; the product’s pixels are the photo’s own."
    return "Painted by a model; look closely. It may have changed the product."
