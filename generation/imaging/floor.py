"""What a product does to the plain floor under it: its shadow of any type, its mirror image.

One place for all types, so that a picture of one product and of eight are grounded alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from generation.types import Pixels

from . import shadow
from .compose import Layer, Shade, merged
from .geometry import Box, Region, around
from .mirror import mirror_zone, mirrored
from .natural import natural_shadow, natural_zone

Kind = Literal["none", "contact", "drop", "natural", "reflection"]

# A glossy table scatters less light than paper, so less of it is missing under the product.
_GLOSSY_SHADE = 0.8
# Beside a window the crease is all that the light from above still adds.
_LIT_SHADE = 0.6


@dataclass(frozen=True, slots=True)
class Footing:
    """What lies under one product: a shadow, and its mirror image in a glossy floor."""

    shade: Shade | None = None
    mirror: Layer | None = None


def grounded(layer: Layer, product: Pixels, box: Box, *, kind: Kind, strength: float) -> Footing:
    """Give what lies under a product: ``layer`` is its pixels, ``product`` its canvas alpha.

    ``box`` is the product's on the canvas. Nothing reaches out of `shadow_zone`.
    """
    if kind == "none":
        return Footing()
    if kind == "drop":
        return Footing(shadow.drop_shadow(product, box, strength=strength))
    if kind == "natural":
        soft = shadow.cast_shadow(product, box, strength=_LIT_SHADE * strength)
        return Footing(merged((natural_shadow(product, box, strength=strength), soft)))
    if kind == "contact":
        return Footing(shadow.cast_shadow(product, box, strength=strength))
    height, width = product.shape
    return Footing(
        shadow.cast_shadow(product, box, strength=_GLOSSY_SHADE * strength),
        mirrored(layer, box, canvas=(width, height), strength=strength),
    )


def shadow_zone(product: Pixels, box: Box, kind: Kind) -> Region | None:
    """Give the only part of the canvas where a product changes its floor; None for nowhere.

    ``product`` is its uint8 alpha on the canvas, ``box`` where it is.
    """
    if kind == "none":
        return None
    if kind == "drop":
        return shadow.drop_zone(product, box)
    contact = shadow.shadow_zone(product, box)
    if kind == "contact":
        return contact
    if kind == "natural":
        return around((contact, natural_zone(product, box)))
    height, width = product.shape
    return around((contact, mirror_zone(box, width=width, height=height)))
