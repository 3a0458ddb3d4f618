"""What a picture's set is judged by, noted in its report as checks that never fail.

`sets` compares them.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from generation.imaging.metrics import dilated, lab_of
from generation.types import Check

from .checks import judged
from .evidence import Evidence
from .sets import ANGLE, LAB, UNKNOWN

_SMALL_SIDE = 512
_BORDER = 0.04


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
