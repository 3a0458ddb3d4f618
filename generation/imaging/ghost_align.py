"""Where a garment opens at its top, and how the picture of its inside fits behind its front.

Both pictures show the same shoulders, or the same waistband: their outlines are laid on one
another by a similarity (scale, turn, shift). Nothing here looks at colours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .pixels import Mask

Floats = NDArray[np.float64]

_SIMPLIFY = 0.012
_MOST_SLOPE = math.tan(math.radians(22))
_UPPER_PART = 0.40
_LEAST_CHORD = 0.06
# Outlines further from the opening than this, in widths of it, hang differently in each picture.
_NEAR = 0.75
_ROUNDS = 12
_KEPT = 0.75
_CORNER_WEIGHT = 0.35
_MOST_TURN = math.radians(15)
_MOST_STRETCH = 1.25


@dataclass(frozen=True, slots=True)
class Opening:
    """The two corners of a garment's upper opening, x and y in pixels, and its depth.

    `depth` is how far the edge hangs below the line between the corners, as a share of its length.
    """

    left: tuple[float, float]
    right: tuple[float, float]
    depth: float

    @property
    def width(self) -> float:
        """The distance of both corners in pixels."""
        return math.dist(self.left, self.right)

    def enlarged(self, factor: float) -> Opening:
        """The same in a picture `factor` times as large."""
        (x0, y0), (x1, y1) = self.left, self.right
        return Opening((x0 * factor, y0 * factor), (x1 * factor, y1 * factor), self.depth)


@dataclass(frozen=True, slots=True)
class Similarity:
    """x' = a x - b y + tx, y' = b x + a y + ty; pixels counted from the top-left corner."""

    a: float
    b: float
    tx: float
    ty: float

    @property
    def scale(self) -> float:
        """The enlargement."""
        return math.hypot(self.a, self.b)

    @property
    def degrees(self) -> float:
        """The turn, clockwise in the picture."""
        return math.degrees(math.atan2(self.b, self.a))

    def rescaled(self, *, source: float, target: float) -> Similarity:
        """The same for pictures of which it knew copies, `source` and `target` times as large."""
        ratio = source / target
        return Similarity(self.a * ratio, self.b * ratio, self.tx / target, self.ty / target)

    def matrix(self) -> Floats:
        """Give the 2 x 3 matrix."""
        return np.array([[self.a, -self.b, self.tx], [self.b, self.a, self.ty]])

    def of_pixel_centres(self) -> Floats:
        """Give the 2 x 3 matrix for whole numbers at pixel centres, as OpenCV counts."""
        matrix = self.matrix()
        matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
        return matrix

    def apply(self, points: Floats) -> Floats:
        """Move N x 2 points."""
        moved: Floats = points @ self.matrix()[:, :2].T + self.matrix()[:, 2]
        return moved


@dataclass(frozen=True, slots=True)
class Fit:
    """Where the inside goes on the front, and the outlines' usual distance in opening widths."""

    similarity: Similarity
    residual: float


def find_opening(garment: Mask) -> Opening | None:
    """Find the widest level gap or edge on top of a garment's mask (bool H x W).

    The upper hull of a garment runs over its collar or waistband in one straight edge, whether
    the neckline hangs below it or stands level with it. None where the top is no such edge.
    """
    outline = _outline(garment)
    if outline is None:
        return None
    left, right = outline[:, 0].min(), outline[:, 0].max()
    top, bottom = outline[:, 1].min(), outline[:, 1].max()
    hull = cv2.convexHull(outline.astype(np.float32))
    simple = cv2.approxPolyDP(hull, _SIMPLIFY * (right - left), True).reshape(-1, 2)
    ends = np.stack([simple, np.roll(simple, -1, axis=0)], axis=1).astype(np.float64)
    spans = [
        edge[np.argsort(edge[:, 0])]
        for edge in ends
        if abs(edge[1, 1] - edge[0, 1]) <= _MOST_SLOPE * abs(edge[1, 0] - edge[0, 0])
        and edge[:, 1].mean() < top + _UPPER_PART * (bottom - top)
    ]
    if not spans:
        return None
    first, last = max(spans, key=lambda edge: float(edge[1, 0] - edge[0, 0]))
    if last[0] - first[0] < _LEAST_CHORD * (right - left):
        return None
    depth = _depth(garment, first, last)
    (x0, y0), (x1, y1) = first.tolist(), last.tolist()
    return Opening((x0, y0), (x1, y1), depth)


def pocket(garment: Mask, opening: Opening) -> Mask:
    """Mark what lies below the line between the corners and above the garment's edge."""
    edge, line = _edge_and_line(garment, np.array(opening.left), np.array(opening.right))
    rows = np.arange(garment.shape[0])[:, None]
    return np.asarray((rows >= line) & (rows < edge))


def fit_inside(front: Mask, inside: Mask, at_front: Opening, at_inside: Opening) -> Fit:
    """Lay the inside's outline on the front's: corners first, then the edges beside them."""
    here, there = (
        np.array([opening.left, opening.right], dtype=np.float64)
        for opening in (at_front, at_inside)
    )
    start = _solve(there, here, np.ones(2))
    reach = _NEAR * at_front.width
    target = _beside(_outline_of(front), at_front, reach)
    source = _beside(_outline_of(inside), at_inside, 1.3 * _NEAR * at_inside.width)
    if len(target) < 12 or len(source) < 12:
        return Fit(start, 0.0)
    best = start
    for _ in range(_ROUNDS):
        gaps, near = cKDTree(best.apply(source)).query(target)
        kept = gaps <= np.quantile(gaps, _KEPT)
        weight = np.concatenate([np.ones(kept.sum()), np.full(2, _CORNER_WEIGHT * kept.sum() / 2)])
        pairs = np.concatenate([source[near[kept]], there]), np.concatenate([target[kept], here])
        best = _solve(*pairs, weight)
    if not _is_plausible(best, start):
        best = start
    gaps, _ = cKDTree(best.apply(source)).query(target)
    return Fit(best, float(np.quantile(gaps, _KEPT)) / at_front.width)


def _is_plausible(found: Similarity, start: Similarity) -> bool:
    turned = abs(math.radians(found.degrees - start.degrees)) <= _MOST_TURN
    stretch = found.scale / start.scale
    return turned and 1 / _MOST_STRETCH <= stretch <= _MOST_STRETCH


def _outline(mask: Mask) -> Floats | None:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found:
        return None
    largest = max(found, key=cv2.contourArea)
    return np.asarray(largest.reshape(-1, 2) + 0.5, dtype=np.float64)


def _outline_of(mask: Mask) -> Floats:
    outline = _outline(mask)
    return np.zeros((0, 2)) if outline is None else outline


def _edge_and_line(garment: Mask, first: Floats, last: Floats) -> tuple[Floats, Floats]:
    """Give the garment's highest row below the line, and the line's row, for each column."""
    columns = np.arange(garment.shape[1]) + 0.5
    line = np.interp(columns, [first[0], last[0]], [first[1], last[1]], left=np.inf, right=np.inf)
    rows = np.arange(garment.shape[0])[:, None]
    below = garment & (rows >= line - 1)
    edge = np.where(below.any(axis=0), np.argmax(below, axis=0), line).astype(np.float64)
    return edge, line


def _depth(garment: Mask, first: Floats, last: Floats) -> float:
    edge, line = _edge_and_line(garment, first, last)
    inside = np.isfinite(line)
    drop = float(np.max(edge[inside] - line[inside], initial=0.0))
    return drop / float(last[0] - first[0])


def _beside(outline: Floats, opening: Opening, reach: float) -> Floats:
    """Give the outline's points beside the corners, on their outer sides."""
    to_left = np.linalg.norm(outline - opening.left, axis=1)
    to_right = np.linalg.norm(outline - opening.right, axis=1)
    on_left = (outline[:, 0] < opening.left[0]) & (to_left <= reach)
    on_right = (outline[:, 0] > opening.right[0]) & (to_right <= reach)
    beside: Floats = outline[on_left | on_right]
    return beside


def _solve(source: Floats, target: Floats, weight: Floats) -> Similarity:
    """Give the weighted least squares similarity of paired points (Umeyama 1991, in the plane)."""
    share = weight / weight.sum()
    from_, to = share @ source, share @ target
    here, there = source - from_, target - to
    power = float(share @ (here**2).sum(axis=1))
    a = float(share @ (here * there).sum(axis=1)) / power
    b = float(share @ (here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0])) / power
    return Similarity(
        a, b, to[0] - a * from_[0] + b * from_[1], to[1] - b * from_[0] - a * from_[1]
    )
