"""The checks of a photograph that was lit anew or enlarged: everything else must still be there."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from generation.imaging.enlarged import added_detail, reduced
from generation.imaging.geometry import Region, warp
from generation.imaging.metrics import Floats, delta_e2000, lab_of, ssim_map
from generation.imaging.recolour import linear
from generation.types import Check, Pixels

from .checks import judged, reject_if, review_if
from .evidence import Evidence
from .thresholds import Thresholds

_TILE = 16
_DARKEST = 0.01
# The tenth of a picture with the finest detail; smooth walls are alike whatever was done to them.
_DETAILED = 90


def check_relit(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Was only the light changed: no colour, no detail?"""
    source, shown = photograph_of(seen), np.ascontiguousarray(seen.decoded.pixels[..., :3])
    ratio = _brightening(source, shown)
    tint = _tint(ratio)
    yield judged(
        "relit_tint",
        value=tint,
        threshold=limits.relit_tint,
        fails=reject_if(tint > limits.relit_tint),
        good="Only the light was changed, no colour.",
        bad="The new light changed the product's colours.",
    )
    texture = _texture(source, shown)
    yield judged(
        "relit_texture",
        value=texture,
        threshold=limits.relit_texture,
        fails=reject_if(texture < limits.relit_texture),
        good="Every detail of the photo is still there.",
        bad="The new light changed details of the photo.",
    )


def check_size(seen: Evidence) -> Check:
    """Had the photograph the pixels that its files ask for? Nothing here adds detail to it."""
    photo, allowed = seen.prepared.image, seen.spec.composition.max_upscale
    scale = seen.rendered.placed[0].transform.scale
    return judged(
        "upscale",
        value=scale,
        threshold=allowed,
        fails=review_if(scale > allowed),
        good="The photo is large enough.",
        bad=f"The photo is small, {photo.width} x {photo.height} pixels, and was enlarged "
        f"{scale:.1f} times. Upload a larger photo, or use the picture as it is.",
    )


def check_enlarged(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Is the larger picture the photograph, once it is reduced again?"""
    source = seen.prepared.image.rgb
    small = reduced(seen.decoded.pixels[..., :3], (source.shape[1], source.shape[0]))
    difference = delta_e2000(lab_of(_pairs(small)), lab_of(_pairs(source.astype(np.float32))))
    most = float(np.percentile(difference, 95))
    yield judged(
        "back_projection",
        value=most,
        threshold=limits.back_projection,
        fails=reject_if(most > limits.back_projection),
        good="Reduced again, the picture is the photo.",
        bad=f"The larger picture is not the photo any more (Delta E {most:.1f}).",
    )
    height, width = difference.shape
    tiles = (max(1, width // 4), max(1, height // 4))
    worst = float(cv2.resize(difference, tiles, interpolation=cv2.INTER_AREA).max())
    yield judged(
        "back_projection_local",
        value=worst,
        threshold=limits.back_projection_local,
        fails=reject_if(worst > limits.back_projection_local),
        good="No detail of the photo became another one.",
        bad="A detail of the photo became another one when it was enlarged.",
    )
    yield from _check_added(np.ascontiguousarray(seen.decoded.pixels[..., :3]), source, limits)


def _check_added(shown: Pixels, source: Pixels, limits: Thresholds) -> Iterator[Check]:
    """Is there no more detail than a photograph of such contrast can have?

    The picture is held to the photograph, so noise, too, is the photograph once it is reduced.
    """
    added = added_detail(shown, source)
    most, worst = float(np.median(added)), float(added.max())
    yield judged(
        "added_detail",
        value=most,
        threshold=limits.added_detail,
        fails=reject_if(most > limits.added_detail),
        good="No more detail was added than suits the photo.",
        bad="Noise or a texture that the photo does not have was added all over the picture.",
    )
    yield judged(
        "added_detail_local",
        value=worst,
        threshold=limits.added_detail_local,
        fails=review_if(worst > limits.added_detail_local),
        good="Nowhere was more detail added than suits the photo there.",
        bad="A part of the picture has a texture that the photo does not have. Compare the two.",
    )


def photograph_of(seen: Evidence) -> Pixels:
    """The whole photograph where the picture must show it: uint8 of the canvas."""
    height, width = seen.rendered.product.shape
    whole = Region(0, 0, width, height)
    return warp(seen.prepared.image.rgb, seen.rendered.transform, whole)


def _brightening(source: Pixels, shown: Pixels) -> Floats:
    """How many times brighter each tile became, per channel; dark tiles say nothing: N x 3."""
    means = [
        cv2.resize(linear(rgb), _tiles(rgb), interpolation=cv2.INTER_AREA)
        for rgb in (source, shown)
    ]
    bright = (means[0] > _DARKEST).all(axis=2) & (means[1] > _DARKEST).all(axis=2)
    return np.asarray(means[1][bright] / means[0][bright], np.float32)


def _tint(ratio: Floats) -> float:
    if not ratio.size:
        return 0.0
    spread = (ratio.max(axis=1) - ratio.min(axis=1)) / ratio.mean(axis=1)
    return float(np.percentile(spread, 95))


def _texture(source: Pixels, shown: Pixels) -> float:
    """SSIM of both with their slow change of brightness taken out, where the source has detail."""
    flat = [_flattened(gray_of(rgb)) for rgb in (source, shown)]
    energy = np.abs(cv2.Laplacian(flat[0], cv2.CV_32F, ksize=3))
    detailed = energy >= np.percentile(energy, _DETAILED)
    return float(ssim_map(flat[0], flat[1])[detailed].mean())


def _flattened(gray: Pixels) -> Pixels:
    values = gray.astype(np.float32) + 4.0
    slow = cv2.GaussianBlur(values, (0, 0), max(gray.shape) / 40)
    return np.asarray(np.clip(128.0 * values / slow, 0, 255), np.uint8)


def _tiles(rgb: Pixels) -> tuple[int, int]:
    return max(1, rgb.shape[1] // _TILE), max(1, rgb.shape[0] // _TILE)


def _pairs(rgb: Floats) -> Floats:
    """Means of 2 x 2 pixels: single ones waver with the encoder."""
    size = (max(1, rgb.shape[1] // 2), max(1, rgb.shape[0] // 2))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)


def gray_of(pixels: Pixels) -> Pixels:
    """The brightness of uint8 H x W x 3 or 4: uint8 H x W."""
    rgb = np.ascontiguousarray(pixels[..., :3])
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
