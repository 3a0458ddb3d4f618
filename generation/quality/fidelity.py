"""The checks of the product itself: its pixels in the file against the photograph's."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from generation.imaging.metrics import Floats, Mask, delta_e2000, detail, lab_of, ssim_map
from generation.types import Check, Pixels

from .checks import judged, reject_if, review_if, worst_of
from .evidence import Evidence, Sight
from .thresholds import Thresholds

_TILE = 16
# A tile with less of the product than this is judged with the mean, not alone.
_TILE_COVER = 0.25
# Colour is compared over this many pixels a side. Eight-bit YCbCr alone, before any compression,
# moves single pixels of dark goods by up to 1.1.
_GRAIN = 2
# A 95th percentile of this many differs from that of all by less than 0.01.
_SAMPLES = 60_000
# Energy of fine detail that a good encoder's noise adds to a smooth surface.
_NOISE_FLOOR = 4.0


def check_product(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Are the products' pixels in the file the photographs' own?"""
    locked = tuple(seen.locked)
    if not locked:
        return
    yield worst_of(_check_comparable(sight, limits) for sight in locked)
    by_name: dict[str, list[Check]] = {}
    for sight in locked:
        for check in _check_pixels(sight, limits):
            by_name.setdefault(check.name, []).append(check)
    yield from map(worst_of, by_name.values())


def _check_comparable(sight: Sight, limits: Thresholds) -> Check:
    opaque = int((sight.visible >= 128).sum())
    comparable = float(sight.comparable.sum()) / max(opaque, 1)
    return judged(
        "comparable",
        value=comparable,
        threshold=limits.comparable,
        fails=review_if(comparable < limits.comparable),
        good="The product's pixels can be compared with the photo.",
        bad="The product is too thin, too clear or too hidden to be compared with the photo by "
        "machine. Look at it yourself.",
    )


def _check_pixels(sight: Sight, limits: Thresholds) -> Iterator[Check]:
    if not sight.comparable.any():
        return
    yield from _check_likeness(sight, limits)
    yield from _check_colours(sight, limits)
    yield _check_sharpness(sight, limits)


def _check_likeness(sight: Sight, limits: Thresholds) -> Iterator[Check]:
    likeness = ssim_map(_gray(sight.expected), _gray(sight.shown))
    mean = float(likeness[sight.comparable].mean())
    yield judged(
        "fidelity",
        value=mean,
        threshold=limits.fidelity,
        fails=reject_if(mean < limits.fidelity),
        good="The product looks exactly as in the photo.",
        bad="The product does not look as in the photo. Raise the preset's quality, "
        "or start the picture again.",
    )
    worst = float(_tile_means(likeness, sight.comparable, _TILE).min())
    yield judged(
        "local_detail",
        value=worst,
        threshold=limits.local_detail,
        fails=reject_if(worst < limits.local_detail),
        good="No detail of the product was changed.",
        bad="A detail of the product, such as its logo or print, was changed.",
    )


def _check_colours(sight: Sight, limits: Thresholds) -> Iterator[Check]:
    colour = float(np.percentile(_colour_differences(sight, _GRAIN, most=_SAMPLES), 95))
    yield judged(
        "colour",
        value=colour,
        threshold=limits.colour,
        fails=reject_if(colour > limits.colour),
        good="The product's colours are those of the photo.",
        bad=f"The product's colours differ from the photo (Delta E {colour:.1f}). "
        "Raise the preset's quality, or choose jpeg or png.",
    )
    patch = float(_colour_differences(sight, _TILE).max())
    yield judged(
        "local_colour",
        value=patch,
        threshold=limits.local_colour,
        fails=reject_if(patch > limits.local_colour),
        good="No part of the product changed its colour.",
        bad="A part of the product changed its colour.",
    )


def _check_sharpness(sight: Sight, limits: Thresholds) -> Check:
    expected, shown = (
        detail(_gray(rgb), sight.comparable) for rgb in (sight.expected, sight.shown)
    )
    ratio = (shown + _NOISE_FLOOR) / (expected + _NOISE_FLOOR)
    too_soft, too_sharp = ratio < limits.sharpness_low, ratio > limits.sharpness_high
    return judged(
        "sharpness",
        value=ratio,
        threshold=limits.sharpness_high if too_sharp else limits.sharpness_low,
        fails=reject_if(too_soft or too_sharp),
        good="The product is as sharp as in the photo.",
        bad="The product was blurred." if too_soft else "The product was over-sharpened.",
    )


def _gray(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _colour_differences(sight: Sight, side: int, *, most: int | None = None) -> Floats:
    """CIEDE2000 of the product's mean colours, tile by tile of ``side`` pixels.

    Of more than ``most`` tiles, evenly spread ones are taken.

    Averaging first is what the eye does with encoder noise (as in S-CIELAB: Zhang, Wandell,
    "A spatial extension of CIELAB", SID 1996).
    """
    one, other = (_tile_means(rgb, sight.comparable, side) for rgb in (sight.expected, sight.shown))
    step = 1 if most is None else max(1, one.shape[1] // most)
    return delta_e2000(lab_of(one[:, ::step]), lab_of(other[:, ::step]))


def _tile_means(values: Floats | Pixels, mask: Mask, side: int) -> Floats:
    """The means of values (H x W x C) inside the mask, 1 x N x C: one for each tile with enough."""
    height, width = (length // side * side for length in mask.shape)
    small = (max(1, width // side), max(1, height // side))
    inside = mask[:height, :width].astype(np.uint8)
    cover = cv2.resize(inside.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    kept = cv2.copyTo(np.ascontiguousarray(values[:height, :width]), inside)
    sums = cv2.resize(kept.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    sums = sums.reshape(*cover.shape, -1)
    enough = cover >= min(_TILE_COVER, float(cover.max()))
    return np.asarray(sums[enough] / cover[enough][:, None], np.float32)[None]
