"""A packshot: the cut-out moved by one known transform onto a plain ground, with its shadow."""

from __future__ import annotations

import math

import numpy as np

from generation.imaging.compose import Layer, Shade, bleed, on_ground, on_nothing, plain_ground
from generation.imaging.geometry import (
    Box,
    Region,
    moved,
    place,
    product_box,
    region_around,
    warp,
    warp_alpha,
)
from generation.imaging.shadow import cast_shadow
from generation.spec import PresetSpec
from generation.types import CutoutResult, Pixels, Placed, Rendered, Transform

# The resampled edge reaches this far past the product's box, in pixels of the coarser grid.
_EDGE_REACH = 3.0


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
    target = moved(box, transform)
    layer = _moved_product(cutout, box, transform, canvas=(main.width, main.height))
    product = np.zeros((main.height, main.width), dtype=np.uint8)
    product[layer.region.slices] = layer.alpha
    shade = _shade(product, target, spec)
    rgb, ground = spec.background.rgb, None
    if rgb is None:
        rgba = on_nothing(layer, shade, width=main.width, height=main.height)
    else:
        ground = plain_ground(shade, rgb=rgb, width=main.width, height=main.height)
        rgba = on_ground((layer,), ground)
    placed = (Placed(item=0, transform=transform, alpha=product),)
    return Rendered(
        rgba=rgba, product=product, placed=placed, ground=ground, engine=engine, seed=seed
    )


def _moved_product(
    cutout: CutoutResult, box: Box, transform: Transform, *, canvas: tuple[int, int]
) -> Layer:
    """Resample the product's box alone: specks outside it stay behind."""
    height, width = cutout.alpha.shape
    rim = math.ceil(_EDGE_REACH * max(1.0, 1.0 / transform.scale)) + 1
    near = region_around(box, pad=rim, width=width, height=height)
    alpha = _only_inside(cutout.alpha[near.slices], box, near)
    color = bleed(cutout.foreground[near.slices], alpha, rim)
    local = Transform(
        scale=transform.scale,
        dx=transform.dx + transform.scale * near.left,
        dy=transform.dy + transform.scale * near.top,
    )
    region = region_around(
        moved(box, transform),
        pad=_EDGE_REACH * max(1.0, transform.scale),
        width=canvas[0],
        height=canvas[1],
    )
    return Layer(
        color=warp(color, local, region), alpha=warp_alpha(alpha, local, region), region=region
    )


def _only_inside(alpha: Pixels, box: Box, near: Region) -> Pixels:
    kept = np.zeros_like(alpha)
    inside = (
        slice(int(box.top) - near.top, int(box.bottom) - near.top),
        slice(int(box.left) - near.left, int(box.right) - near.left),
    )
    kept[inside] = alpha[inside]
    return kept


def _shade(product: Pixels, target: Box, spec: PresetSpec) -> Shade | None:
    if spec.shadow.type == "none":
        return None
    return cast_shadow(product, target, strength=spec.shadow.strength)
