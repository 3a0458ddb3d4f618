from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from generation.imaging import arrange
from generation.imaging.arrange import MOST_HIDDEN, Piece, Spot


def _pieces(*sizes: tuple[float, float]) -> list[Piece]:
    return [Piece(wide, tall, np.full((40, 40), 255, np.uint8)) for wide, tall in sizes]


_MIXED = _pieces((3, 9), (4, 4), (8, 3), (3, 8), (4, 5), (5, 5), (2, 10), (6, 6))


def _overlaps(pieces: Sequence[Piece], spots: Sequence[Spot], gap: float) -> list[tuple[int, int]]:
    found = []
    for i in range(len(pieces)):
        for j in range(i):
            across = min(
                s.left + p.width for s, p in ((spots[i], pieces[i]), (spots[j], pieces[j]))
            )
            across -= max(spots[i].left, spots[j].left)
            down = min(spots[i].bottom, spots[j].bottom)
            down -= max(
                s.bottom - p.height for s, p in ((spots[i], pieces[i]), (spots[j], pieces[j]))
            )
            if across > -gap + 1e-6 and down > -gap + 1e-6:
                found.append((j, i))
    return found


def test_a_row_stands_on_one_line_with_even_gaps_and_the_tallest_inside() -> None:
    pieces = _MIXED[:5]

    spots = arrange.row(pieces, 0.5)

    assert {spot.bottom for spot in spots} == {0.0}
    order = sorted(range(5), key=lambda i: spots[i].left)
    gaps = [spots[b].left - spots[a].left - pieces[a].width for a, b in pairwise(order)]
    assert gaps == pytest.approx([0.5] * 4)
    assert 0 in order[1:4]


def test_a_row_of_equal_heights_keeps_its_order() -> None:
    spots = arrange.row(_pieces((3, 5), (4, 5.2), (2, 5.1)), 0.5)

    assert [spot.left for spot in spots] == sorted(spot.left for spot in spots)


@pytest.mark.parametrize("count", range(2, 9))
def test_a_grid_and_lines_keep_their_gaps(count: int) -> None:
    pieces = _MIXED[:count]

    for spots in (arrange.grid(pieces, 0.6, 1.0), arrange.rows(pieces, 0.6, 1.0)):
        assert _overlaps(pieces, spots, 0.6) == []


def test_a_grid_fits_the_frame() -> None:
    same = _pieces(*[(4, 4)] * 8)

    wide = arrange.bounds(same, arrange.grid(same, 0.5, 9.0))
    square = arrange.bounds(same, arrange.grid(same, 0.5, 1.0))

    assert wide.width > 3 * wide.height
    assert square.width < 2 * square.height


@pytest.mark.parametrize("slope", [None, 0.15, 0.45])
@pytest.mark.parametrize("count", range(2, 9))
def test_a_cluster_hides_little_of_anything(count: int, slope: float | None) -> None:
    pieces = _MIXED[:count]

    spots = arrange.cluster(pieces, 0.4, 1.0, slope=slope)

    assert max(arrange.hidden(pieces, spots)) <= MOST_HIDDEN
    assert {spot.depth for spot in spots} == {0, 1}
    assert all(spot.bottom < 0 for spot in spots if spot.depth)
    tallest = max(range(count), key=lambda i: pieces[i].height)
    assert spots[tallest].depth == 1
    for depth in (0, 1):
        line = [i for i in range(count) if spots[i].depth == depth]
        assert _overlaps([pieces[i] for i in line], [spots[i] for i in line], 0.0) == []


def test_what_is_hidden_is_measured() -> None:
    pieces = _pieces((10, 10), (10, 10))

    hidden = arrange.hidden(pieces, [Spot(0, 0, 1), Spot(5, 5, 0)])

    assert hidden == pytest.approx([0.25, 0.0], abs=0.02)
