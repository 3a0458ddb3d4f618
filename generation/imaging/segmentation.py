"""Which pixels are the product: networks, ground colour and matting in their order.

Works on a picture of about a thousand pixels; `generation.preprocessing.cutout` brings the
result to full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from .border_model import BorderModel, fit_border
from .fuse import PLAIN, Fused, Opinions, contrast_of, fuse_colour, graph_cut
from .pixels import Mask, Plane, Rgb
from .saliency import Network, look_twice, overlap
from .trimap import refine

# Without a network, colour alone must be far clearer than when it only corrects one.
_LEAST_CONTRAST_ALONE = 5.0
# Faint traces beside the object, in shares of its area: only a shadow may leave many, since a
# white garment with a dark print looks like a print with faint traces around it.
_MOST_TRACES, _MOST_SHADE = 0.02, 1.5
_OBJECT_STEPS = 2.2
_SMALLEST_PART = 0.02
_SMALLEST_OBJECT = 0.002


@dataclass(frozen=True, slots=True)
class Segmentation:
    """`alpha` (float32 H x W, 0..1) and how much it is worth.

    `agreement` is the overlap of the two networks (1 with one of them), `stability` that of the
    networks and the finished mask; both 0..1. `may_have_gaps`: parts have the ground's colour and
    could be ground.
    """

    alpha: Plane
    agreement: float
    stability: float
    may_have_gaps: bool = False


def segment(rgb: Rgb, networks: Sequence[Network]) -> Segmentation | None:
    """Find the product in a picture (uint8 H x W x 3 sRGB); None where there is none to be seen.

    With no networks, only a clear object on a plain ground is found.
    """
    border = fit_border(rgb)
    if not networks:
        return _by_colour(rgb, border)
    planes = [look_twice(rgb, network) for network in networks]
    opinions = Opinions.of(planes, leading=[network.is_fine for network in networks])
    plain = border.confidence >= PLAIN
    fused = fuse_colour(opinions, border) if plain else Fused(graph_cut(rgb, opinions), False)
    alpha = refine(rgb, fused.alpha)
    if np.mean(alpha > 0.5) < _SMALLEST_OBJECT:
        return None
    agreement = overlap(planes[0], planes[-1])
    stability = overlap(opinions.mean, alpha)
    return Segmentation(alpha, agreement, stability, may_have_gaps=fused.may_have_gaps)


def _by_colour(rgb: Rgb, border: BorderModel) -> Segmentation | None:
    if border.confidence < PLAIN:
        return None
    different = (border.distance > _OBJECT_STEPS * border.threshold) & ~border.shadow
    mask = _solid(_large_parts(different))
    contrast, _ = contrast_of(border, mask)
    if contrast < _LEAST_CONTRAST_ALONE or not _SMALLEST_OBJECT < np.mean(mask) < 0.9:
        return None
    if _has_faint_parts(mask, border):
        return None
    size = (rgb.shape[1], rgb.shape[0])
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)
    rough = cast("Plane", cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR))
    alpha = refine(rgb, rough)
    return Segmentation(alpha, agreement=1.0, stability=overlap(rough, alpha))


def _has_faint_parts(mask: Mask, border: BorderModel) -> bool:
    """Tell whether more of the object seems to hide in the ground than colour can show."""
    near = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    faint = (border.distance > border.threshold) & ~near
    area = np.count_nonzero(mask)
    shade = np.count_nonzero(faint)
    traces = np.count_nonzero(faint & ~border.shadow)
    return bool(traces > _MOST_TRACES * area or shade > _MOST_SHADE * area)


def _large_parts(mask: Mask) -> Mask:
    """Keep the parts with at least a fiftieth of the largest one's area."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    area = figures[:, cv2.CC_STAT_AREA]
    area[0] = 0
    return cast("Mask", ((area > _SMALLEST_PART * area.max()) & (area > 0))[labels])


def _solid(mask: Mask) -> Mask:
    """Close cracks and fill speckles; real holes, larger than a hundredth of the object, stay."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, labels, figures, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    small = figures[:, cv2.CC_STAT_AREA] < 0.01 * max(int(closed.sum()), 1)
    return cast("Mask", closed.astype(bool) | (small[labels] & ~closed.astype(bool)))
