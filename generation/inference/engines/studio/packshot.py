"""A packshot: the cut-out moved by one known transform onto a plain ground, with its shadow."""

from __future__ import annotations

import numpy as np

from generation.imaging.compose import Shade, darkened, on_ground, on_nothing
from generation.imaging.geometry import Box, moved, place, product_box
from generation.imaging.shadow import cast_shadow
from generation.spec import PresetSpec
from generation.types import CutoutResult, Pixels, Placed, Rendered

from .backdrop import backdrop
from .layers import moved_product


def render_packshot(cutout: CutoutResult, spec: PresetSpec, *, seed: int, engine: str) -> Rendered:
    """Render the main canvas of a preset; raises `ImageRejected` for an empty cut-out."""
    main, wish = spec.main, spec.composition
    box = product_box(cutout.alpha)
    transform = place(
        box,
        width=main.width,
        height=main.height,
        margin=wish.margin,
        anchor=wish.anchor,
        max_upscale=wish.max_upscale,
    ).transform
    layer = moved_product(cutout, box, transform, canvas=(main.width, main.height))
    product = np.zeros((main.height, main.width), dtype=np.uint8)
    product[layer.region.slices] = layer.alpha
    shade = _shade(product, moved(box, transform), spec)
    bare = backdrop(spec.background, width=main.width, height=main.height)
    if bare is None:
        rgba = on_nothing((layer,), shade, width=main.width, height=main.height)
        ground = None
    else:
        ground = darkened(bare, shade)
        rgba = on_ground((layer,), ground)
    placed = (Placed(item=0, transform=transform, alpha=product),)
    return Rendered(
        rgba=rgba, product=product, placed=placed, ground=ground, engine=engine, seed=seed
    )


def _shade(product: Pixels, target: Box, spec: PresetSpec) -> Shade | None:
    if spec.shadow.type == "none":
        return None
    return cast_shadow(product, target, strength=spec.shadow.strength)
