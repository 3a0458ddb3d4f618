"""How large the products of a group are beside one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from generation.imaging.arrange import Piece
from generation.imaging.geometry import Box, product_box, region_around
from generation.imaging.pixels import ImageRejected
from generation.imaging.transmission import presence
from generation.types import Item, Pixels

# A long belt of equal area would be twice as long as everything else is tall.
_LONGEST = 1.6


@dataclass(frozen=True, slots=True)
class Member:
    """One product of a group: its box in the photograph, its item, its size beside the others.

    ``scale`` is arrangement units per source pixel.
    """

    item: Item
    box: Box
    scale: float

    @property
    def piece(self) -> Piece:
        """The same to arrange."""
        alpha = self.item.cutout.alpha
        height, width = alpha.shape
        near = region_around(self.box, pad=0, width=width, height=height)
        return Piece(self.scale * self.box.width, self.scale * self.box.height, alpha[near.slices])


def members(items: Sequence[Item], *, proportions: str) -> list[Member]:
    """Read the products of a group, and size them to one another.

    Raises `ImageRejected` naming the photograph that shows no product.
    """
    boxes = [_box(item, number, len(items)) for number, item in enumerate(items, 1)]
    scales = _true(items, boxes) if proportions == "true" else None
    found = scales or _equal(items, boxes)
    return [Member(item, box, scale) for item, box, scale in zip(items, boxes, found, strict=True)]


def _box(item: Item, number: int, count: int) -> Box:
    try:
        return product_box(presence(item.cutout))
    except ImageRejected as empty:
        raise ImageRejected(empty.code, f"Photo {number} of {count}: {empty.message}") from empty


def _true(items: Sequence[Item], boxes: Sequence[Box]) -> list[float] | None:
    """Scale to the real heights; the mean stands in for one that nobody told.

    Without any, photographs of one size were taken alike, as those of variants are: they keep
    their own scale. None where nothing is known.
    """
    told = [item.height_cm for item in items if item.height_cm]
    if told:
        usual = fmean(told)
        return [
            (item.height_cm or usual) / box.height for item, box in zip(items, boxes, strict=True)
        ]
    if len({item.cutout.alpha.shape for item in items}) == 1:
        return [1.0 / items[0].cutout.alpha.shape[0]] * len(items)
    return None


def _equal(items: Sequence[Item], boxes: Sequence[Box]) -> list[float]:
    """Scale to equal visual size: the root of the area, half its own and half its box's."""
    scales = [1.0 / _size(item.cutout.alpha, box) for item, box in zip(items, boxes, strict=True)]
    lengths = [scale * max(b.width, b.height) for scale, b in zip(scales, boxes, strict=True)]
    longest = _LONGEST * median(lengths)
    return [
        scale * min(1.0, longest / length) for scale, length in zip(scales, lengths, strict=True)
    ]


def _size(alpha: Pixels, box: Box) -> float:
    return math.sqrt(math.sqrt(np.count_nonzero(alpha >= 128) * box.width * box.height))
