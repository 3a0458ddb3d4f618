"""A stage with products on it as a picture: shadows, reflections, and the products over them.

Everything happens to the ground, in linear light, the spill of light at edges too. Product
pixels are laid on top as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import cast, reflect
from generation.imaging.compose import Layer, laid_over, seen_through
from generation.imaging.geometry import Region
from generation.imaging.recolour import bands, dithered, linear
from generation.imaging.wrap import wrapped
from generation.types import Pixels

from .ground import Stage
from .layers import moved_product
from .levels import on_canvas, shaded_below, stand_mask
from .staging import Actor, body, contact

_Float = NDArray[np.float32]
_Index = tuple[slice, slice]

# What is hidden from all lamps and all the sky still gets light from its surroundings.
_SHADED = 0.92
# A mirror image weaker than this cannot be seen.
_FAINTEST = 0.01


@dataclass(frozen=True, slots=True)
class Picture:
    """The finished stage: ``rgb`` and ``ground`` are uint8 H x W x 3, with and without products.

    ``visible`` is each actor's uint8 H x W alpha where no other stands in front, in the order
    given; ``product`` is that of all together.
    """

    rgb: Pixels
    ground: Pixels
    visible: tuple[Pixels, ...]
    product: Pixels


@dataclass(frozen=True, slots=True)
class _Dimness:
    """What does not arrive, float32 H x W: of the key light, the sky, and both, on the stand.

    ``below`` is the share of all light that is missing on what lies below it.
    """

    key: _Float
    sky: _Float
    crease: _Float
    below: _Float


@dataclass(frozen=True, slots=True)
class _Gloss:
    """A mirror image in the stand: its linear light, and what of the plate's own it hides.

    Both are float32 over a region of the canvas; no shadow falls on a mirror image.
    """

    light: _Float
    hidden: _Float
    region: Region


def light(stage: Stage, actors: Sequence[Actor]) -> Picture:
    """Light a stage with products on it; later actors stand in front of earlier ones."""
    layers = [
        moved_product(one.subject.cutout, one.subject.box, one.transform, canvas=stage.size)
        for one in actors
    ]
    bare = wrapped(layers, _lit_ground(stage, actors, layers))
    ground, rgb = seen_through(layers, bare), laid_over(layers, bare)
    visible, product = _visible(layers, stage.size)
    return Picture(rgb, ground, visible, product)


def _lit_ground(stage: Stage, actors: Sequence[Actor], layers: Sequence[Layer]) -> Pixels:
    on_stand = stand_mask(stage)
    dimness = _dimness(stage, actors, layers)
    mirrors = _mirrors(stage, actors, layers)
    share = stage.view.key_share
    ground = stage.ground.copy()
    for rows in bands(ground.shape[0]):
        near = [
            one for one in mirrors if one.region.top < rows.stop and one.region.bottom > rows.start
        ]
        if not near and not any(
            plane[rows].any() for plane in (dimness.key, dimness.sky, dimness.below)
        ):
            continue
        key, sky = (plane[rows] * on_stand[rows] for plane in (dimness.key, dimness.sky))
        lit = linear(ground[rows])
        for gloss in near:
            part, here = _part(gloss.hidden, gloss, rows, on_stand)
            lit[here] = np.maximum(lit[here] - part, 0.0)
        left = 1.0 - _SHADED * (share * key + (1.0 - share) * sky + dimness.below[rows])
        lit *= (left * (1.0 - dimness.crease[rows] * on_stand[rows]))[..., None]
        for gloss in near:
            part, here = _part(gloss.light, gloss, rows, on_stand)
            lit[here] += part
        ground[rows] = dithered(lit, row=rows.start)
    return ground


def _dimness(stage: Stage, actors: Sequence[Actor], layers: Sequence[Layer]) -> _Dimness:
    width, height = stage.size
    lamp = stage.plate.light
    solids = [body(one, stage) for one in actors]
    key = cast.cast(solids, direction=lamp.direction, angular_radius=lamp.angular_radius)
    crease = np.zeros((height, width), dtype=np.float32)
    for actor, layer in zip(actors, layers, strict=True):
        if not actor.lies:
            squash = stage.squash
            outline = replace(layer, alpha=layer.presence)
            part, region = reflect.crease(outline, contact(actor), squash=squash, size=stage.size)
            np.maximum(crease[region.slices], part, out=crease[region.slices])
    return _Dimness(
        key=on_canvas(key, stage),
        sky=on_canvas(cast.dim(solids), stage),
        crease=crease,
        below=shaded_below(stage, solids),
    )


def _mirrors(stage: Stage, actors: Sequence[Actor], layers: Sequence[Layer]) -> list[_Gloss]:
    """Give what each standing product changes of the light mirrored by the stand."""
    surface = stage.plate.surface
    share = reflect.fresnel(surface.reflectance, stage.elevation) * (1 - surface.roughness) ** 2
    if share < _FAINTEST:
        return []
    found = []
    for actor, layer in zip(actors, layers, strict=True):
        if actor.lies:
            continue
        image = reflect.mirrored(
            layer, contact(actor), roughness=surface.roughness, height=stage.size[1]
        )
        behind = linear(stage.ground[layer.region.slices][::8, ::8]).mean(axis=(0, 1))
        hidden = np.float32(share) * image.cover[..., None] * behind
        found.append(_Gloss(image.light * np.float32(share), hidden, image.region))
    return found


def _part(plane: _Float, gloss: _Gloss, rows: slice, on_stand: _Float) -> tuple[_Float, _Index]:
    """Give the rows of a mirror image that are on the stand, and where they go in those rows."""
    region = gloss.region
    top, bottom = max(region.top, rows.start), min(region.bottom, rows.stop)
    columns = slice(region.left, region.right)
    seen = plane[top - region.top : bottom - region.top] * on_stand[top:bottom, columns, None]
    return seen, (slice(top - rows.start, bottom - rows.start), columns)


def _visible(layers: Sequence[Layer], size: tuple[int, int]) -> tuple[tuple[Pixels, ...], Pixels]:
    """Give each layer's alpha where no later one covers it, and the presence of all."""
    clear = np.full((size[1], size[0]), 255, dtype=np.uint8)
    empty = clear.copy()
    visible = []
    for layer in reversed(layers):
        alpha = np.zeros_like(clear)
        free, rest = clear[layer.region.slices], empty[layer.region.slices]
        alpha[layer.region.slices] = cv2.multiply(layer.alpha, free, scale=1 / 255)
        free[...] = cv2.multiply(layer.clear, free, scale=1 / 255)
        rest[...] = cv2.multiply(255 - layer.presence, rest, scale=1 / 255)
        visible.append(alpha)
    return tuple(reversed(visible)), 255 - empty
