"""The checks of a product's outline: a rim around it, and the old ground's colour in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from generation.imaging.compose import bleed
from generation.imaging.geometry import region_around, warp
from generation.imaging.metrics import Floats, Mask, dilated, eroded, lab_of, mean_inside
from generation.imaging.outline import astray
from generation.types import Check, Pixels

from .checks import judged, reject_if, review_if, worst_of
from .evidence import Evidence, Sight, is_taken_off
from .grounds import ENCODER_STEPS, may_mirror, near
from .thresholds import Thresholds

_RIM_PIXELS = 4
# Reach of the resampling past an edge, in pixels of the coarser grid.
_KERNEL = 3.0
# How wide a fringe, and how deep the product's own colour is looked for, at half size.
_FRINGES = ((2, 4), (4, 10))
# Delta E between old and new ground, and product and old ground, from which a fringe is seen.
_VISIBLE_GROUND = 15.0
# Weights of ITU-R BT.601, as in JPEG.
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def check_edge(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Is there a rim around a product, or the old ground's colour in its edge?"""
    yield worst_of(_check_halo(seen, sight, limits) for sight in seen.sights)
    locked = tuple(seen.locked)
    if seen.rendered.ground is not None and locked:
        yield worst_of(_check_blend(seen, sight, limits) for sight in locked)
    if locked:
        yield worst_of(_check_fringe(seen, sight, limits) for sight in locked)
    # A form is cut out with its garment.
    asked = [sight for sight in locked if sight.had_ground]
    if asked and not is_taken_off(seen.spec):
        yield worst_of(_check_outline(sight, limits) for sight in asked)


def _check_halo(seen: Evidence, sight: Sight, limits: Thresholds) -> Check:
    halo = _halo(seen, sight)
    return judged(
        "halo",
        value=halo,
        threshold=limits.halo,
        fails=reject_if(halo > limits.halo),
        good="There is no rim around the product.",
        bad="There is a visible rim around the product.",
    )


def _check_blend(seen: Evidence, sight: Sight, limits: Thresholds) -> Check:
    step = _blend_step(seen, sight)
    limit = limits.blend_taken_off if is_taken_off(seen.spec) else limits.blend
    return judged(
        "blend",
        value=step,
        threshold=limit,
        fails=reject_if(step > limit),
        good="The product's edge blends into the background as it should.",
        bad="The product's edge is lighter or darker than the product and its background explain.",
    )


def _check_fringe(seen: Evidence, sight: Sight, limits: Thresholds) -> Check:
    fringe = _fringe(seen, sight)
    return judged(
        "fringe",
        value=fringe,
        threshold=limits.fringe,
        fails=review_if(fringe > limits.fringe),
        good="Nothing of the old background is left at the edge.",
        bad="The old background shows at the product's edge. Check the outline, or use a photo "
        "on a plainer background.",
    )


def _check_outline(sight: Sight, limits: Thresholds) -> Check:
    share = astray(sight.item.image.rgb, sight.alpha)
    return judged(
        "outline",
        value=share,
        threshold=limits.outline,
        fails=review_if(share > limits.outline),
        good="The outline follows the product's edge.",
        bad="The outline does not follow the product's edge: old background may be left, or a "
        "part of the product lost. Check the outline.",
    )


def _halo(seen: Evidence, sight: Sight) -> float:
    """The share of the rim just outside the products that is not what was laid behind them."""
    product = seen.rendered.product[sight.region.slices]
    rim = dilated(sight.visible > 8, 1 + _RIM_PIXELS) & ~dilated(product > 0, 1)
    strange = rim & ~_shows_ground(seen, sight)
    return int(strange.sum()) / max(int(rim.sum()), 1)


def _shows_ground(seen: Evidence, sight: Sight) -> Mask:
    here = sight.region.slices
    if seen.rendered.ground is not None:
        return near(sight.shown, seen.rendered.ground[here], ENCODER_STEPS)
    rgba = seen.decoded.pixels[here]
    if seen.spec.shadow.type == "none":
        return np.asarray(rgba[..., 3] <= ENCODER_STEPS)
    is_dark = rgba[..., :3].max(axis=2) <= ENCODER_STEPS
    return np.asarray((rgba[..., 3] <= ENCODER_STEPS) | is_dark) | may_mirror(seen)[here]


def _blend_step(seen: Evidence, sight: Sight) -> float:
    """95th percentile of the step in luminance from the model of the edge, in steps of 255.

    The model is the cut-out's own colour over the ground, by its alpha, from 4 pixels inside
    the outline to 4 outside, where no other product is near.
    """
    assert seen.rendered.ground is not None  # noqa: S101 -- asked for by check_edge alone
    alpha = sight.expected_alpha
    ring = dilated(alpha > 0, _RIM_PIXELS) & ~eroded(alpha == 255, _RIM_PIXELS)
    ring &= ~dilated(seen.covered_by_others(sight) > 0, _RIM_PIXELS)
    if not ring.any():
        return 0.0
    color = _own_colour(sight)[ring]
    ground = seen.rendered.ground[sight.region.slices][ring].astype(np.float32)
    weight = alpha[ring].astype(np.float32)[:, None] / 255.0
    model = color * weight + ground * (1.0 - weight)
    step = (sight.shown[ring].astype(np.float32) - model) @ _LUMINANCE
    return float(np.percentile(np.abs(step), 95))


def _own_colour(sight: Sight) -> Pixels:
    """The cut-out's colours on the canvas, carried past the edge as any resampling needs them."""
    transform = sight.placed.transform
    height, width = sight.alpha.shape
    rim = math.ceil(_KERNEL * max(1.0, 1.0 / transform.scale)) + 1
    near_box = region_around(sight.source_box, pad=rim, width=width, height=height)
    bled = bleed(sight.color[near_box.slices], sight.alpha[near_box.slices], rim)
    local = replace(
        transform,
        dx=transform.dx + transform.scale * near_box.left,
        dy=transform.dy + transform.scale * near_box.top,
    )
    return warp(bled, local, sight.region)


def _fringe(seen: Evidence, sight: Sight) -> float:
    """The share of the product's outermost pixels that are nearer to the old ground than to it.

    Measured at half size, on the line from the product's colour further inside to the old
    ground's just outside, where both differ visibly, and the old ground from the new; once for
    a thin fringe and once for a wide one.
    """
    shown, source, new = (_halved(rgb) for rgb in (sight.shown, sight.expected, seen.behind(sight)))
    alpha, visible = _halved(sight.expected_alpha), _halved(sight.visible) >= 200
    ground, has_ground = mean_inside(source, eroded(alpha < 8, 2), 8)
    solid = alpha >= 200
    shares = [0.0]
    for band, depth in _FRINGES:
        inside, has_inside = mean_inside(shown, eroded(solid, depth), max(8, depth))
        edge = solid & ~eroded(solid, band) & visible & has_inside & has_ground
        if not edge.any():
            continue
        product_lab, old_lab, edge_lab, new_lab = (
            lab_of(rgb[edge][None].astype(np.float32))[0] for rgb in (inside, ground, shown, new)
        )
        shares.append(float(is_old(edge_lab, product_lab, old_lab, new_lab).mean()))
    return max(shares)


def is_old(edge: Floats, product: Floats, old: Floats, new: Floats) -> Mask:
    """Say which pixels of an edge look like the old ground rather than the product (Lab, N x 3).

    Where the old ground cannot be told from the product or from the new one, none does.
    """
    way = old - product
    length = np.linalg.norm(way, axis=1)
    along = ((edge - product) * way).sum(axis=1) / np.maximum(length, 1e-3) ** 2
    beside = np.linalg.norm(edge - product - along[:, None] * way, axis=1)
    is_visible = np.linalg.norm(old - new, axis=1) > _VISIBLE_GROUND
    on_the_way = (along > 0.6) & (beside < 0.4 * length) & (length > _VISIBLE_GROUND)
    return np.asarray(on_the_way & is_visible)


def _halved(pixels: Pixels) -> Pixels:
    size = (max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)
