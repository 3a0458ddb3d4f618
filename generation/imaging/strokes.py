"""A person's strokes over a photo: hard labels that spread to the like-coloured area they touch.

A stroke corrects the place it was painted on. It never runs over the whole picture, and it
needs no network: the outline that is there already is where it starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .color import to_lab
from .pixels import Gray, Mask, Plane, Rgb

# The colours of a stroke are summed up in a few; pixels this near to one of them (delta E, CIE
# 1976, after smoothing) are like the stroke.
_COLOURS = 6
_ALIKE = 9.0
_SMOOTH = (9, 24, 5)
_MOST_SAMPLES = 4000
# A stroke over ground of the product's own colour would flood all of that ground: an area that
# runs along so much of the frame is no part of anything, and only the stroke itself counts.
_MOST_FRAME = 0.04
_BARRIER = 3

Labels = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Strokes:
    """What a person painted: `keep` and `remove`, uint8 H x W of the image; not 0 is painted."""

    keep: Gray
    remove: Gray

    def resized(self, size: tuple[int, int]) -> Strokes:
        """Give the same strokes at another width and height; a thin one never disappears."""
        if size == (self.keep.shape[1], self.keep.shape[0]):
            return self
        return Strokes(_shrunk(self.keep, size), _shrunk(self.remove, size))


def spread(rgb: Rgb, alpha: Plane, strokes: Strokes) -> Plane:
    """Give alpha (float32 H x W, 0..1) with the strokes' areas kept or removed.

    `rgb` is uint8 H x W x 3 sRGB and the strokes are of its size. Where both kinds were painted,
    keep wins.
    """
    keep = strokes.keep > 0
    remove = (strokes.remove > 0) & ~keep
    lab = to_lab(np.asarray(cv2.bilateralFilter(rgb, *_SMOOTH), dtype=np.uint8))
    result = alpha.copy()
    result[_area(lab, remove, allowed=(alpha > 0.05) & ~_grown(keep))] = 0.0
    result[_area(lab, keep, allowed=(alpha < 0.95) & ~_grown(remove))] = 1.0
    result[remove] = 0.0
    result[keep] = 1.0
    return result


def impose(alpha: Gray, strokes: Strokes) -> Gray:
    """Give alpha (uint8 H x W) with 255 under keep and 0 under remove; keep wins."""
    removed = np.where(strokes.remove > 0, 0, alpha)
    return np.where(strokes.keep > 0, 255, removed).astype(np.uint8)


def _area(lab: NDArray[np.float32], stroke: Mask, *, allowed: Mask) -> Mask:
    """Find the like-coloured areas that the stroke touches, each stroke on its own."""
    found = np.zeros_like(stroke)
    count, strokes = cv2.connectedComponents(stroke.astype(np.uint8), connectivity=8)
    for number in range(1, count):
        one = strokes == number
        alike = _is_alike(lab, one) & (allowed | one)
        labels = _components(alike)
        touched = np.zeros(int(labels.max()) + 1, dtype=bool)
        touched[np.unique(labels[one])] = True
        touched[0] = False
        area = cast("Mask", touched[labels])
        if _on_frame(area) <= max(_MOST_FRAME, 2 * _on_frame(one)):
            found |= area
    return found


def _is_alike(lab: NDArray[np.float32], stroke: Mask) -> Mask:
    samples = lab[stroke]
    samples = samples[:: max(len(samples) // _MOST_SAMPLES, 1)]
    nearest = np.full(stroke.shape, np.inf, dtype=np.float32)
    for colour in _palette(samples):
        np.minimum(nearest, np.linalg.norm(lab - colour, axis=-1), out=nearest)
    return nearest < _ALIKE


def _palette(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(samples) <= _COLOURS:
        return samples
    cv2.setRNGSeed(0)  # equal strokes must give equal outlines
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 0.5)
    start = cv2.KMEANS_PP_CENTERS
    _, _, centres = cv2.kmeans(samples, _COLOURS, np.empty(0, np.int32), stop, 1, start)
    return np.asarray(centres, dtype=np.float32)


def _on_frame(area: Mask) -> float:
    """Give the share of the picture's frame that an area covers."""
    frame = np.concatenate([area[0], area[-1], area[:, 0], area[:, -1]])
    return float(np.mean(frame))


def _components(mask: Mask) -> Labels:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return np.asarray(labels, dtype=np.int32)


def _grown(mask: Mask) -> Mask:
    square = np.ones((2 * _BARRIER + 1,) * 2, np.uint8)
    return cv2.dilate(mask.astype(np.uint8), square).astype(bool)


def _shrunk(stroke: Gray, size: tuple[int, int]) -> Gray:
    painted = np.where(stroke > 0, 255, 0).astype(np.uint8)
    return np.asarray(cv2.resize(painted, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
