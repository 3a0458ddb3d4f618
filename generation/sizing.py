"""A small photograph makes a smaller file, not a blurred large one.

A preset's sizes are the largest it wants. Where the product would have to be enlarged past the
preset's limit, every output shrinks alike, down to the smallest side that shops accept.
"""

from __future__ import annotations

import math

from generation.imaging.geometry import place, product_box
from generation.imaging.transmission import presence
from generation.spec import MAX_SIDE, Output, PresetSpec
from generation.types import Pixels, Prepared

# Amazon asks for 1,000 px to zoom, Google refuses under 500 from 2027-01; between them a picture
# still looks right in a theme's gallery. Below this a person decides.
SMALLEST_SIDE = 800


# These change a photograph and keep its frame.
WHOLE_PHOTOGRAPH = frozenset({"edit", "relight", "upscale"})
# The garment's photograph is looked at, not placed: its size decides nothing.
_PAINTED_ANEW = frozenset({"virtual_model"})
# A product takes about this share of the canvas that it would fill on its own (seen on the plates
# and in groups): no file shrinks more than it has to.
_SHARE_OF_CANVAS = {"scene": 0.6, "group_shot": 0.5, "flat_lay": 0.5}

_HAIR = 1e-6  # of a pixel: more than a product of floats is off by


def fit_to_source(spec: PresetSpec, prepared: Prepared) -> PresetSpec:
    """The preset with its outputs shrunk to what the products in their photographs can fill.

    Equal to ``spec`` where the photographs are large enough or the preset insists on its size.
    Kinds that show the whole photograph get its shape, an upscaled one its size times the factor
    whatever size the preset names.
    Raises `ImageRejected` for an empty cut-out.
    """
    if spec.kind in WHOLE_PHOTOGRAPH:
        return _shaped_as(spec, prepared.image.width, prepared.image.height)
    main, wish = spec.main, spec.composition
    if spec.kind in _PAINTED_ANEW or not wish.shrink_to_source:
        return spec
    smallest = SMALLEST_SIDE / min(main.width, main.height)
    wanted = max(_wanted_scale(spec, presence(item.cutout)) for item in prepared.items)
    factor = max(wish.max_upscale / wanted, smallest)
    if factor >= 1:
        return spec
    shrunk = _scaled(main, factor)
    others = (_at_most(output, shrunk) for output in spec.outputs[1:])
    return spec.model_copy(update={"outputs": (shrunk, *others)})


def _wanted_scale(spec: PresetSpec, alpha: Pixels) -> float:
    """How much the product in ``alpha`` (uint8 H x W) would be enlarged to fill its place."""
    main, wish = spec.main, spec.composition
    placement = place(
        product_box(alpha),
        width=main.width,
        height=main.height,
        margin=wish.margin,
        anchor=wish.anchor,
        max_upscale=wish.max_upscale,
    )
    return placement.wanted_scale * _SHARE_OF_CANVAS.get(spec.kind, 1.0)


def _shaped_as(spec: PresetSpec, width: int, height: int) -> PresetSpec:
    room = _room(spec, width, height)
    shaped = _no_wider(
        _sized(spec.main, width * room, height * room), width * _limit(spec, width, height)
    )
    others = (
        _at_most(_sized(one, width * share, height * share), shaped)
        for one in spec.outputs[1:]
        for share in (min(one.width / width, one.height / height, room),)
    )
    return spec.model_copy(update={"outputs": (shaped, *others)})


def _room(spec: PresetSpec, width: int, height: int) -> float:
    """How many times larger than the photograph the main file is."""
    if spec.kind == "upscale":
        factor = (spec.painting.factor if spec.painting else None) or 1
        return min(factor, MAX_SIDE / max(width, height))
    wanted = min(spec.main.width / width, spec.main.height / height)
    return min(wanted, _limit(spec, width, height))


def _limit(spec: PresetSpec, width: int, height: int) -> float:
    """How many times larger it may be at most; infinity where nobody asks."""
    wish = spec.composition
    if spec.kind == "upscale" or not wish.shrink_to_source:
        return math.inf
    return max(wish.max_upscale, SMALLEST_SIDE / min(width, height))


def _sized(output: Output, width: float, height: float) -> Output:
    return output.model_copy(update={"width": round(width), "height": round(height)})


def _no_wider(output: Output, most: float) -> Output:
    # Rounded up, the photograph would be enlarged a hair past the limit.
    if output.width <= most + _HAIR:
        return output
    return output.model_copy(update={"width": math.floor(most + _HAIR)})


def _scaled(output: Output, factor: float) -> Output:
    # Down, or the product would be enlarged a hair past the limit.
    width, height = math.floor(output.width * factor), math.floor(output.height * factor)
    return output.model_copy(update={"width": width, "height": height})


def _at_most(output: Output, main: Output) -> Output:
    if output.width <= main.width:
        return output
    return output.model_copy(update={"width": main.width, "height": main.height})
