"""Stages that make no picture but hand on what the real ones would, as small as it can be.

Every product gets a file of its own, so that nothing is re-used that would not be.
"""

from __future__ import annotations

import hashlib

import numpy as np

from generation.imaging.pixels import Upright
from generation.models import Generation
from generation.spec import PresetSpec
from generation.stages import REAL, Stages
from generation.types import (
    CutoutResult,
    EncodedFile,
    Finished,
    Item,
    Placed,
    Prepared,
    Rendered,
    Report,
    Transform,
    Verdict,
)

ENGINE = "stand-in@1"
_SIDE, _BYTES = 2, 4096
_RGB = np.zeros((_SIDE, _SIDE, 3), np.uint8)
_ALPHA = np.full((_SIDE, _SIDE), 255, np.uint8)


def _prepare(row: Generation) -> Prepared:
    cutout = CutoutResult(
        alpha=_ALPHA,
        foreground=_RGB,
        model=ENGINE,
        confidence=1.0,
        agreement=1.0,
        coverage=1.0,
        needs_review=False,
        reasons=(),
    )
    source = hashlib.sha256(row.product_id.bytes).hexdigest()
    return Prepared((Item(source, Upright(_RGB, None, "jpeg"), cutout),))


def _render(prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered:
    rgba = np.dstack([_RGB, _ALPHA])
    placed = Placed(0, Transform(1.0, 0.0, 0.0), _ALPHA)
    return Rendered(rgba, _ALPHA, (placed,), _RGB, ENGINE, seed)


def _finish(prepared: Prepared, rendered: Rendered, spec: PresetSpec) -> Finished:
    name = f"{prepared.source_sha256}{rendered.seed:08}"
    data = name.encode() * (_BYTES // len(name))
    sha256 = hashlib.sha256(data).hexdigest()
    file = EncodedFile("main", "jpeg", spec.main.width, spec.main.height, data, sha256)
    return Finished((file,), {"engine": ENGINE})


def _judge(
    prepared: Prepared, rendered: Rendered, finished: Finished, spec: PresetSpec
) -> tuple[Finished, Report]:
    return finished, Report((), Verdict.PASS, 100.0)


STAND_INS = Stages(
    prepare=_prepare,
    engine_version=lambda spec: ENGINE,
    compatibility=lambda spec: "",
    fit=lambda spec, prepared: spec,
    render=_render,
    finish=_finish,
    judge=_judge,
    store=REAL.store,
    deliver=REAL.deliver,
)
