"""Networks and ground colour put together: what one misses the other often sees.

On a plain ground colour adds missing parts and takes away holes; on a busy one a graph cut
started from the networks tidies the outline. Where the object has the ground's colour (white
on white) the networks are left alone: colour would eat the object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .border_model import BorderModel
from .openings import find_openings
from .pixels import Mask, Plane, Rgb
from .saliency import box_of, overlap

PLAIN = 0.8
"""Confidence of the border model from which its colour is believed."""

# An object less than three thresholds from its ground, or a quarter of it nearly equal, is
# "white on white": without this rule a white cable and a black bicycle were destroyed.
_LEAST_CONTRAST = 3.0
_MOST_CAMOUFLAGE = 0.25
_CLEAR_CONTRAST = 6.0
_REACH = 0.03
_STANDS_OUT = 2.2
# Half the width of a thin part, in shares of the picture's longer side.
_THIN = 0.012
_SMALLEST_HOLE = 0.0004
_CUT_SIDE = 560
_CUT_ROUNDS = 3
# How far inside and outside the networks' outline the cut may still choose. With 0.02 outside it
# took a book of the clock's colour along (IoU 0.971; 0.991 with this); over 18 busy grounds of the
# demo and the composites the mean rose from 0.9858 to 0.9886.
_UNSURE_RIM = (0.02, 0.006)
_SAME_OUTLINE = 0.8
# Half the width of a sliver and its length, in pixels of the cut.
_SLIVER, _SLIVER_LENGTH = 3, 16
# Over 14 photographs on busy grounds, whatever all networks believed so much and the cut had taken
# off from outside was product.
_SURELY = 0.9
# The cut sees the object and a rim of its ground: what lies far away costs time and says little.
_SEED_LEVEL, _CUT_MARGIN = 0.15, 0.15

Labels = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Opinions:
    """The networks' planes (float32 0..1) in three readings: mean, most careful, most generous.

    The mean is that of the networks that see fine detail, where there are any.
    """

    mean: Plane
    low: Plane
    high: Plane

    @classmethod
    def of(cls, planes: list[Plane], *, leading: list[bool]) -> Opinions:
        """Combine one or more planes of equal size; `leading` marks those with fine detail."""
        stack = np.stack(planes)
        fine = stack[leading] if any(leading) else stack
        return cls(fine.mean(axis=0), stack.min(axis=0), stack.max(axis=0))

    def resized(self, size: tuple[int, int]) -> Opinions:
        """Give the same opinions at another width and height, averaged over areas."""
        small = (
            cast("Plane", cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
            for plane in (self.mean, self.low, self.high)
        )
        return Opinions(*small)

    def without(self, ground: Mask) -> Opinions:
        """Give the same opinions with some ground taken out of them."""
        return Opinions(*(np.where(ground, 0, p) for p in (self.mean, self.low, self.high)))


@dataclass(frozen=True, slots=True)
class Fused:
    """`alpha` (float32 H x W, 0..1), and whether parts of it may be gaps in the product."""

    alpha: Plane
    may_have_gaps: bool


def contrast_of(border: BorderModel, sure: Mask) -> tuple[float, float]:
    """Give the object's distance from the ground, in thresholds, and its camouflaged share."""
    distances = border.distance[sure]
    if len(distances) <= 50:
        return 0.0, 1.0
    near = distances < 1.5 * border.threshold
    return float(np.median(distances) / border.threshold), float(np.mean(near))


def fuse_colour(opinions: Opinions, border: BorderModel) -> Fused:
    """Correct the networks by the ground's colour; gives float32 alpha of the opinions' size."""
    small = opinions.resized(border.size)
    gaps = find_openings(small.mean, border)
    small = small.without(gaps.ground)
    contrast, camouflaged = contrast_of(border, small.mean > 0.9)
    size = (opinions.mean.shape[1], opinions.mean.shape[0])
    if contrast < _LEAST_CONTRAST or camouflaged > _MOST_CAMOUFLAGE:
        open_ = cv2.resize(gaps.ground.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        return Fused(np.minimum(opinions.mean, 1 - np.asarray(open_)), gaps.doubtful)
    reach = max(int(_REACH * max(border.size)), 3)
    alpha = _add_missing(small, border, reach)
    alpha = _remove_ground(alpha, small, border, reach, clear=contrast > _CLEAR_CONTRAST)
    large = cast("Plane", cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR))
    return Fused(np.clip(large, 0, 1), gaps.doubtful)


def _add_missing(opinions: Opinions, border: BorderModel, reach: int) -> Plane:
    """Add what differs from the ground, is no shadow, and touches the networks' object."""
    strength = border.distance / border.threshold
    shadow = _grow(border.shadow, np.ones((5, 5), np.uint8))
    near = _grow(opinions.high > 0.35, _disk(reach))
    apart = (strength > _STANDS_OUT) & ~shadow
    extra = apart & (near | _thin_parts(apart))
    sure = opinions.mean > 0.6
    labels = _components(extra | sure, connectivity=8)
    attached = extra & _members(labels, labels[sure])
    certainty = np.clip((strength - _STANDS_OUT) / 1.5, 0, 1) * 0.97
    return np.where(attached, np.maximum(opinions.mean, certainty), opinions.mean)


def _thin_parts(apart: Mask) -> Mask:
    """Find cords, straps and wires in what stands out from a plain ground, however far they run.

    A line that reaches the frame may be the edge of a table, and is left to the networks.
    """
    wide = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_OPEN, _disk(_thinness(apart)))
    thin = apart & ~_grow(np.asarray(wide) > 0, _disk(1))
    labels = _components(thin, connectivity=8)
    return thin & ~_members(labels, _on_frame(labels))


def _thinness(plane: Mask) -> int:
    return max(int(_THIN * max(plane.shape)), 2)


def _on_frame(labels: Labels) -> Labels:
    """Give the numbers of the components that touch the frame."""
    frame = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.asarray(frame[frame > 0], dtype=np.int32)


def _remove_ground(
    alpha: Plane, opinions: Opinions, border: BorderModel, reach: int, *, clear: bool
) -> Plane:
    """Take away ground-coloured pixels that reach the frame, and holes that show the ground."""
    looks_ground = border.distance < border.threshold
    labels = _components(looks_ground, connectivity=4)
    outside = _members(labels, _on_frame(labels))
    core = _shrink_mask(opinions.low > 0.97, np.ones((2 * reach + 1,) * 2, np.uint8))
    doubtful = clear | (opinions.mean < 0.85)
    away = (outside & ~core & doubtful) | _holes(labels, opinions.low, border)
    return np.where(away, np.minimum(alpha, 0.03), alpha).astype(np.float32)


def _holes(labels: Labels, low: Plane, border: BorderModel) -> Mask:
    """Find enclosed areas of nearly the ground's colour that a network doubts at least a little."""
    flat = labels.ravel()
    area = np.bincount(flat)
    belief = np.bincount(flat, weights=low.ravel()) / area
    distance = np.bincount(flat, weights=border.distance.ravel()) / area / border.threshold
    ground = ((belief < 0.9) & (distance < 0.55)) | ((belief < 0.6) & (distance < 0.8))
    ground &= area > _SMALLEST_HOLE * flat.size
    ground[0] = False
    return np.asarray(ground[labels])


def graph_cut(rgb: Rgb, opinions: Opinions) -> Plane:
    """Tidy the outline by GrabCut (Rother 2004); the networks' stays where the cut strays far."""
    scale = min(1.0, _CUT_SIDE / max(rgb.shape[:2]))
    small = np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    seen = opinions.resized((small.shape[1], small.shape[0]))
    left, top, right, bottom = box_of(seen.mean, level=_SEED_LEVEL, margin=_CUT_MARGIN)
    part = np.s_[top:bottom, left:right]
    seeds = np.ascontiguousarray(_seeds(seen)[part])
    if len(np.unique(seeds & 1)) < 2:
        return opinions.mean
    whole, models = (0, 0, 0, 0), (np.zeros((1, 65)), np.zeros((1, 65)))
    # Its mixture models start from random numbers; the same photo must give the same cut.
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(
            np.ascontiguousarray(small[part]),
            seeds,
            whole,
            *models,
            _CUT_ROUNDS,
            cv2.GC_INIT_WITH_MASK,
        )
    except cv2.error:
        # Too few differing colours for its mixture models.
        return opinions.mean
    whole_cut = np.zeros(small.shape[:2], np.uint8)
    whole_cut[part] = seeds & 1
    cut = _believed(_main_parts(whole_cut), seen)
    size = (rgb.shape[1], rgb.shape[0])
    soft = cv2.GaussianBlur(cut.astype(np.float32), (0, 0), 0.7)
    large = cast("Plane", cv2.resize(soft, size, interpolation=cv2.INTER_CUBIC))
    return np.clip(large, 0, 1) if overlap(large, opinions.mean) > _SAME_OUTLINE else opinions.mean


def _seeds(opinions: Opinions) -> NDArray[np.uint8]:
    seeds = np.where(opinions.mean > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    inwards, outwards = (max(int(share * max(seeds.shape)), 2) for share in _UNSURE_RIM)
    seeds[_shrink_mask(opinions.low > 0.97, np.ones((inwards + 1,) * 2, np.uint8))] = cv2.GC_FGD
    seeds[~_grow(opinions.mean > _SEED_LEVEL, np.ones((2 * outwards + 1,) * 2, np.uint8))] = (
        cv2.GC_BGD
    )
    return seeds


def _believed(cut: Mask, opinions: Opinions) -> Mask:
    """Take back what colour alone has added to what the networks saw, or taken off, wrongly.

    Short slivers beyond their outline are blades of grass and dark gravel; a notch in what all
    are sure of, and a small hole deep inside, are band and print of the ground's colour. Handles
    and sleeves leave gaps near the outside.
    """
    seen = opinions.mean > 0.5
    broad = cv2.morphologyEx(cut.astype(np.uint8), cv2.MORPH_OPEN, _disk(_SLIVER)).astype(bool)
    beyond = cut & ~seen & ~broad
    outside, deep = _open_and_deep(cut)
    notches = outside & (opinions.low > _SURELY)
    return (cut & ~_short(beyond)) | notches | (deep & seen)


def _short(mask: Mask) -> Mask:
    """Give the parts that are no longer than a few slivers are wide: longer ones are straps."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    box = np.asarray(figures)[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    short = box.max(axis=1) <= _SLIVER_LENGTH
    short[0] = False
    return cast("Mask", short[labels])


def _open_and_deep(cut: Mask) -> tuple[Mask, Mask]:
    """Mark the ground outside, and holes farther from it or a gap than they are long."""
    labels = _components(~cut, connectivity=4)
    edge = np.unique(_on_frame(labels))
    outside = np.isin(labels, edge)
    deep = {n: labels == n for n in range(1, int(labels.max()) + 1) if n not in edge}
    open_, reached = outside, [0]
    while reached and deep:
        away = np.asarray(cv2.distanceTransform((~open_).astype(np.uint8), cv2.DIST_L2, 3))
        reached = [n for n, hole in deep.items() if away[hole].min() < _length(hole)]
        open_ = np.logical_or.reduce([open_, *(deep.pop(n) for n in reached)])
    return outside, np.logical_or.reduce([np.zeros_like(cut), *deep.values()])


def _length(area: Mask) -> int:
    """Give the longer side of an area's box."""
    rows, columns = np.nonzero(area)
    return int(max(np.ptp(rows), np.ptp(columns))) + 1


def _main_parts(cut: NDArray[np.uint8]) -> Mask:
    """Keep the parts with at least a hundredth of the largest one's area."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(cut)
    area = figures[:, cv2.CC_STAT_AREA]
    area[0] = 0
    return cast("Mask", (area > 0.01 * area.max())[labels])


def _components(mask: Mask, *, connectivity: int) -> Labels:
    """Number the connected parts of a mask from 1; 0 is the rest."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)
    return np.asarray(labels, dtype=np.int32)


def _members(labels: Labels, chosen: Labels) -> Mask:
    """Mark every pixel whose component number is among the chosen ones."""
    wanted = np.zeros(int(labels.max()) + 1, dtype=bool)
    wanted[np.unique(chosen)] = True
    return cast("Mask", wanted[labels])


def _disk(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2))


def _grow(mask: Mask, kernel: NDArray[np.uint8]) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)


def _shrink_mask(mask: Mask, kernel: NDArray[np.uint8]) -> Mask:
    return cv2.erode(mask.astype(np.uint8), kernel).astype(bool)
