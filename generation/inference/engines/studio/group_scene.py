"""Several products on one studio plate: arranged like any group, staged and lit like one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generation.imaging import arrange
from generation.imaging.geometry import Box
from generation.imaging.viewpoint import Viewpoint
from generation.spec import Arrangement, PresetSpec, Scene
from generation.types import Placed, Prepared, Rendered

from .ground import Stage, set_stage
from .layout import Layout, lay_out, sized
from .lighting import light
from .plate import load_plate
from .scene import choose_view, opaque, stage_facts
from .staging import Actor, Subject, fits, lay, stand, subject_of

_SEARCH_STEPS = 22


@dataclass(frozen=True, slots=True)
class _Troupe:
    """The products of a group and their stage, before it is known how large they get."""

    subjects: tuple[Subject, ...]
    layout: Layout
    bounds: Box
    stage: Stage
    lies: bool


def render_staged(
    prepared: Prepared, spec: PresetSpec, scene: Scene, *, seed: int, engine: str
) -> Rendered:
    """Render a group shot or a flat lay on a plate; nothing here is random.

    Raises `PlateError` for a plate, view or variation that is not there, and `ImageRejected`
    naming the photograph whose cut-out is empty.
    """
    group = sized(prepared, spec)
    subjects = tuple(subject_of(member.item.cutout) for member in group)
    plate, lies = load_plate(scene.plate), spec.kind == "flat_lay"
    wish = "top" if lies else scene.view
    choice = choose_view(plate, _usual([one.viewpoint for one in subjects]), wish=wish)
    stage = set_stage(
        plate, choice.view, scene.variation, width=spec.main.width, height=spec.main.height
    )
    flat = lies or choice.view == "top"
    aspect = stage.safe.width / stage.safe.height
    layout = lay_out(group, spec, aspect=aspect, slope=None if flat else stage.squash)
    bounds = arrange.bounds(layout.pieces, layout.spots)
    actors = _largest(_Troupe(subjects, layout, bounds, stage, flat), spec.composition.max_upscale)
    order = sorted(range(len(actors)), key=lambda i: -layout.spots[i].depth)
    picture = light(stage, [actors[i] for i in order])
    placed = [
        Placed(item=i, transform=actors[i].transform, alpha=alpha)
        for i, alpha in zip(order, picture.visible, strict=True)
    ]
    return Rendered(
        rgba=opaque(picture.rgb),
        product=picture.product,
        placed=tuple(sorted(placed, key=lambda one: one.item)),
        ground=picture.ground,
        engine=engine,
        seed=seed,
        facts={
            "plate": f"{plate.name}@{plate.version}",
            "variation": stage.variation.name,
            "view": choice.view,
            "view_reason": choice.reason,
            "layout": (spec.arrangement or Arrangement()).layout,
            **stage_facts(stage),
        },
    )


def _usual(viewpoints: list[Viewpoint]) -> Viewpoint:
    """Give the middle one of those that stand: one plate's camera has to suit them all."""
    standing = [one for one in viewpoints if not one.lies_flat]
    chosen = sorted(standing or viewpoints, key=lambda one: one.elevation)
    return replace(chosen[len(chosen) // 2], lies_flat=not standing)


def _largest(troupe: _Troupe, max_upscale: float) -> list[Actor]:
    """Give the group as large as the safe area, the stand and each photograph allow."""
    high = min(max_upscale / member.scale for member in troupe.layout.members)
    low = 0.0
    for step in range(_SEARCH_STEPS):
        middle = high if step == 0 else (low + high) / 2
        if all(fits(actor, troupe.stage) for actor in _placed(troupe, middle)):
            low = middle
        else:
            high = middle
    return _placed(troupe, low or high)


def _placed(troupe: _Troupe, factor: float) -> list[Actor]:
    """Put everyone in place, ``factor`` canvas pixels to an arrangement unit."""
    put = _laid if troupe.lies else _stood
    return [put(troupe, number, factor) for number in range(len(troupe.subjects))]


def _laid(troupe: _Troupe, number: int, factor: float) -> Actor:
    piece, spot = troupe.layout.pieces[number], troupe.layout.spots[number]
    bounds, safe = troupe.bounds, troupe.stage.safe
    across = spot.left + piece.width / 2 - (bounds.left + bounds.right) / 2
    down = spot.bottom - piece.height / 2 - (bounds.top + bounds.bottom) / 2
    at = troupe.stage.projection.floor_point(
        (safe.left + safe.right) / 2 + factor * across,
        (safe.top + safe.bottom) / 2 + factor * down,
    )
    scale = factor * troupe.layout.members[number].scale
    return lay(troupe.subjects[number], troupe.stage, scale=scale, at=at)


def _stood(troupe: _Troupe, number: int, factor: float) -> Actor:
    """Stand one product; a row behind looks smaller in the plate's own perspective."""
    member, spot = troupe.layout.members[number], troupe.layout.spots[number]
    projection, subject = troupe.stage.projection, troupe.subjects[number]
    unit = projection.scale_at((0.0, 0.0, 0.0)) / factor
    base = spot.left + (subject.viewpoint.base.centre - subject.box.left) * member.scale
    deepest = min(one.bottom for one in troupe.layout.spots)
    behind = (deepest / 2 - spot.bottom) / max(troupe.stage.squash, 1e-3)
    at = ((base - (troupe.bounds.left + troupe.bounds.right) / 2) / unit, behind / unit)
    nearer = projection.scale_at((*at, 0.0)) / projection.scale_at((0.0, 0.0, 0.0))
    return stand(subject, troupe.stage, scale=factor * member.scale * nearer, at=at)
