"""Stages in which a numpy painter paints: all of the drain is real, only the pixels are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from generation.inference.engines.diffusion.ask import Painted, Unpainted
from generation.inference.engines.diffusion.engine import fault_of
from generation.inference.engines.diffusion.gathering import Gathering
from generation.inference.engines.diffusion.watching import watch
from generation.simulation.stand_ins import ENGINE, STAND_INS
from generation.spec import PresetSpec
from generation.stages import Stages
from generation.types import Placed, Prepared, Rendered, Transform
from tests.diffusion.painters import ask

PAIR = "ai_scene/fast"


def painted_stages(room: Gathering) -> Stages:
    """What takes the place of the real stages; a preset's prompt is what the painter is told."""

    def render(prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered:
        number = int(prepared.source_sha256[:8], 16) + seed
        answer = room.paint_one(ask(number, model=_model(spec), prompt=_prompt(spec)), watch.get())
        if isinstance(answer, Unpainted):
            raise fault_of(answer)
        return _rendered(prepared, answer, seed)

    return replace(STAND_INS, render=render, compatibility=compatibility)


def compatibility(spec: PresetSpec) -> str:
    """By the preset's words, so that a test may choose."""
    return f"{PAIR}/{_model(spec)}" if spec.painting else ""


def _prompt(spec: PresetSpec) -> str:
    return spec.painting.prompt if spec.painting else ""


def _model(spec: PresetSpec) -> str:
    return _prompt(spec).split()[0]


def _rendered(prepared: Prepared, answer: Painted, seed: int) -> Rendered:
    alpha = np.full(answer.rgb.shape[:2], 255, np.uint8)
    placed = Placed(0, Transform(1.0, 0.0, 0.0), alpha)
    return Rendered(
        np.dstack([answer.rgb, alpha]), alpha, (placed,), answer.rgb, ENGINE, seed, answer.facts
    )
