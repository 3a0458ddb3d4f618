"""Group shots and flat lays: several products in one picture.

Each product is moved by one transform of its own; how large they are beside one another is
decided in `proportions`, where they go in `layout`. On a plate they are staged by `group_scene`.
"""

from __future__ import annotations

from statistics import fmean

from generation.imaging import arrange
from generation.imaging.floor import Kind
from generation.spec import Arrangement, PresetSpec
from generation.types import Prepared, Rendered, Transform

from .assemble import Standing, assemble, stand
from .group_scene import render_staged
from .layout import Layout, lay_out, sized

# Room for what the products cast, as shares of the mean product's smaller side and of the height.
_NATURAL_ROOM = 0.12
_MIRROR_ROOM = 0.10


def render_group(prepared: Prepared, spec: PresetSpec, *, seed: int, engine: str) -> Rendered:
    """Render the main canvas of a group shot or a flat lay; nothing here is random.

    Raises `ImageRejected` naming the photograph whose cut-out is empty, and `PlateError` for a
    scene that is not there.
    """
    if spec.scene is not None:
        return render_staged(prepared, spec, spec.scene, seed=seed, engine=engine)
    edge = 2 * spec.composition.margin * min(spec.main.width, spec.main.height)
    aspect = (spec.main.width - edge) / (spec.main.height - edge)
    layout = lay_out(sized(prepared, spec), spec, aspect=aspect)
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
