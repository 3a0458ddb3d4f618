"""Where the products of a group go, as the preset asks, in units of their own sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from generation.imaging import arrange
from generation.imaging.arrange import Piece, Spot
from generation.spec import Arrangement, PresetSpec
from generation.types import Prepared

from .proportions import Member, members

# Air between things that lie side by side, beyond the preset's gap: their shadows need it.
_LYING_GAP = 0.06


@dataclass(frozen=True, slots=True)
class Layout:
    """Products in their places, in arrangement units."""

    members: tuple[Member, ...]
    pieces: tuple[Piece, ...]
    spots: tuple[Spot, ...]


def sized(prepared: Prepared, spec: PresetSpec) -> list[Member]:
    """Size the products to one another; `ImageRejected` names the photograph that is empty."""
    wish = spec.arrangement or Arrangement()
    return members(prepared.items, proportions=wish.proportions)


def lay_out(
    group: Sequence[Member], spec: PresetSpec, *, aspect: float, slope: float | None = None
) -> Layout:
    """Arrange products of a size for a frame of ``aspect``, width over height.

    ``slope`` is the sine of a camera's elevation, where there is one: a row behind stands only
    as much higher up as it sees.
    """
    wish = spec.arrangement or Arrangement()
    pieces = [member.piece for member in group]
    gap = wish.gap * fmean(piece.width for piece in pieces)
    spots = _spots(pieces, wish, gap, lies=spec.kind == "flat_lay", aspect=aspect, slope=slope)
    return Layout(tuple(group), tuple(pieces), tuple(spots))


def _spots(
    pieces: Sequence[Piece],
    wish: Arrangement,
    gap: float,
    *,
    lies: bool,
    aspect: float,
    slope: float | None,
) -> list[Spot]:
    if lies:
        return _lying(pieces, wish, gap + _LYING_GAP * fmean(p.width for p in pieces), aspect)
    if wish.layout == "grid" and slope is None:
        return arrange.grid(pieces, gap, aspect)
    if wish.layout == "row" or len(pieces) < 2:
        return arrange.row(pieces, gap)
    return arrange.cluster(pieces, gap, aspect, slope=slope)


def _lying(pieces: Sequence[Piece], wish: Arrangement, gap: float, aspect: float) -> list[Spot]:
    if wish.layout == "cluster":
        return arrange.rows(pieces, gap, aspect)
    is_grid = wish.layout == "grid"
    lines = arrange.grid(pieces, gap, aspect) if is_grid else arrange.row(pieces, gap)
    return _centred(lines, pieces)


def _centred(spots: Sequence[Spot], pieces: Sequence[Piece]) -> list[Spot]:
    """Lift what lies in a line to the line's middle: nothing stands on a base line."""
    lines = {spot.bottom for spot in spots}
    tall = {
        line: max(p.height for p, s in zip(pieces, spots, strict=True) if s.bottom == line)
        for line in lines
    }
    return [
        Spot(spot.left, spot.bottom - (tall[spot.bottom] - piece.height) / 2)
        for piece, spot in zip(pieces, spots, strict=True)
    ]
