"""The fine detail of a photograph, put back wherever a coarser copy of it was left unchanged."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generation.types import Pixels

from .color import to_lab
from .metrics import Floats

# CIE 1976 between answer and photograph, both this coarse, up to which nothing was changed, and
# from which all was: decoders alone move colours by 2 to 3.
_SAME, _OTHER = 3.0, 9.0
# Neighbours of a change are its, too, by this many of the model's pixels.
_REACH = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture (uint8 H x W x 3), and the share of it that is the photograph's own."""

    rgb: Pixels
    share: float


def with_detail(answer: Pixels, source: Pixels, *, grid: float) -> Kept:
    """Give the answer with the source's own pixels where both show the same.

    Both are uint8 H x W x 3 and of one size; ``grid`` is how coarse the answer really is: the
    model's pixels for one of these.
    """
    coarse = _blurred(source, grid)
    difference = np.linalg.norm(to_lab(_blurred(answer, grid)) - to_lab(coarse), axis=2)
    reach = 2 * max(1, round(_REACH / grid)) + 1
    spread = cv2.dilate(cv2.blur(difference, (reach, reach)), np.ones((reach, reach), np.uint8))
    changed = np.clip((spread - _SAME) / (_OTHER - _SAME), 0.0, 1.0)
    smooth: Floats = np.asarray(cv2.GaussianBlur(changed, (0, 0), reach / 3), np.float32)
    weight = smooth[..., None]
    mixed = source.astype(np.float32) * (1.0 - weight) + answer.astype(np.float32) * weight
    rgb = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return Kept(rgb, float((smooth < 0.02).mean()))


def _blurred(rgb: Pixels, grid: float) -> Pixels:
    sigma = max(0.6, 0.7 / grid)
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma), dtype=np.uint8)
