"""A cut-out as a layer on the canvas: the one resampling that takes a product to its place."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from generation.imaging.compose import Layer, bleed
from generation.imaging.geometry import Box, Region, moved, region_around, warp, warp_alpha
from generation.imaging.transmission import presence
from generation.types import CutoutResult, Pixels, Transform

# The resampled edge reaches this far past the product's box, in pixels of the coarser grid.
_EDGE_REACH = 3.0


def moved_product(
    cutout: CutoutResult, box: Box, transform: Transform, *, canvas: tuple[int, int]
) -> Layer:
    """Resample the product's box alone onto a canvas of (width, height): specks outside it stay.

    Colour and alpha are exactly `warp` and `warp_alpha` of the cut-out wherever it is opaque.
    """
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
    shown = warp_alpha(alpha, local, region)
    layer = Layer(color=warp(color, local, region), alpha=shown, region=region)
    if cutout.transmission is None:
        return layer
    # Under opaque pixels transmission is 0: resampled as it is, it would draw a dark rim.
    glass = bleed(cutout.transmission[near.slices], 255 - alpha, rim)
    passed = warp(glass, local, region)
    passed[shown == 255] = 255
    whole = warp_alpha(presence(cutout)[near.slices], local, region)
    return replace(layer, passed=passed, whole=np.maximum(whole, shown))


def _only_inside(alpha: Pixels, box: Box, near: Region) -> Pixels:
    kept = np.zeros_like(alpha)
    inside = (
        slice(int(box.top) - near.top, int(box.bottom) - near.top),
        slice(int(box.left) - near.left, int(box.right) - near.left),
    )
    kept[inside] = alpha[inside]
    return kept
