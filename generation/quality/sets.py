"""Do the pictures of a batch look like one set: ground, shadow's direction, size of the product?

Each report carries the facts of its picture as checks that never fail; `judge_set` compares those
of a batch and names the pictures that stand out. Nothing here blocks a picture on its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from generation.imaging.metrics import dilated, lab_of
from generation.types import Check

from .checks import judged
from .evidence import Evidence
from .thresholds import SET_LIMITS, SetLimits

LAB = ("set_lightness", "set_green_red", "set_blue_yellow")
ANGLE = "set_shadow_angle"
FILL = "fill"
UNKNOWN = -1.0
"""The value of an angle that nobody stated: no shadow, or one that falls to no side."""

_SMALL_SIDE = 512
_BORDER = 0.04


@dataclass(frozen=True, slots=True)
class Member:
    """A picture of a batch: ``values`` are its report's checks by name.

    ``look`` names what must look alike (the preset), ``category`` what must be equally large.
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


def check_set_facts(seen: Evidence) -> Iterator[Check]:
    """Note what a set must have in common: the border's mean Lab, and the shadow's angle."""
    lab = _border_lab(seen)
    if lab is not None:
        for name, word, value in zip(LAB, ("L", "a", "b"), lab, strict=True):
            yield _fact(name, value, f"The background's {word}* is {value:.1f}.")
    angle = _shadow_angle(seen)
    told = angle != UNKNOWN
    said = f"The shadow falls at {angle:.0f}°." if told else "The shadow falls to no side."
    yield _fact(ANGLE, angle, said)


def _fact(name: str, value: float, said: str) -> Check:
    return judged(name, value=value, threshold=value, fails=None, good=said, bad="")


def _border_lab(seen: Evidence) -> tuple[float, float, float] | None:
    """The mean CIE Lab of the picture's border, away from products; None on transparency."""
    if seen.rendered.ground is None:
        return None
    rgb, product = seen.decoded.pixels[..., :3], seen.rendered.product
    shrink = min(1.0, _SMALL_SIDE / max(product.shape))
    small = cv2.resize(rgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    size = (small.shape[1], small.shape[0])
    cover = cv2.resize(product, size, interpolation=cv2.INTER_AREA)
    border = np.ones(small.shape[:2], dtype=np.bool_)
    width = max(1, round(_BORDER * min(small.shape[:2])))
    border[width:-width, width:-width] = False
    border &= ~dilated(np.asarray(cover > 0), 2)
    if not border.any():
        return None
    lab = lab_of(small[border][None].astype(np.float32))[0].mean(axis=0)
    return float(lab[0]), float(lab[1]), float(lab[2])


def _shadow_angle(seen: Evidence) -> float:
    """Where the engine let the shadow fall: degrees clockwise from the picture's right.

    It is the engine's word: a shadow's outline follows the product's, so that its direction
    cannot be measured from the picture to ten degrees.
    """
    stated = seen.rendered.facts.get("shadow_angle")
    return UNKNOWN if stated is None else float(stated) % 360.0


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
            yield Outlier(
                member.name,
                "scale",
                fill,
                usual,
                f"It is shown {abs(off):.0%} {'larger' if off > 0 else 'smaller'} than the other "
                f"products of its category ({member.category}). Upload a larger photo, or allow "
                "more enlarging in the preset.",
            )
