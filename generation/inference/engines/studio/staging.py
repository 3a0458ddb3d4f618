"""Where products go on a stage: on the stand's plane, inside the safe area, in perspective.

Works for one product and for many on one stand. What the picture then looks like is
`lighting`'s business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from generation.imaging.geometry import Box, moved, product_box
from generation.imaging.reflect import Contact
from generation.imaging.solid import Solid, footprint, lying, standing
from generation.imaging.transmission import presence, stopped
from generation.imaging.viewpoint import Viewpoint, estimate
from generation.types import CutoutResult, Pixels, Transform

from .ground import Stage

# A base stays this far inside a disk's edge, as a share of its radius.
_INSIDE_DISK = 0.9
_SEARCH_STEPS = 24
# How far a lopsided product is pulled from "base in the middle" to "outline in the middle".
_BALANCE = 0.5


@dataclass(frozen=True, slots=True)
class Subject:
    """A product to be staged: its cut-out, the box it fills in the source, how it was seen.

    ``presence`` is uint8 H x W, the alpha with its glass counted in; ``stops`` how much light
    each pixel stops. Both are the alpha of an opaque product.
    """

    cutout: CutoutResult
    box: Box
    viewpoint: Viewpoint
    presence: Pixels
    stops: Pixels


@dataclass(frozen=True, slots=True)
class Actor:
    """A product in its place: ``at`` is the middle of its base, or of itself if it lies, in units.

    ``unit`` is how many source pixels one world unit has there.
    """

    subject: Subject
    transform: Transform
    at: tuple[float, float]
    unit: float
    lies: bool

    @property
    def box(self) -> Box:
        """The box it fills on the canvas."""
        return moved(self.subject.box, self.transform)


def subject_of(cutout: CutoutResult) -> Subject:
    """Read a cut-out; raises `ImageRejected` where it holds no product."""
    whole = presence(cutout)
    box = product_box(whole)
    return Subject(cutout, box, estimate(whole, box), whole, stopped(cutout))


def stand(
    subject: Subject, stage: Stage, *, scale: float, at: tuple[float, float] | None = None
) -> Actor:
    """Stand a product on the stage, its lowest row where the front of its base touches down.

    ``scale`` is canvas pixels per source pixel; ``at`` is in units, by default the middle of
    the stand, moved a little aside for a product that reaches out to one side.
    """
    base = subject.viewpoint.base
    x, y = at or (_balanced(subject, stage, scale), 0.0)
    unit = stage.projection.scale_at((x, y, 0.0)) / scale
    front = y - _half_depth(subject, stage) / unit
    column = stage.projection.pixels([(x, y, 0.0)])[0][0]
    row = stage.projection.pixels([(x, front, 0.0)])[0][1]
    transform = Transform(
        scale=scale,
        dx=float(column - scale * base.centre),
        dy=float(row - scale * base.bottom),
    )
    return Actor(subject, transform, (x, y), unit, lies=False)


def lay(
    subject: Subject, stage: Stage, *, scale: float, at: tuple[float, float] | None = None
) -> Actor:
    """Lay a product flat, the middle of its box ``at``, by default in the safe area's middle."""
    box, safe = subject.box, stage.safe
    if at is None:
        middle = ((safe.left + safe.right) / 2, (safe.top + safe.bottom) / 2)
        at = stage.projection.floor_point(*middle)
    column, row = stage.projection.pixels([(*at, 0.0)])[0]
    transform = Transform(
        scale=scale,
        dx=float(column - scale * (box.left + box.right) / 2),
        dy=float(row - scale * (box.top + box.bottom) / 2),
    )
    return Actor(subject, transform, at, stage.projection.scale_at((*at, 0.0)) / scale, lies=True)


def largest(
    subject: Subject,
    stage: Stage,
    *,
    max_scale: float,
    lies: bool,
    at: tuple[float, float] | None = None,
) -> Actor:
    """Place a product as large as the safe area, the stand and ``max_scale`` allow."""
    put = lay if lies else stand
    low, high = 0.0, max_scale
    if fits(put(subject, stage, scale=high, at=at), stage):
        return put(subject, stage, scale=high, at=at)
    for _ in range(_SEARCH_STEPS):
        middle = (low + high) / 2
        if fits(put(subject, stage, scale=middle, at=at), stage):
            low = middle
        else:
            high = middle
    return put(subject, stage, scale=max(low, max_scale / 1000), at=at)


def fits(actor: Actor, stage: Stage) -> bool:
    """Say whether a product is inside the safe area, and its base inside the stand's edge."""
    box, safe = actor.box, stage.safe
    inside = (
        box.left >= safe.left
        and box.right <= safe.right
        and box.top >= safe.top
        and box.bottom <= safe.bottom
    )
    radius = stage.plate.stand.radius
    if radius is None or not inside:
        return inside
    return _reach(actor, stage) <= _INSIDE_DISK * radius


def body(actor: Actor, stage: Stage) -> Solid:
    """Give the body that a product's shadow is cast with."""
    subject = actor.subject
    if actor.lies:
        return lying(subject.presence, subject.stops, subject.box, at=actor.at, unit=actor.unit)
    return standing(
        subject.presence,
        subject.stops,
        subject.box,
        subject.viewpoint,
        at=actor.at,
        unit=actor.unit,
        fallback_elevation=stage.elevation,
    )


def _balanced(subject: Subject, stage: Stage, scale: float) -> float:
    origin = stage.projection.pixels([(0.0, 0.0, 0.0)])[0]
    middle = (subject.box.left + subject.box.right) / 2
    aside = _BALANCE * scale * (subject.viewpoint.base.centre - middle)
    return stage.projection.floor_point(float(origin[0] + aside), float(origin[1]))[0]


def contact(actor: Actor) -> Contact:
    """Give the line along which a standing product touches the stand, on the canvas."""
    line, move = np.array(actor.subject.viewpoint.base.line), actor.transform
    return Contact(move.scale * line[:, 0] + move.dx, move.scale * line[:, 1] + move.dy)


def _reach(actor: Actor, stage: Stage) -> float:
    """How far from the stand's centre the base reaches, in units, by its looks and by its depth."""
    if actor.lies:
        wide, deep = actor.subject.box.width, actor.subject.box.height
        return math.hypot(
            abs(actor.at[0]) + wide / actor.unit / 2, abs(actor.at[1]) + deep / actor.unit / 2
        )
    touching = contact(actor)
    seen = [
        math.hypot(*stage.projection.floor_point(float(column), float(row)))
        for column, row in zip(touching.columns, touching.rows, strict=True)
    ]
    return max(*seen, math.hypot(*actor.at) + _half_depth(actor.subject, stage) / actor.unit)


def _half_depth(subject: Subject, stage: Stage) -> float:
    """Half the depth of a product's base, in source pixels."""
    base = subject.viewpoint.base
    foot = footprint(subject.viewpoint, fallback_elevation=stage.elevation)
    return foot.half_depth * (base.right - base.left)
