"""Do the pictures of a batch look like one set: ground, shadow's direction, size of the product?

Each report carries the facts of its picture as checks that never fail (`set_facts`); `judge_set`
compares those of a batch and names the pictures that stand out. It needs no pixels, so that a web
page may ask it. Nothing here blocks a picture on its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .thresholds import SET_LIMITS, SetLimits

LAB = ("set_lightness", "set_green_red", "set_blue_yellow")
ANGLE = "set_shadow_angle"
FILL = "fill"
UNKNOWN = -1.0
"""The value of an angle that nobody stated: no shadow, or one that falls to no side."""


@dataclass(frozen=True, slots=True)
class Member:
    """A picture of a batch: ``values`` are its report's checks by name.

    ``look`` names what must look alike (the preset), ``category`` what must be equally large; ""
    where there are no categories.
    """

    name: str
    look: str
    category: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Outlier:
    """A picture that differs from its set, by how much and in what, with a merchant's sentence."""

    name: str
    measure: str
    value: float
    usual: float
    message: str


def judge_set(members: Sequence[Member], limits: SetLimits = SET_LIMITS) -> tuple[Outlier, ...]:
    """Name the pictures that do not fit their set; empty where all do.

    Grounds and shadows are compared among pictures of one look, sizes among those of one look
    and category. Where values lie farther apart than their limit, the pictures farther than half
    of it from the middle one stand out.
    """
    found: list[Outlier] = []
    for look in _grouped(members, lambda member: member.look):
        found += _ground_outliers(look, limits.background)
        found += _angle_outliers(look, limits.shadow_angle)
        for category in _grouped(look, lambda member: member.category):
            found += _size_outliers(category, limits.scale)
    return tuple(found)


def _grouped(members: Iterable[Member], key: Callable[[Member], str]) -> list[list[Member]]:
    groups: defaultdict[str, list[Member]] = defaultdict(list)
    for member in members:
        groups[key(member)].append(member)
    return list(groups.values())


def _ground_outliers(members: Sequence[Member], limit: float) -> Iterator[Outlier]:
    told = [member for member in members if all(name in member.values for name in LAB)]
    if len(told) < 2:
        return
    labs = [tuple(member.values[name] for name in LAB) for member in told]
    usual = tuple(median(lab[axis] for lab in labs) for axis in range(3))
    spread = max(math.dist(one, other) for one in labs for other in (usual, *labs))
    for member, lab in zip(told, labs, strict=True):
        off = math.dist(lab, usual)
        if spread > limit and off > limit / 2:
            yield Outlier(
                member.name,
                "background",
                off,
                0.0,
                f"Its background differs from the set's by Delta E {off:.1f}. Make it again "
                "with the set's preset.",
            )


def _angle_outliers(members: Sequence[Member], limit: float) -> Iterator[Outlier]:
    told = [member for member in members if member.values.get(ANGLE, UNKNOWN) != UNKNOWN]
    if len(told) < 2:
        return
    turns = [complex(*_direction(member.values[ANGLE])) for member in told]
    middle = sum(turns)
    usual = math.degrees(math.atan2(middle.imag, middle.real)) % 360.0
    offs = [(member.values[ANGLE] - usual + 180.0) % 360.0 - 180.0 for member in told]
    for member, off in zip(told, offs, strict=True):
        if max(offs) - min(offs) > limit and abs(off) > limit / 2:
            yield Outlier(
                member.name,
                "shadow_angle",
                member.values[ANGLE],
                usual,
                f"Its shadow falls {abs(off):.0f}° away from the set's. Choose the same view and "
                "scene for all.",
            )


def _direction(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def _size_outliers(members: Sequence[Member], limit: float) -> Iterator[Outlier]:
    told = [member for member in members if member.values.get(FILL, 0.0) > 0.0]
    if len(told) < 2:
        return
    fills = [member.values[FILL] for member in told]
    usual = median(fills)
    if (max(fills) - min(fills)) / usual <= limit:
        return
    for member, fill in zip(told, fills, strict=True):
        off = fill / usual - 1.0
        if abs(off) > limit / 2:
            yield Outlier(member.name, "scale", fill, usual, _said_of_size(off, member.category))


def _said_of_size(off: float, category: str) -> str:
    others = f"the other products of its category ({category})" if category else "the set's others"
    if off > 0:
        return (
            f"It is shown {off:.0%} larger than {others}. Upload larger photos of those, or allow "
            "more enlarging in the preset."
        )
    return (
        f"It is shown {-off:.0%} smaller than {others}. Upload a larger photo, or allow more "
        "enlarging in the preset."
    )
