"""Ground that is seen through the product or between its parts: handles, hoops, spokes, straps.

Networks fill such gaps, all of them alike. On a plain ground an area inside their object is
ground when it has the ground's colour and calm, and the product's own colour bounds it sharply.
What only looks alike (a white label, a white screen) is left and reported as a doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .border_model import BorderModel
from .pixels import Mask, Plane

_INSIDE = 0.5
# Shares of the picture: smaller gaps are left to matting, smaller doubts are nobody's concern.
_SMALLEST, _LEAST_DOUBT = 0.0004, 0.003
# Colour: this much of an area lies within three quarters of the threshold, the rest is shade.
# Between spokes there is more shade, and so many areas of one kind are no accident.
_ALIKE, _ALIKE_SHARE, _LATTICE_SHARE = 0.75, 0.6, 0.25
_LATTICE = 6
# A cast shadow covers this share of the picture; its deepest pixels are no measure.
_LEAST_SHADE, _USUAL_SHADE = 0.002, 95
# Edges: so much of the way round, the product stands out by this many thresholds.
_STANDS_OUT, _BOUNDED = 2.0, 0.65
_RIM = 3
# Calm: the ground's own fine texture, a little more beside an edge; a print's weave is coarser.
_ROUGHER, _ROUGH_LEAST = 1.5, 0.35
# A gap lies near the outside, as behind a handle; a label lies deep inside the product. In shares
# of the object's diagonal and of the gap's own side: hoops, straps and spokes reached 0.07 and
# 0.58, a book's label and a plate's white middle began at 0.11 and 0.33.
_WALL, _WALL_OF_GAP = 0.09, 0.6
# The mesh of a basket: from a gap to the next the wall is thinner than that.
_MESH, _MESH_OF_GAP = 0.025, 0.45

Labels = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Openings:
    """`ground` marks what is ground after all; `doubtful` tells that more of it might be."""

    ground: Mask
    doubtful: bool


def find_openings(seen: Plane, border: BorderModel) -> Openings:
    """Look for ground inside what the networks have seen (float32 H x W, 0..1, border's size)."""
    labels = _components((border.distance < border.threshold) | border.shadow)
    outside = _members(labels, _frame(labels))
    inside = seen > _INSIDE
    if not inside.any() or not outside.any():
        return Openings(np.zeros_like(inside), doubtful=False)
    areas = [area for area in _enclosed(labels, outside, inside) if _may_be_ground(area, border)]
    shade = _shade_depth(border, outside & ~inside)
    walls = _Walls(inside, outside & ~inside)
    near = [area for area in areas if walls.are_thin(area)]
    share = _LATTICE_SHARE if len(near) >= _LATTICE else _ALIKE_SHARE
    found = [area for area in near if _alike_share(area, border, shade) > share]
    left = [area for area in _without(areas, found) if _alike_share(area, border, shade) > share]
    found += walls.in_mesh(left, found)
    doubts = [area for area in _without(left, found) if np.mean(area) > _LEAST_DOUBT]
    ground = np.logical_or.reduce([np.zeros_like(inside), *found])
    return Openings(ground, doubtful=bool(doubts))


class _Walls:
    """How thick the product is between an area and the open ground."""

    def __init__(self, inside: Mask, outside: Mask) -> None:
        rows, columns = np.nonzero(inside)
        self._size = float(np.hypot(np.ptp(rows), np.ptp(columns)))
        self._outside = outside

    def are_thin(self, area: Mask) -> bool:
        """Tell whether only a handle's or a strap's width lies between."""
        return self._less(area, _away_from(self._outside), _WALL, _WALL_OF_GAP)

    def in_mesh(self, areas: list[Mask], found: list[Mask]) -> list[Mask]:
        """Give the areas that lie behind gaps already found, wire by wire."""
        behind: list[Mask] = []
        edge = found
        while edge:
            away = _away_from(np.logical_or.reduce(edge))
            edge = [area for area in areas if self._less(area, away, _MESH, _MESH_OF_GAP)]
            areas = _without(areas, edge)
            behind += edge
        return behind

    def _less(self, area: Mask, away: Plane, of_object: float, of_gap: float) -> bool:
        wall = float(away[area].min())
        gap = float(np.sqrt(np.count_nonzero(area)))
        return wall < of_object * self._size and wall < of_gap * gap


def _enclosed(labels: Labels, outside: Mask, inside: Mask) -> list[Mask]:
    """Give the areas inside the object that the product's own colour closes off."""
    sizes = np.bincount(labels.ravel())
    mostly = np.bincount(labels.ravel(), weights=inside.ravel()) > _INSIDE * sizes
    mostly[0] = False
    mostly[np.unique(labels[outside])] = False
    return [labels == n for n in np.flatnonzero(mostly & (sizes > _SMALLEST * labels.size))]


def _shade_depth(border: BorderModel, open_ground: Mask) -> float:
    """Give how far the product's cast shadow takes the open ground from its colour; 0 without."""
    shade = border.shadow & open_ground
    if np.mean(shade) < _LEAST_SHADE:
        return 0.0
    return float(np.percentile(border.distance[shade], _USUAL_SHADE))


def _may_be_ground(area: Mask, border: BorderModel) -> bool:
    """Tell whether an area is as calm as the ground and sharply bounded by the product."""
    calm = border.roughness_of(area) < _ROUGHER * border.roughness + _ROUGH_LEAST
    return calm and _bounded_share(area, border) > _BOUNDED


def _alike_share(area: Mask, border: BorderModel, shade: float) -> float:
    """Give how much of an area looks like ground.

    Where some of it surely does, the rest may be as deep in shade as the ground outside is.
    """
    distance = border.distance[area]
    alike = distance < _ALIKE * border.threshold
    share = float(np.mean(alike))
    if share < _LATTICE_SHARE:
        return share
    return float(np.mean(alike | (border.shadow[area] & (distance < shade))))


def _bounded_share(area: Mask, border: BorderModel) -> float:
    """Give the share of an area's rim behind which the product stands out from the ground."""
    rim = _grown(area, _RIM) & ~_grown(area, 1)
    square = np.ones((2 * _RIM + 1,) * 2, np.uint8)
    strongest = np.asarray(cv2.dilate(border.distance, square))
    return float(np.mean(strongest[rim] > _STANDS_OUT * border.threshold)) if rim.any() else 0.0


def _away_from(mask: Mask) -> Plane:
    """Give each pixel's distance to the nearest marked one."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3))


def _without(areas: list[Mask], others: list[Mask]) -> list[Mask]:
    return [area for area in areas if not any(area is other for other in others)]


def _frame(labels: Labels) -> Labels:
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.asarray(edge[edge > 0], dtype=np.int32)


def _components(mask: Mask) -> Labels:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return np.asarray(labels, dtype=np.int32)


def _members(labels: Labels, chosen: Labels) -> Mask:
    wanted = np.zeros(int(labels.max()) + 1, dtype=bool)
    wanted[np.unique(chosen)] = True
    wanted[0] = False
    return cast("Mask", wanted[labels])


def _grown(mask: Mask, radius: int) -> Mask:
    square = np.ones((2 * radius + 1,) * 2, np.uint8)
    return cv2.dilate(mask.astype(np.uint8), square).astype(bool)
