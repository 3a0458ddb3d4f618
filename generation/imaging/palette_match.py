"""Whether a thing's colours are found in a picture, wherever they are but in its ground."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generation.types import Pixels

from .color import to_lab
from .metrics import Floats

_SIDE = 160
_COLOURS = 5
# Light changes lightness far more than hue.
_LIGHTNESS = 0.3
# Distance, with lightness weighed so, up to which a colour is the same.
_SAME = 7.5
# A colour with a share of a garment has at least this share of that share in the picture.
_LEAST_AREA = 0.06
_ROUNDS = 20
_BORDER = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """The pixels of a picture that may show a thing: float32 N x 3, and how many there were."""

    pixels: Floats
    total: int


def without_ground(picture: Pixels) -> Shown:
    """Leave out of a picture (uint8 H x W x 3) the ground behind a person.

    Ground is what has a colour of the upper border and reaches it; the lower border may cut through
    the garment itself. A garment as pale as its ground stays where an outline divides them.
    """
    small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab = np.asarray(to_lab(np.asarray(small, np.uint8)), np.float32)
    border = np.zeros((_SIDE, _SIDE), dtype=np.bool_)
    border[:_BORDER] = True
    border[: _SIDE // 2, :_BORDER] = border[: _SIDE // 2, -_BORDER:] = True
    like = np.zeros_like(border)
    for colour, _ in _palette(lab[border]):
        like |= np.linalg.norm(lab - colour, axis=2) <= _SAME
    _, labels = cv2.connectedComponents(like.astype(np.uint8), connectivity=4)
    ground = like & np.isin(labels, np.unique(labels[border & like]))
    return Shown(_weighed(small)[~ground], _SIDE * _SIDE)


def colours_found(thing: Pixels, alpha: Pixels, shown: Shown) -> float:
    """Give the share of a thing's colours (uint8 H x W x 3 where alpha is opaque) found, 0 to 1."""
    size = (_SIDE, _SIDE)
    small = cv2.resize(thing, size, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    own = _weighed(small)[cover >= 250]
    if not len(own):
        return 0.0
    found = 0.0
    for colour, share in _palette(own):
        near = np.linalg.norm(shown.pixels - colour, axis=1) <= _SAME
        found += share * (near.sum() / shown.total >= _LEAST_AREA * share)
    return found


def _weighed(rgb: cv2.typing.MatLike) -> Floats:
    return np.asarray(to_lab(np.asarray(rgb, np.uint8)) * [_LIGHTNESS, 1.0, 1.0], np.float32)


def _palette(points: Floats) -> list[tuple[Floats, float]]:
    """The main colours with their shares: k-means from evenly spread starts."""
    order = np.argsort(points.sum(axis=1), kind="stable")
    places = np.linspace(0, len(points) - 1, _COLOURS).astype(int)
    centres = points[order][places].copy()
    for _ in range(_ROUNDS):
        nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(axis=1)
        for number in range(_COLOURS):
            if (nearest == number).any():
                centres[number] = points[nearest == number].mean(axis=0)
    counts = np.bincount(nearest, minlength=_COLOURS) / len(points)
    return [(centre, float(share)) for centre, share in zip(centres, counts, strict=True) if share]
