"""What edit, relight and upscale share: the whole photograph is the canvas (see `sizing`)."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from generation.imaging.fitted import Fit
from generation.imaging.geometry import Region, warp, warp_alpha
from generation.imaging.transmission import presence
from generation.inference.engines.diffusion.ask import Ask, Painted
from generation.inference.engines.diffusion.prompts import Words
from generation.inference.engines.diffusion.targets import Target
from generation.inference.engines.studio.scene import opaque
from generation.spec import PresetSpec
from generation.types import Pixels, Placed, Prepared, Rendered, Transform

from .facts import ask_facts, look

# References cost a model as much as the picture itself; a look is told by a small one.
_REFERENCE_SIDE = 768


def ask_about(
    prepared: Prepared, spec: PresetSpec, words: Words, *, seed: int, target: Target
) -> Ask:
    """Ask for a change of the photograph, at the size of the model that is nearest in shape."""
    canvas = (spec.main.width, spec.main.height)
    fit = Fit(canvas, target.size_for(*canvas))
    style = look(prepared, "style")
    return Ask(
        model=target.name,
        task=target.task,
        prompt=words.prompt,
        negative_prompt=words.negative,
        seed=seed,
        width=fit.inner[0],
        height=fit.inner[1],
        image=fit.into(canvas_of(prepared, spec)),
        references=() if style is None else (shrunk_to(style, _REFERENCE_SIDE),),
    )


def canvas_of(prepared: Prepared, spec: PresetSpec) -> Pixels:
    """The photograph at the canvas's size: uint8 H x W x 3."""
    return warp(prepared.image.rgb, _transform(prepared, spec), _whole(spec))


def changed(
    prepared: Prepared,
    spec: PresetSpec,
    ask: Ask,
    painted: Painted,
    rgb: Pixels,
    *,
    seed: int,
    engine: str,
    facts: Mapping[str, object],
) -> Rendered:
    """The picture as rendered: the photograph lies where it was, and was changed on purpose."""
    transform = _transform(prepared, spec)
    alpha = warp_alpha(presence(prepared.cutout), transform, _whole(spec))
    return Rendered(
        rgba=opaque(rgb),
        product=alpha,
        placed=(Placed(item=0, transform=transform, alpha=alpha, shaded=True),),
        ground=None,
        engine=engine,
        seed=seed,
        facts={**ask_facts(ask, painted, prepared), **facts},
    )


def shrunk_to(rgb: Pixels, longest: int) -> Pixels:
    """A picture (uint8 H x W x 3) of at most ``longest`` pixels a side, multiples of 16."""
    height, width = rgb.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = [max(16, round(side * scale / 16) * 16) for side in (width, height)]
    small = cv2.resize(rgb, (size[0], size[1]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _transform(prepared: Prepared, spec: PresetSpec) -> Transform:
    return Transform(scale=spec.main.width / prepared.image.width, dx=0.0, dy=0.0)


def _whole(spec: PresetSpec) -> Region:
    return Region(0, 0, spec.main.width, spec.main.height)
