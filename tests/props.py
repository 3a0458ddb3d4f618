"""A product photograph made in code, with its true cut-out: what the studio's tests stand on."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import cv2
import numpy as np

from generation.imaging.pixels import Upright
from generation.inference.render import render
from generation.postprocessing.finish import finish
from generation.spec import Background, Output, PresetSpec, Shadow
from generation.types import CutoutResult, Finished, Item, Pixels, Prepared, Rendered

OLD_GROUND = (120, 150, 96)
FACTS = {"sources": ["ab" * 32], "cutout_model": "truth@1", "cutout_licence": "none"}
_OVER = 4


def white(side: int = 500, **changes: Any) -> PresetSpec:
    """A white packshot without a shadow, small enough for tests."""
    base = {
        "shadow": Shadow(type="none"),
        "outputs": (Output(name="main", width=side, height=side),),
    }
    return PresetSpec(**{**base, **changes})


def transparent(side: int = 500, **changes: Any) -> PresetSpec:
    """The same on nothing, as a PNG."""
    output = Output(name="main", width=side, height=side, format="png")
    return white(side, background=Background(type="transparent"), outputs=(output,), **changes)


@cache
def can(width: int = 420, height: int = 640) -> Prepared:
    """A printed tin can on a green table: soft edge, texture, letters, a flat bottom."""
    color, alpha = _drawing(width, height)
    weight = alpha[..., None] / 255.0
    rgb = np.rint(color * weight + np.array(OLD_GROUND) * (1 - weight)).astype(np.uint8)
    return prepared(rgb, color, alpha)


def prepared(rgb: Pixels, color: Pixels, alpha: Pixels, **cutout: Any) -> Prepared:
    """A photo and its cut-out, handed over as stage 2 does."""
    facts = {
        "model": "truth@1",
        "confidence": 0.97,
        "agreement": 0.98,
        "coverage": float((alpha > 127).mean()),
        "needs_review": False,
        "reasons": (),
    }
    result = CutoutResult(alpha=alpha, foreground=color, **{**facts, **cutout})
    return Prepared((Item("ab" * 32, Upright(rgb, None, "jpeg"), result),))


def made(photo: Prepared, spec: PresetSpec) -> tuple[Rendered, Finished]:
    """The photo, rendered and finished."""
    rendered = render(photo, spec, 7)
    return rendered, finish(rendered, spec, FACTS)


def altered(rendered: Rendered, rgb: Pixels) -> Rendered:
    """The same rendering with other colours on its canvas."""
    return replace(rendered, rgba=np.dstack([rgb, rendered.rgba[..., 3]]))


def _drawing(width: int, height: int) -> tuple[Pixels, Pixels]:
    size = (height * _OVER, width * _OVER)
    mask = np.zeros(size, np.uint8)
    left, right = int(size[1] * 0.3), int(size[1] * 0.7)
    top, bottom = int(size[0] * 0.22), int(size[0] * 0.8)
    cv2.rectangle(mask, (left, top), (right, bottom), 255, -1)
    cv2.ellipse(mask, ((left + right) // 2, top), ((right - left) // 2, 60), 0, 0, 360, 255, -1)
    color = np.full((*size, 3), (196, 62, 40), np.uint8)
    cv2.rectangle(
        color, (left, int(size[0] * 0.4)), (right, int(size[0] * 0.62)), (240, 230, 205), -1
    )
    for line, word in enumerate(("TOMATO", "No 12")):
        at = (left + 60, int(size[0] * (0.48 + 0.09 * line)))
        cv2.putText(color, word, at, cv2.FONT_HERSHEY_DUPLEX, 3.6, (30, 40, 70), 8, cv2.LINE_AA)
    noise = np.random.default_rng(5).normal(0, 4, (height, width, 3))
    small = cv2.resize(color, (width, height), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return np.clip(small + noise, 0, 255).astype(np.uint8), np.asarray(alpha, np.uint8)
