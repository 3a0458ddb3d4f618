"""Products on a plain ground: what lies under each, the products over it, what is seen of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generation.imaging.compose import (
    Layer,
    darkened,
    laid_over,
    merged,
    on_ground,
    on_nothing,
    seen_alphas,
    seen_through,
)
from generation.imaging.floor import Footing, Kind, grounded
from generation.imaging.geometry import Box, moved
from generation.spec import PresetSpec
from generation.types import CutoutResult, Pixels, Placed, Rendered, Transform

from .backdrop import backdrop
from .layers import moved_product


@dataclass(frozen=True, slots=True)
class Standing:
    """One product in its place: which item it is, its transform, its canvas box and pixels."""

    item: int
    transform: Transform
    box: Box
    layer: Layer


def stand(
    item: int, cutout: CutoutResult, box: Box, transform: Transform, *, canvas: tuple[int, int]
) -> Standing:
    """Put a cut-out, whose product fills ``box``, on a canvas of (width, height)."""
    layer = moved_product(cutout, box, transform, canvas=canvas)
    return Standing(item, transform, moved(box, transform), layer)


def assemble(
    standings: Sequence[Standing],
    spec: PresetSpec,
    *,
    shadow: Kind,
    seed: int,
    engine: str,
    facts: Mapping[str, Any] | None = None,
) -> Rendered:
    """Make the picture of products, the farthest first, on the preset's plain ground.

    Shadows and mirror images fall on the ground alone, never on other products.
    """
    width, height = spec.main.width, spec.main.height
    layers = [one.layer for one in standings]
    footings = [_footing(one, spec, shadow) for one in standings]
    shade = merged([footing.shade for footing in footings if footing.shade])
    mirrors = [footing.mirror for footing in footings if footing.mirror]
    bare = backdrop(spec.background, width=width, height=height)
    ground: Pixels | None = None
    if bare is None:
        rgba = on_nothing([*mirrors, *layers], shade, width=width, height=height)
    else:
        ground = laid_over(mirrors, darkened(bare, shade))
        rgba = on_ground(layers, ground)
        ground = seen_through(layers, ground)
    seen = seen_alphas(layers, width=width, height=height)
    placed = [
        Placed(item=one.item, transform=one.transform, alpha=alpha)
        for one, alpha in zip(standings, seen, strict=True)
    ]
    return Rendered(
        rgba=rgba,
        product=_union(layers, width, height),
        placed=tuple(sorted(placed, key=lambda one: one.item)),
        ground=ground,
        engine=engine,
        seed=seed,
        facts=facts or {},
    )


def _footing(one: Standing, spec: PresetSpec, kind: Kind) -> Footing:
    alpha = _union([one.layer], spec.main.width, spec.main.height)
    strength = spec.shadow.strength * _solidity(one.layer)
    if kind == "reflection" and one.layer.passed is not None:
        # Its mirror image would show the opaque parts alone, hanging in the air.
        kind = "contact"
    return grounded(one.layer, alpha, one.box, kind=kind, strength=strength)


def _solidity(layer: Layer) -> float:
    """Give the share of the light that a product stops: 1 unless it is of glass."""
    if layer.passed is None:
        return 1.0
    stops = np.maximum(layer.alpha, 255 - layer.passed.min(axis=2))
    return float(min(1.0, stops.sum() / max(int(layer.presence.sum()), 1)))


def _union(layers: Sequence[Layer], width: int, height: int) -> Pixels:
    """Give the alpha of layers over one another, glass counted in: uint8 H x W."""
    alpha = np.zeros((height, width), dtype=np.uint8)
    for layer in layers:
        part = alpha[layer.region.slices].astype(np.uint16)
        left = (255 - part) * (255 - layer.presence.astype(np.uint16)) + np.uint16(128)
        alpha[layer.region.slices] = 255 - ((left + (left >> 8)) >> 8)
    return alpha
