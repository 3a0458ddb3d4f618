"""The check for ground that was cut out with the product: under its handle, between its straps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from generation.imaging.gaps import Gap, find_gaps
from generation.imaging.metrics import lab_of
from generation.types import Check

from .checks import judged, review_if, worst_of
from .evidence import Evidence, Sight, is_taken_off
from .thresholds import Thresholds

# CIE 1976 between a gap and the new ground from which it is seen: white paper in a picture on
# white is not.
_VISIBLE = 5.0
# White labels and white cloth look like white paper: a gap as light as that (CIE L) must be larger.
_PAPER, _ON_PAPER = 92.0, 0.5
# Every so many pixels of the new ground tell its usual colour.
_SAMPLED = 8


def check_gap(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Does an area within a product show the old ground?

    A garment's opening has checks of its own.
    """
    asked = [sight for sight in seen.locked if sight.had_ground]
    if asked and not is_taken_off(seen.spec):
        yield worst_of(_check_gap(seen, sight, limits) for sight in asked)


def _check_gap(seen: Evidence, sight: Sight, limits: Thresholds) -> Check:
    share = _largest(seen, sight)
    return judged(
        "gap",
        value=share,
        threshold=limits.gap,
        fails=review_if(share > limits.gap),
        good="No old background shows through the product.",
        bad="The old background may still show through the product: in an opening, such as a "
        "handle, or in glass. Check the outline.",
    )


def _largest(seen: Evidence, sight: Sight) -> float:
    """The largest gap's share of the product, of those that the new ground does not hide.

    One on white paper counts half.
    """
    gaps = find_gaps(sight.item.image.rgb, sight.alpha)
    if not gaps:
        return 0.0
    # The median: a shadow darkens a part of the ground, and the gap is seen against the rest.
    ground = seen.behind(sight)[::_SAMPLED, ::_SAMPLED].reshape(-1, 3)
    new = lab_of(np.median(ground, axis=0).astype(np.float32)[None, None])[0, 0]
    seen_gaps = (gap for gap in gaps if float(np.linalg.norm(gap.lab - new)) > _VISIBLE)
    return max((_weighed(gap) for gap in seen_gaps), default=0.0)


def _weighed(gap: Gap) -> float:
    return gap.share * (_ON_PAPER if gap.lab[0] > _PAPER else 1.0)
