"""A packshot: the cut-out moved by one known transform onto a plain ground, with its shadow."""

from __future__ import annotations

from generation.imaging.geometry import Box, place, product_box
from generation.imaging.transmission import presence
from generation.spec import PresetSpec
from generation.types import Prepared, Rendered

from .assemble import assemble, stand

# Shares of the product's size kept free on two sides, so that it stays in the middle: for the
# mirror image under it, and for the shadow to its right.
_MIRROR_ROOM = 0.11
_NATURAL_ROOM = 0.18


def render_packshot(prepared: Prepared, spec: PresetSpec, *, seed: int, engine: str) -> Rendered:
    """Render the main canvas of a preset; raises `ImageRejected` for an empty cut-out."""
    main, wish, cutout = spec.main, spec.composition, prepared.cutout
    box = product_box(presence(cutout))
    transform = place(
        with_room(box, spec),
        width=main.width,
        height=main.height,
        margin=wish.margin,
        anchor=wish.anchor,
        max_upscale=wish.max_upscale,
    ).transform
    standing = stand(0, cutout, box, transform, canvas=(main.width, main.height))
    return assemble((standing,), spec, shadow=spec.shadow.type, seed=seed, engine=engine)


def with_room(box: Box, spec: PresetSpec) -> Box:
    """Give the box that has to fit into the frame: the product's, and room for what it casts."""
    if spec.shadow.type == "natural":
        room = _NATURAL_ROOM * min(box.width, box.height)
        return Box(box.left - room, box.top, box.right + room, box.bottom)
    if spec.shadow.type == "reflection" and spec.composition.anchor == "center":
        room = _MIRROR_ROOM * box.height
        return Box(box.left, box.top - room, box.right, box.bottom + room)
    return box
