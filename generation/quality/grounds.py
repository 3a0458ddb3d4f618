"""The checks of everything that is not product: the ground, its shadows, and the file's copy of it.

The engine says what it laid behind the products (``Rendered.ground``); that is held against the
ground that the preset orders, made anew, and the picture against it everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from generation.imaging import grounds
from generation.imaging.metrics import Mask, dilated, eroded
from generation.imaging.mirror import mirror_zone
from generation.types import Check, Pixels

from .checks import judged, reject_if
from .evidence import Evidence
from .thresholds import Thresholds

_ROUNDING = 2
# Encoders ring within their 8-pixel blocks (16 with halved colour) around an edge.
_RINGING = 16
# How far an encoder may move a pixel of a textured ground, in steps of 255.
ENCODER_STEPS = 16

_CLEAN = "The background is clean."
_DIRTY = "The background is not clean: it has marks or a tint where it should be plain."


def check_ground(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Is everything that is not product the ground that was ordered, and nothing else?"""
    rendered = seen.rendered
    free = ~dilated(rendered.product > 0, _ROUNDING)
    ground = rendered.ground
    kept = _is_clear(seen) if ground is None else near(_opaque(rendered.rgba), ground, 0)
    before = _share(kept, free)
    yield judged(
        "background",
        value=before,
        threshold=limits.background,
        fails=reject_if(before < limits.background),
        good=_CLEAN,
        bad=_DIRTY,
    )
    yield _check_encoded(seen, limits)
    ordered = _ordered(seen)
    if ground is not None and ordered is not None:
        yield from _check_ordered(seen, ground, ordered, limits)


def _ordered(seen: Evidence) -> Pixels | None:
    """The preset's ground without shadows, made anew; None for scenes and transparency."""
    background = seen.spec.background
    height, width = seen.rendered.product.shape
    if not seen.spec.has_plain_ground:
        return None
    if background.rgb is not None:
        return grounds.plain(background.rgb, width=width, height=height)
    if background.gradient is None:
        return None
    shape = background.shape or "radial"
    return grounds.gradient(background.gradient, shape, width=width, height=height)


def _check_encoded(seen: Evidence, limits: Thresholds) -> Check:
    shown, ground = seen.decoded.pixels, seen.rendered.ground
    far = ~dilated(seen.rendered.product > 0, _RINGING)
    if ground is None:
        kept = np.asarray(cv2.absdiff(shown[..., 3], seen.rendered.rgba[..., 3]) <= 1)
    else:
        steps = cv2.absdiff(_opaque(shown), ground)
        kept = _within(steps, ENCODER_STEPS)
        if seen.spec.has_plain_ground and seen.spec.background.rgb is not None:
            plain = eroded(_is_exactly(ground, seen.spec.background.rgb), _RINGING)
            kept &= _within(steps, 1) | ~plain
    after = _share(kept, far)
    return judged(
        "background_encoded",
        value=after,
        threshold=limits.background_encoded,
        fails=reject_if(after < limits.background_encoded),
        good="The background stays clean in the file.",
        bad="Saving the file made the background dirty. Raise the preset's quality.",
    )


def _check_ordered(
    seen: Evidence, ground: Pixels, ordered: Pixels, limits: Thresholds
) -> Iterator[Check]:
    """The ground is exactly the one that was ordered, or a neutral shade of it in a shadow."""
    is_plain = near(ground, ordered, 0) | _behind_glass(seen)
    if seen.spec.shadow.type in ("none", "contact", "drop"):
        corners = is_plain[:: is_plain.shape[0] - 1, :: is_plain.shape[1] - 1]
        yield judged(
            "corners",
            value=corners.sum(),
            threshold=4,
            fails=reject_if(not corners.all()),
            good="All four corners show the background.",
            bad="A corner of the picture does not show the background.",
        )
    if seen.spec.shadow.type == "none":
        share = float(is_plain.mean())
        yield judged(
            "plain",
            value=share,
            threshold=limits.background,
            fails=reject_if(share < limits.background),
            good="The background has the colour that was ordered.",
            bad=_DIRTY,
        )
    elif seen.spec.shadow.type != "reflection":
        shaded = ~is_plain
        neutral = _is_shade(ground[shaded], ordered[shaded], _ROUNDING)
        value = float(neutral.mean()) if neutral.size else 1.0
        yield judged(
            "shadow",
            value=value,
            threshold=limits.shadow,
            fails=reject_if(value < limits.shadow),
            good="The shadow is neutral.",
            bad="There are marks or colours in the shadow around the product.",
        )


def _behind_glass(seen: Evidence) -> Mask:
    """Where see-through goods dim and tint the ground, as they should."""
    has_glass = any(sight.item.cutout.transmission is not None for sight in seen.sights)
    return np.asarray(dilated(seen.rendered.product > 0, _ROUNDING) & has_glass)


def near(one: Pixels, other: Pixels, steps: int) -> Mask:
    """Say which pixels of two uint8 H x W x 3 pictures differ by ``steps`` at most."""
    return _within(cv2.absdiff(np.ascontiguousarray(one), np.ascontiguousarray(other)), steps)


def _within(difference: cv2.typing.MatLike, steps: int) -> Mask:
    return np.asarray(cv2.inRange(difference, (0, 0, 0), (steps, steps, steps))) > 0


def _is_shade(pixels: Pixels, bare: Pixels, tolerance: int) -> Mask:
    """Say which pixels are those of a bare ground or darker shades of them (both uint8 N x 3).

    A tint, or a pixel lighter than the ground, is neither.
    """
    shown, lit = pixels.astype(np.float32), bare.astype(np.float32)
    sums = [colors[..., 0] + colors[..., 1] + colors[..., 2] for colors in (shown, lit)]
    light = np.minimum(sums[0] / np.maximum(sums[1], 1.0), 1.0)
    close = [
        np.abs(shown[..., channel] - light * lit[..., channel]) <= tolerance for channel in range(3)
    ]
    return np.asarray(close[0] & close[1] & close[2])


def _is_clear(seen: Evidence) -> Mask:
    """On transparency: nothing at all, or a shadow, which is black."""
    rgba = seen.rendered.rgba
    if seen.spec.shadow.type == "none":
        return np.asarray(rgba[..., 3] == 0)
    is_black = np.asarray((rgba[..., 3] == 0) | (rgba[..., :3].max(axis=2) == 0))
    return is_black | may_mirror(seen)


def may_mirror(seen: Evidence) -> Mask:
    """Say where on transparency the products' mirror images may be, in their own colours."""
    height, width = seen.rendered.product.shape
    allowed = np.zeros((height, width), dtype=np.bool_)
    if seen.spec.shadow.type == "reflection":
        for sight in seen.sights:
            allowed[mirror_zone(sight.target_box, width=width, height=height).slices] = True
    return allowed


def _opaque(pixels: Pixels) -> Pixels:
    """Without the alpha channel, if there is one."""
    if pixels.shape[2] == 3:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), dtype=np.uint8)


def _is_exactly(pixels: Pixels, rgb: tuple[int, int, int]) -> Mask:
    return np.asarray(cv2.inRange(pixels, rgb, rgb)) > 0


def _share(good: Mask, among: Mask) -> float:
    """The share of good pixels among some; 1.0 where there are none to judge."""
    count = int(np.count_nonzero(among))
    return int(np.count_nonzero(good & among)) / count if count else 1.0
