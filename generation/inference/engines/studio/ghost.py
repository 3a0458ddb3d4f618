"""A ghost mannequin picture: a garment without what wore it, its inside seen in the opening.

Made of two photographs and nothing else. What a pair must show is `generation.imaging`'s.
"""

from __future__ import annotations

from dataclasses import replace

from generation.imaging.floor import Kind
from generation.imaging.geometry import moved, place
from generation.imaging.ghost_hollow import Hollow, Piece, plan_hollow
from generation.imaging.ghost_layers import hollow_box, inside_layer
from generation.imaging.pixels import ImageRejected
from generation.spec import PresetSpec
from generation.types import CutoutResult, Item, Placed, Prepared, Rendered, Transform

from .assemble import Standing, assemble, stand
from .packshot import with_room

FRONT, INSIDE, BACK = "front", "inside", "back"
# A hollow garment hangs in the air: what would touch the floor casts the shadow of what hangs.
_HANGING: dict[Kind, Kind] = {"contact": "drop", "natural": "drop"}


def render_ghost(prepared: Prepared, spec: PresetSpec, *, seed: int, engine: str) -> Rendered:
    """Render the main canvas of a preset from a front and an inside or back view.

    A back view, taken from outside, is mirrored: it is what the inside's outline looks like
    from the front. Raises `ImageRejected` for a pair that gives no truthful picture.
    """
    (front, photo), (second, other) = _pair(prepared)
    piece = _piece(other)
    plan = plan_hollow(_piece(photo), piece.mirrored() if other.role == BACK else piece)
    main, wish = spec.main, spec.composition
    box = hollow_box(plan)
    transform = place(
        with_room(box, spec),
        width=main.width,
        height=main.height,
        margin=wish.margin,
        anchor=wish.anchor,
        max_upscale=wish.max_upscale,
    ).transform
    cloth = _of_cloth(photo.cutout, plan)
    shown = stand(front, cloth, box, transform, canvas=(main.width, main.height))
    layer = inside_layer(plan, shown.layer, transform)
    behind = Standing(second, _shifted(plan, transform), moved(box, transform), layer)
    rendered = assemble(
        (behind, shown),
        spec,
        shadow=_HANGING.get(spec.shadow.type, spec.shadow.type),
        seed=seed,
        engine=engine,
        facts={"ghost": _facts(plan, other)},
    )
    return replace(rendered, placed=tuple(_marked(one, second) for one in rendered.placed))


def _pair(prepared: Prepared) -> tuple[tuple[int, Item], tuple[int, Item]]:
    numbered = list(enumerate(prepared.items))
    fronts = [one for one in numbered if one[1].role == FRONT]
    others = [one for one in numbered if one[1].role in (INSIDE, BACK)]
    if len(numbered) != 2 or len(fronts) != 1 or len(others) != 1:
        raise ImageRejected(
            "missing_second_image",
            "A ghost mannequin picture needs two photos: the front of the garment on the "
            "mannequin, and its inside or its back. Choose one of each.",
        )
    return fronts[0], others[0]


def _piece(item: Item) -> Piece:
    return Piece(item.image.rgb, item.cutout.foreground, item.cutout.alpha)


def _of_cloth(cutout: CutoutResult, plan: Hollow) -> CutoutResult:
    return replace(cutout, alpha=plan.cloth.alpha, foreground=plan.cloth.foreground)


def _shifted(plan: Hollow, transform: Transform) -> Transform:
    """Give the inside's way to the canvas but for its turn, which a transform cannot say."""
    fit = plan.onto_front
    return Transform(
        scale=transform.scale * fit.scale,
        dx=transform.scale * fit.tx + transform.dx,
        dy=transform.scale * fit.ty + transform.dy,
    )


def _facts(plan: Hollow, other: Item) -> dict[str, object]:
    return {
        "second": other.role,
        "mirrored": other.role == BACK,
        "scale": round(plan.onto_front.scale, 4),
        "degrees": round(plan.onto_front.degrees, 2),
        "gain": round(plan.gain, 3),
        "residual": round(plan.residual, 4),
        "opening_filled": round(plan.filled, 3),
    }


def _marked(placed: Placed, second: int) -> Placed:
    return replace(placed, shaded=True) if placed.item == second else placed
