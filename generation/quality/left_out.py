"""The check for parts of a product that the cut-out lost: clear glass, above all."""

from __future__ import annotations

from collections.abc import Iterator

from generation.imaging.faint import faint_lines
from generation.types import Check

from .checks import judged, review_if, worst_of
from .evidence import Evidence, Sight, is_taken_off
from .thresholds import Thresholds


def check_left_out(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Do faint lines on the photo's ground tell of a part that was not cut out?

    Not asked of a garment that was taken off its form.
    """
    asked = [sight for sight in seen.sights if sight.had_ground]
    if asked and not is_taken_off(seen.spec):
        yield worst_of(_check_lines(sight, limits) for sight in asked)


def _check_lines(sight: Sight, limits: Thresholds) -> Check:
    lines = faint_lines(sight.item.image.rgb, sight.alpha)
    return judged(
        "left_out",
        value=lines,
        threshold=limits.left_out,
        fails=review_if(lines > limits.left_out),
        good="Nothing else stands beside the product in the photo.",
        bad="Something faint stands beside the product in the photo, such as glass, and was left "
        "out. Check that the whole product is in the picture.",
    )
