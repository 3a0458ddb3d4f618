"""Where several products go in one picture: in a row, in two depths, or on a grid.

Geometry only, in units of the products' own sizes; nothing here knows pixels of a canvas.
Equal inputs give equal arrangements.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from statistics import fmean

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .geometry import Box

# Products of nearly one height keep the order they were chosen in.
_LEVEL_HEIGHTS = 1.1
# How much of a product others may hide.
MOST_HIDDEN = 0.13
_OUTLINE_SIDE = 64
# The rows of a cluster: air added between neighbours in mean widths, and how much higher up the
# row behind stands, in heights of the tallest in front; under a camera, how far behind it
# stands, in mean widths.
_SPREADS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8)
_LIFTS = (0.2, 0.3, 0.4, 0.5, 0.6)
_DEPTHS = (1.0, 1.4)
_HOVERING = 0.4
# Neighbours of the two rows in turn overlap by these shares of the narrower one; the last hides
# nothing, so that there always is a way.
_OVERLAPS = (0.4, 0.25, 0.1, 0.0)
# How many of the products stand in the second row of a cluster.
_BEHIND = {1: 0, 2: 1, 3: 1, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4}


@dataclass(frozen=True, slots=True)
class Piece:
    """One product to arrange: its size, and its outline (uint8 alpha) of the same shape."""

    width: float
    height: float
    outline: Pixels


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a piece goes: the left end and the lower edge of its box, y downwards.

    ``depth`` 0 is in front; larger ones are behind and are drawn first.
    """

    left: float
    bottom: float
    depth: int = 0


def row(pieces: Sequence[Piece], gap: float) -> list[Spot]:
    """Stand pieces side by side on one line, the tallest in the middle; ``gap`` is a length."""
    order = _tallest_in_the_middle(pieces, range(len(pieces)))
    spots = dict(zip(order, _side_by_side([pieces[i].width for i in order], gap), strict=True))
    return [Spot(spots[i], 0.0) for i in range(len(pieces))]


def grid(pieces: Sequence[Piece], gap: float, aspect: float) -> list[Spot]:
    """Put pieces into columns of one width, for a frame of ``aspect`` (width over height).

    Those of a line stand on one base line; a last line that is not full is centred.
    """
    columns = max(range(1, len(pieces) + 1), key=lambda n: _grid_scale(pieces, gap, aspect, n))
    wide = max(piece.width for piece in pieces) + gap
    spots: list[Spot] = []
    bottom = 0.0
    for start in range(0, len(pieces), columns):
        line = pieces[start : start + columns]
        bottom += max(piece.height for piece in line) + (gap if start else 0.0)
        left = -len(line) * wide / 2
        spots += [
            Spot(left + number * wide + (wide - piece.width) / 2, bottom)
            for number, piece in enumerate(line)
        ]
    return spots


def rows(pieces: Sequence[Piece], gap: float, aspect: float) -> list[Spot]:
    """Lay pieces out in straight lines with even gaps, each piece in the middle of its line.

    Of all ways to break them into lines, in order and by height, the one that fills a frame of
    ``aspect`` best.
    """
    numbers = range(len(pieces))
    orders = (list(numbers), sorted(numbers, key=lambda i: -pieces[i].height))
    ways = [lines for order in orders for lines in _breaks(order)]
    best = max(ways, key=lambda lines: _lines_scale(pieces, lines, gap, aspect))
    found: dict[int, Spot] = {}
    top = 0.0
    for line in best:
        tall = max(pieces[i].height for i in line)
        lefts = _side_by_side([pieces[i].width for i in line], gap)
        for i, left in zip(line, lefts, strict=True):
            found[i] = Spot(left, top + (tall + pieces[i].height) / 2)
        top += tall + gap
    return [found[i] for i in numbers]


def cluster(
    pieces: Sequence[Piece], gap: float, aspect: float, *, slope: float | None = None
) -> list[Spot]:
    """Stand pieces in two depths: the tall ones behind and higher up, the others before the gaps.

    Of the ways to move the two rows apart so that no piece hides more than `MOST_HIDDEN` of
    another, the one that fills a frame of ``aspect`` best; a row far up looks as if it hovered.
    A camera's ``slope``, the sine of its elevation, says how much a row behind is lifted.
    """
    by_height = sorted(range(len(pieces)), key=lambda i: -pieces[i].height)
    behind = by_height[: _BEHIND.get(len(pieces), len(pieces) // 2)]
    before = [i for i in range(len(pieces)) if i not in behind]
    back = _tallest_in_the_middle(pieces, sorted(behind))
    tall = max(pieces[i].height for i in before)
    deep = _mean_width(pieces) / tall
    lifts = _LIFTS if slope is None else [slope * depth * deep for depth in _DEPTHS]
    rows = [
        _two_rows(pieces, back, before, gap + spread * _mean_width(pieces)) for spread in _SPREADS
    ]
    rows += [_in_turns(pieces, back, before, overlap) for overlap in _OVERLAPS]
    ways: list[tuple[float, list[Spot]]] = []
    for lefts in rows:
        for lift in lifts:
            spots = [
                Spot(lefts[i], -lift * tall, 1) if i in behind else Spot(lefts[i], 0.0)
                for i in range(len(pieces))
            ]
            if max(hidden(pieces, spots)) <= MOST_HIDDEN:
                box = bounds(pieces, spots)
                fill = min(aspect / box.width, 1.0 / box.height)
                ways.append((fill * (1.0 - _HOVERING * lift), spots))
                break
    return max(ways, key=lambda way: way[0])[1]


def bounds(pieces: Sequence[Piece], spots: Sequence[Spot]) -> Box:
    """Give the box around an arrangement."""
    pairs = list(zip(pieces, spots, strict=True))
    return Box(
        left=min(spot.left for _, spot in pairs),
        top=min(spot.bottom - piece.height for piece, spot in pairs),
        right=max(spot.left + piece.width for piece, spot in pairs),
        bottom=max(spot.bottom for _, spot in pairs),
    )


def hidden(pieces: Sequence[Piece], spots: Sequence[Spot]) -> list[float]:
    """Give the share of each piece's area that pieces of a smaller depth hide."""
    box = bounds(pieces, spots)
    shrink = _OUTLINE_SIDE / max(max(piece.width, piece.height) for piece in pieces)
    size = (math.ceil(shrink * box.height) + 4, math.ceil(shrink * box.width) + 4)
    masks = []
    for piece, spot in zip(pieces, spots, strict=True):
        mask = np.zeros(size, dtype=np.bool_)
        small = _small(piece, shrink)
        y = round((spot.bottom - piece.height - box.top) * shrink)
        x = round((spot.left - box.left) * shrink)
        mask[y : y + small.shape[0], x : x + small.shape[1]] = small
        masks.append(mask)
    return [
        _covered(mask, [m for m, s in zip(masks, spots, strict=True) if s.depth < spot.depth])
        for mask, spot in zip(masks, spots, strict=True)
    ]


def _covered(mask: NDArray[np.bool_], others: Sequence[NDArray[np.bool_]]) -> float:
    if not others:
        return 0.0
    return float((mask & np.logical_or.reduce(others)).sum() / max(mask.sum(), 1))


def _small(piece: Piece, shrink: float) -> NDArray[np.bool_]:
    size = (max(1, round(piece.width * shrink)), max(1, round(piece.height * shrink)))
    return np.asarray(cv2.resize(piece.outline, size, interpolation=cv2.INTER_AREA)) >= 128


def _mean_width(pieces: Sequence[Piece]) -> float:
    return fmean(piece.width for piece in pieces)


def _tallest_in_the_middle(pieces: Sequence[Piece], chosen: Sequence[int]) -> list[int]:
    """Order pieces like a skyline; those of nearly one height stay as they are."""
    heights = [pieces[i].height for i in chosen]
    if max(heights) <= _LEVEL_HEIGHTS * min(heights):
        return list(chosen)
    order: list[int] = []
    for number, i in enumerate(sorted(chosen, key=lambda i: -pieces[i].height)):
        order.insert(0 if number % 2 else len(order), i)
    return order


def _side_by_side(widths: Sequence[float], gap: float) -> list[float]:
    """Give the left ends of a line around x = 0."""
    left = -(sum(widths) + gap * (len(widths) - 1)) / 2
    found = []
    for width in widths:
        found.append(left)
        left += width + gap
    return found


def _two_rows(
    pieces: Sequence[Piece], back: Sequence[int], before: Sequence[int], gap: float
) -> dict[int, float]:
    """Give every piece's left end: the row behind around the middle, the other before its gaps."""
    widths = [pieces[i].width for i in back]
    lefts = dict(zip(back, _side_by_side(widths, gap), strict=True))
    edges = [(lefts[i], lefts[i] + pieces[i].width) for i in back]
    between = [(one[1] + other[0]) / 2 for one, other in pairwise(edges)]
    if len(before) >= len(back):
        between.append(edges[-1][1] + gap / 2)
    if len(before) > len(back):
        between.insert(0, edges[0][0] - gap / 2)
    order = _tallest_outside(pieces, before)
    for i, centre in zip(order, _apart(pieces, order, between, gap), strict=True):
        lefts[i] = centre - pieces[i].width / 2
    return lefts


def _in_turns(
    pieces: Sequence[Piece], back: Sequence[int], before: Sequence[int], overlap: float
) -> dict[int, float]:
    """Give every piece's left end: one of either row in turn, neighbours overlapping that much."""
    front = _tallest_outside(pieces, before)
    longer, shorter = (front, back) if len(front) > len(back) else (back, front)
    order = [i for pair in zip_longest(longer, shorter) for i in pair if i is not None]
    lefts, right = {order[0]: 0.0}, pieces[order[0]].width
    for one, other in pairwise(order):
        lefts[other] = right - overlap * min(pieces[one].width, pieces[other].width)
        right = lefts[other] + pieces[other].width
    return lefts


def _tallest_outside(pieces: Sequence[Piece], chosen: Sequence[int]) -> list[int]:
    inwards = _tallest_in_the_middle(pieces, chosen)
    half = len(inwards) // 2
    return inwards if inwards == list(chosen) else [*inwards[half:], *inwards[:half]]


def _apart(
    pieces: Sequence[Piece], order: Sequence[int], centres: Sequence[float], gap: float
) -> list[float]:
    """Move centres outwards from their middle until neighbours no longer touch."""
    found = list(centres)
    for _ in range(len(found)):
        for n in range(len(found) - 1):
            least = (pieces[order[n]].width + pieces[order[n + 1]].width) / 2 + gap
            short = least - (found[n + 1] - found[n])
            if short > 0:
                found[: n + 1] = [x - short / 2 for x in found[: n + 1]]
                found[n + 1 :] = [x + short / 2 for x in found[n + 1 :]]
    return found


def _grid_scale(pieces: Sequence[Piece], gap: float, aspect: float, columns: int) -> float:
    lines = [pieces[start : start + columns] for start in range(0, len(pieces), columns)]
    wide = columns * (max(piece.width for piece in pieces) + gap) - gap
    tall = sum(max(piece.height for piece in line) for line in lines) + gap * (len(lines) - 1)
    return min(aspect / wide, 1.0 / tall)


def _lines_scale(
    pieces: Sequence[Piece], lines: Sequence[Sequence[int]], gap: float, aspect: float
) -> float:
    wide = max(sum(pieces[i].width for i in line) + gap * (len(line) - 1) for line in lines)
    tall = sum(max(pieces[i].height for i in line) for line in lines) + gap * (len(lines) - 1)
    return min(aspect / wide, 1.0 / tall)


def _breaks(order: list[int]) -> list[list[list[int]]]:
    """Give every way to break a list into lines."""
    found = []
    for cuts in range(1 << (len(order) - 1)):
        lines = [[order[0]]]
        for n, i in enumerate(order[1:]):
            if cuts >> n & 1:
                lines.append([i])
            else:
                lines[-1].append(i)
        found.append(lines)
    return found
