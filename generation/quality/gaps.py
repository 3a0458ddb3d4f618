"""The check for ground that was cut out with the product: under its handle, between its straps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from generation.imaging.gaps import find_gaps
from generation.imaging.metrics import lab_of
from generation.types import Check

from .checks import judged, review_if, worst_of
from .evidence import Evidence, Sight, is_taken_off
from .thresholds import Thresholds

# CIE 1976 between a gap and the new ground from which it is seen: white paper in a picture on
# white, or a white garment's own cloth, is not.
_VISIBLE = 8.0


def check_gap(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Does an area within a product show the old ground?

    Glass shows the ground by its nature, and a garment's opening has checks of its own.
    """
    solid = [sight for sight in seen.locked if sight.item.cutout.transmission is None]
    if solid and not is_taken_off(seen.spec):
        yield worst_of(_check_gap(seen, sight, limits) for sight in solid)


def _check_gap(seen: Evidence, sight: Sight, limits: Thresholds) -> Check:
    share = _largest(seen, sight)
    return judged(
        "gap",
        value=share,
        threshold=limits.gap,
        fails=review_if(share > limits.gap),
        good="No old background shows through the product.",
        bad="The old background may still show through an opening of the product, such as its "
        "handle. Check the outline.",
    )


def _largest(seen: Evidence, sight: Sight) -> float:
    """The largest gap's share of the product, of those that the new ground does not hide."""
    gaps = find_gaps(sight.item.image.rgb, sight.alpha)
    if not gaps:
        return 0.0
    usual = seen.behind(sight).mean(axis=(0, 1), dtype=np.float32)
    new = lab_of(usual[None, None])[0, 0]
    shares = (gap.share for gap in gaps if float(np.linalg.norm(gap.lab - new)) > _VISIBLE)
    return max(shares, default=0.0)
