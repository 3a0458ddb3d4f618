"""Group shots and flat lays: several products in one picture, on a plain ground.

Each product is moved by one transform of its own; how large they are beside one another is
decided in `proportions`, where they go in `imaging.arrange`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from generation.imaging import arrange
from generation.imaging.arrange import Piece, Spot
from generation.imaging.floor import Kind
from generation.spec import Arrangement, PresetSpec
from generation.types import Prepared, Rendered, Transform

from .assemble import Standing, assemble, stand
from .proportions import Member, members

# Room for what the products cast, as shares of the mean product's smaller side and of the height.
_NATURAL_ROOM = 0.12
_MIRROR_ROOM = 0.10
# Air between things that lie side by side, beyond the preset's gap: their shadows need it.
_LYING_GAP = 0.06


@dataclass(frozen=True, slots=True)
class Layout:
    """Products in their places, in arrangement units."""

    members: tuple[Member, ...]
    pieces: tuple[Piece, ...]
    spots: tuple[Spot, ...]


def render_group(prepared: Prepared, spec: PresetSpec, *, seed: int, engine: str) -> Rendered:
    """Render the main canvas of a group shot or a flat lay; nothing here is random.

    Raises `ImageRejected` naming the photograph whose cut-out is empty.
    """
    layout = lay_out(prepared, spec)
    standings = _stood(layout, spec)
    wish = spec.arrangement or Arrangement()
    return assemble(
        standings,
        spec,
        shadow=_shadow(spec),
        seed=seed,
        engine=engine,
        facts={"layout": wish.layout, "proportions": wish.proportions},
    )


def lay_out(prepared: Prepared, spec: PresetSpec) -> Layout:
    """Size the products to one another and arrange them as the preset asks."""
    wish = spec.arrangement or Arrangement()
    group = members(prepared.items, proportions=wish.proportions)
    pieces = [member.piece for member in group]
    gap = wish.gap * fmean(piece.width for piece in pieces)
    spots = _spots(pieces, wish, spec, gap)
    return Layout(tuple(group), tuple(pieces), tuple(spots))


def _spots(pieces: Sequence[Piece], wish: Arrangement, spec: PresetSpec, gap: float) -> list[Spot]:
    edge = 2 * spec.composition.margin * min(spec.main.width, spec.main.height)
    aspect = (spec.main.width - edge) / (spec.main.height - edge)
    if spec.kind == "flat_lay":
        gap += _LYING_GAP * fmean(piece.width for piece in pieces)
        if wish.layout == "cluster":
            return arrange.rows(pieces, gap, aspect)
        lines = (
            arrange.grid(pieces, gap, aspect) if wish.layout == "grid" else arrange.row(pieces, gap)
        )
        return _centred(lines, pieces)
    if wish.layout == "grid":
        return arrange.grid(pieces, gap, aspect)
    if wish.layout == "cluster" and len(pieces) > 1:
        return arrange.cluster(pieces, gap, aspect)
    return arrange.row(pieces, gap)


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


def _stood(layout: Layout, spec: PresetSpec) -> list[Standing]:
    """Bring the arrangement to the canvas, the farthest first."""
    main, wish = spec.main, spec.composition
    bounds = arrange.bounds(layout.pieces, layout.spots)
    room = _room(layout, spec)
    edge = wish.margin * min(main.width, main.height)
    factor = min(
        (main.width - 2 * edge) / (bounds.width + 2 * room[0]),
        (main.height - 2 * edge) / (bounds.height + 2 * room[1]),
        *(wish.max_upscale / member.scale for member in layout.members),
    )
    dx = main.width / 2 - factor * (bounds.left + bounds.right) / 2
    if wish.anchor == "bottom":
        dy = main.height - edge - factor * bounds.bottom
    else:
        dy = main.height / 2 - factor * (bounds.top + bounds.bottom) / 2
    order = sorted(range(len(layout.spots)), key=lambda i: -layout.spots[i].depth)
    standings = []
    for i in order:
        member, spot = layout.members[i], layout.spots[i]
        scale = factor * member.scale
        transform = Transform(
            scale=scale,
            dx=dx + factor * spot.left - scale * member.box.left,
            dy=dy + factor * spot.bottom - scale * member.box.bottom,
        )
        canvas = (main.width, main.height)
        standings.append(stand(i, member.item.cutout, member.box, transform, canvas=canvas))
    return standings


def _room(layout: Layout, spec: PresetSpec) -> tuple[float, float]:
    """Give what is kept free at the sides, and above and below, for what the products cast."""
    kind = _shadow(spec)
    if kind == "natural":
        return _NATURAL_ROOM * fmean(min(p.width, p.height) for p in layout.pieces), 0.0
    if kind == "reflection" and spec.composition.anchor == "center":
        return 0.0, _MIRROR_ROOM * fmean(piece.height for piece in layout.pieces)
    return 0.0, 0.0


def _shadow(spec: PresetSpec) -> Kind:
    """What lies on paper has a soft shadow all around, whichever was asked for."""
    if spec.kind == "flat_lay" and spec.shadow.type != "none":
        return "drop"
    return spec.shadow.type
