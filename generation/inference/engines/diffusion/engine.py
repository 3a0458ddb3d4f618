"""The diffusion engine behind the engine contract: ask a painter, make its answer a picture.

What is asked, and what becomes of the answer, is each kind's own (`kinds`). Pixels of models are
made elsewhere (`painters`): nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from generation.errors import PainterDown, Permanent, Retryable, StageError
from generation.inference.engine import Capabilities
from generation.spec import PAINTED_KINDS, Painting, PresetSpec
from generation.types import Prepared, Rendered

from .ask import Answer, Ask, Painted, Unpainted
from .kinds import ai_scene, edit, relight, upscale, virtual_model
from .painters import close, paint_one
from .policy import may_show_people, paints_people, refuse_unwanted, refuse_words
from .targets import VERSION, Target, target_for


class Kind(Protocol):
    """How one kind of picture is asked for and put together; both are pure and on the CPU."""

    def ask(self, prepared: Prepared, spec: PresetSpec, seed: int, target: Target) -> Ask:
        """What to ask a painter for."""

    def assemble(
        self,
        prepared: Prepared,
        spec: PresetSpec,
        ask: Ask,
        painted: Painted,
        *,
        seed: int,
        engine: str,
    ) -> Rendered:
        """The main canvas, of what was painted."""


_LONGEST_NAME = 60  # the column's; the manifest has all of it
_KINDS: Mapping[str, Kind] = {
    "ai_scene": ai_scene,
    "virtual_model": virtual_model,
    "edit": edit,
    "relight": relight,
    "upscale": upscale,
}


class DiffusionEngine:
    """Renders painted kinds; ``paint`` is who paints, by default this process's painters."""

    version = VERSION

    def __init__(self, paint: Callable[[Ask], Answer] | None = None) -> None:
        self._paint = paint

    def version_for(self, spec: PresetSpec) -> str:
        """Name this code and the model; raises `EngineUnavailable` where nobody paints it."""
        return target_for(spec).version

    def capabilities(self) -> Capabilities:
        """Say what it renders: of these kinds, a scene alone keeps the product's pixels."""
        return Capabilities(kinds=PAINTED_KINDS, locked=False, devices=frozenset({"cpu", "cuda"}))

    def load(self, device: str) -> None:
        """Nothing to load here: painters load models when they are first asked."""

    def render(self, prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered:
        """Render one picture: the same seed, model and inputs ask for the same one.

        Raises `EngineUnavailable` or PainterDown without a painter, Permanent for words that are
        not painted or an ask that cannot be met, Retryable where another try may help, and
        `ImageRejected`.
        """
        _refuse_words(prepared, spec)
        kind, target = _KINDS[spec.kind], target_for(spec)
        ask = kind.ask(prepared, spec, seed, target)
        paint = self._paint or partial(paint_one, kind=spec.kind)
        painted = _painted(paint(ask), ask)
        return kind.assemble(
            prepared, spec, ask, painted, seed=seed, engine=target.version[:_LONGEST_NAME]
        )

    def unload(self) -> None:
        """Let the painter go."""
        close()


def _refuse_words(prepared: Prepared, spec: PresetSpec) -> None:
    """Presets are looked at when they are saved; those that are older than a rule, now."""
    persona = prepared.told.persona if prepared.told else None
    painting, people = spec.painting or Painting(), paints_people(spec.kind)
    said = (painting.prompt, persona.description if persona else "")
    reasons = [refuse_words(words, shows_people=people) for words in said]
    reasons += [refuse_unwanted(painting.negative_prompt)] if may_show_people(spec.kind) else []
    for reason in filter(None, reasons):
        raise Permanent("content_policy", reason)


def fault_of(answer: Unpainted) -> StageError:
    """What it means for the generation."""
    if answer.is_down:
        down = PainterDown(answer.code, answer.message, after=answer.after)
        down.is_suspect = answer.is_suspect
        return down
    if answer.is_retryable:
        return Retryable(answer.code, answer.message, after=answer.after)
    return Permanent(answer.code, answer.message)


def _painted(answer: Answer, ask: Ask) -> Painted:
    if isinstance(answer, Unpainted):
        raise fault_of(answer)
    size = (ask.height * ask.factor, ask.width * ask.factor, 3)
    if answer.rgb.shape != size:
        height, width = answer.rgb.shape[:2]
        raise Permanent(
            "model_unavailable",
            f"The model {ask.model} answered with {width} x {height} pixels instead of "
            f"{size[1]} x {size[0]}. Ask the operator to look at its set-up.",
        )
    return answer
