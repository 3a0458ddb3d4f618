"""The checks of the product itself: its pixels against the photograph's, and its edge."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from generation.imaging.metrics import (
    Floats,
    Mask,
    delta_e2000,
    detail,
    dilated,
    eroded,
    lab_of,
    mean_inside,
    ssim_map,
)
from generation.types import Check, Pixels

from .checks import judged, reject_if, review_if
from .evidence import Evidence, is_ground, is_shade
from .thresholds import Thresholds

_TILE = 16
# A tile with less of the product than this is judged with the mean, not alone.
_TILE_COVER = 0.25
# Colour is compared over this many pixels: about the finest an eye tells colours apart.
_GRAIN = 4
# How far an encoder may move a pixel beside an edge, in steps of 255.
_ENCODER_STEPS = 16
_RIM_PIXELS = 4
# Energy of fine detail that a good encoder's noise adds to a smooth surface.
_NOISE_FLOOR = 4.0
# Delta E between old and new ground, and product and old ground, from which a fringe is seen.
_VISIBLE_GROUND = 15.0


def check_product(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Are the product's pixels in the file the photograph's own?"""
    mask = seen.comparable_near
    opaque = int((seen.expected_alpha_near >= 128).sum())
    comparable = float(mask.sum()) / max(opaque, 1)
    yield judged(
        "comparable",
        value=comparable,
        threshold=limits.comparable,
        fails=review_if(comparable < limits.comparable),
        good="The product's pixels can be compared with the photo.",
        bad="The product is too thin or too clear to be compared with the photo by machine. "
        "Look at it yourself.",
    )
    if mask.any():
        yield from _check_likeness(seen, mask, limits)
        yield from _check_colours(seen, limits)
        yield _check_sharpness(seen, mask, limits)


def _check_likeness(seen: Evidence, mask: Mask, limits: Thresholds) -> Iterator[Check]:
    likeness = ssim_map(_gray(seen.expected_near), _gray(seen.decoded_near))
    mean = float(likeness[mask].mean())
    yield judged(
        "fidelity",
        value=mean,
        threshold=limits.fidelity,
        fails=reject_if(mean < limits.fidelity),
        good="The product looks exactly as in the photo.",
        bad="The product does not look as in the photo. Raise the preset's quality, "
        "or start the picture again.",
    )
    worst = float(_tile_means(likeness, mask, _TILE).min())
    yield judged(
        "local_detail",
        value=worst,
        threshold=limits.local_detail,
        fails=reject_if(worst < limits.local_detail),
        good="No detail of the product was changed.",
        bad="A detail of the product, such as its logo or print, was changed.",
    )


def _check_colours(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    colour = float(np.percentile(_colour_differences(seen, _GRAIN), 95))
    yield judged(
        "colour",
        value=colour,
        threshold=limits.colour,
        fails=reject_if(colour > limits.colour),
        good="The product's colours are those of the photo.",
        bad=f"The product's colours differ from the photo (Delta E {colour:.1f}). "
        "Raise the preset's quality, or choose jpeg or png.",
    )
    patch = float(_colour_differences(seen, _TILE).max())
    yield judged(
        "local_colour",
        value=patch,
        threshold=limits.local_colour,
        fails=reject_if(patch > limits.local_colour),
        good="No part of the product changed its colour.",
        bad="A part of the product changed its colour.",
    )


def _check_sharpness(seen: Evidence, mask: Mask, limits: Thresholds) -> Check:
    expected, actual = _gray(seen.expected_near), _gray(seen.decoded_near)
    ratio = (detail(actual, mask) + _NOISE_FLOOR) / (detail(expected, mask) + _NOISE_FLOOR)
    too_soft, too_sharp = ratio < limits.sharpness_low, ratio > limits.sharpness_high
    return judged(
        "sharpness",
        value=ratio,
        threshold=limits.sharpness_high if too_sharp else limits.sharpness_low,
        fails=reject_if(too_soft or too_sharp),
        good="The product is as sharp as in the photo.",
        bad="The product was blurred." if too_soft else "The product was over-sharpened.",
    )


def check_edge(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Is there a rim around the product, or the old ground's colour in its edge?"""
    halo = _halo(seen)
    yield judged(
        "halo",
        value=halo,
        threshold=limits.halo,
        fails=reject_if(halo > limits.halo),
        good="There is no rim around the product.",
        bad="There is a visible rim around the product.",
    )
    fringe = _fringe(seen)
    yield judged(
        "fringe",
        value=fringe,
        threshold=limits.fringe,
        fails=review_if(fringe > limits.fringe),
        good="Nothing of the old background is left at the edge.",
        bad="The old background shows at the product's edge. Check the outline, or use a photo "
        "on a plainer background.",
    )


def _halo(seen: Evidence) -> float:
    """The share of the rim just outside the product that is not the ground, or its shadow."""
    product = seen.expected_alpha_near
    rim = dilated(product > 8, 1 + _RIM_PIXELS) & ~dilated(product > 0, 1)
    shown = seen.decoded.pixels[seen.region.slices]
    strange = rim & ~is_ground(shown, seen.spec, _ENCODER_STEPS)
    if seen.zone is not None:
        shaded = np.zeros(seen.rendered.product.shape, dtype=np.bool_)
        shaded[seen.zone.slices] = True
        strange &= ~(shaded[seen.region.slices] & is_shade(shown, seen.spec, _ENCODER_STEPS))
    return int(strange.sum()) / max(int(rim.sum()), 1)


def _fringe(seen: Evidence) -> float:
    """The share of the product's outermost pixels that are nearer to the old ground than to it.

    Measured at half size, on the line from the product's colour just inside to the old
    ground's just outside, where both differ visibly, and the old ground from the new.
    """
    size = (seen.decoded_near.shape[1] // 2, seen.decoded_near.shape[0] // 2)
    shown, source = (
        np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        for rgb in (seen.decoded_near, seen.expected_near)
    )
    alpha = np.asarray(
        cv2.resize(seen.expected_alpha_near, size, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
    solid = alpha >= 200
    inside, has_inside = mean_inside(shown, eroded(solid, 4), 8)
    ground, has_ground = mean_inside(source, eroded(alpha < 8, 2), 8)
    edge = solid & ~eroded(solid, 2) & has_inside & has_ground
    if not edge.any():
        return 0.0
    product_lab, ground_lab, edge_lab = (
        lab_of(rgb[edge][None])[0] for rgb in (inside, ground, shown.astype(np.float32))
    )
    new = seen.spec.background.rgb or (255, 255, 255)
    new_lab = lab_of(np.array([[new]], dtype=np.float32))[0, 0]
    way = ground_lab - product_lab
    length = np.linalg.norm(way, axis=1)
    along = ((edge_lab - product_lab) * way).sum(axis=1) / np.maximum(length, 1e-3) ** 2
    beside = np.linalg.norm(edge_lab - product_lab - along[:, None] * way, axis=1)
    old_is_visible = np.linalg.norm(ground_lab - new_lab, axis=1) > _VISIBLE_GROUND
    is_old = (along > 0.6) & (beside < 0.4 * length) & (length > _VISIBLE_GROUND) & old_is_visible
    return float(is_old.mean())


def _gray(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _colour_differences(seen: Evidence, side: int) -> Floats:
    """CIEDE2000 of the product's mean colours, tile by tile of ``side`` pixels.

    Averaging first is what the eye does with encoder noise (as in S-CIELAB: Zhang, Wandell,
    "A spatial extension of CIELAB", SID 1996); single pixels of a good JPEG differ by 5.
    """
    one, other = (
        lab_of(_tile_means(rgb, seen.comparable_near, side))
        for rgb in (seen.expected_near, seen.decoded_near)
    )
    return delta_e2000(one, other)


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
