"""Which asks may share forward passes, and how many of them. No torch: any process may ask."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from generation.inference.engines.diffusion.ask import Ask
from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.registry import compatibility

from .batches import SIZES, largest_within
from .limits import Limits

# Raise it when this package's code changes what a model paints.
BUILD = "painter-1"

# Pipelines that cannot tell one job's references from another's: Flux2KleinPipeline shows every
# image to every prompt, QwenImageEditPlusPipeline refuses a second prompt (diffusers 0.42.1).
ONE_AT_A_TIME = frozenset({("klein", "edit"), ("qwen_edit", "edit")})


def key_of(model: Model, ask: Ask, switches: Sequence[str]) -> str:
    """Name the forward passes that ``ask`` fits; ``model`` has its revisions filled in."""
    return compatibility(model, ask, BUILD, libraries(), *switches)


def most_at_once(model: Model, ask: Ask, limits: Limits) -> int:
    """Say how many such asks go into one pass: the registry's word, lowered by what did not fit."""
    if (model.family, ask.task) in ONE_AT_A_TIME or _is_crowded(ask):
        return 1
    named = min(model.largest_batch.get(f"{ask.width}x{ask.height}", 1), SIZES[-1])
    return largest_within(limits.size(model.name, ask.width, ask.height, named))


def _is_crowded(ask: Ask) -> bool:
    """Whether an inpainting ask has several references: the pipelines take one a picture."""
    return ask.task == "inpaint" and len(ask.references) > 1


@cache
def libraries() -> str:
    """Name the versions of the libraries that decide pixels, without importing them."""
    return " ".join(f"{name}-{_version(name)}" for name in ("torch", "diffusers", "transformers"))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
