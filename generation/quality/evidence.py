"""What the checks look at: the finished main file decoded again, and what it should show.

The expectation is made anew from the source photograph, not from the engine's own picture.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageCms

from generation.imaging.geometry import (
    Box,
    Placement,
    Region,
    moved,
    place,
    product_box,
    region_around,
    warp,
    warp_alpha,
)
from generation.imaging.metrics import Mask, eroded
from generation.imaging.shadow import shadow_zone
from generation.spec import PresetSpec
from generation.types import EncodedFile, Pixels, Prepared, Rendered

# Pixels this near the edge mix with the ground, in the smaller of source and canvas pixels.
_EDGE_PIXELS = 3
_RIM_PIXELS = 24


@dataclass(frozen=True, slots=True)
class Decoded:
    """The main file as a buyer's browser sees it: straight sRGB and alpha, and what it claims."""

    rgb: Pixels
    alpha: Pixels
    format: str
    has_profile: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is measured, gathered once. Pixels named "near" cover ``region`` alone."""

    prepared: Prepared
    rendered: Rendered
    spec: PresetSpec
    decoded: Decoded
    source_box: Box
    placement: Placement
    target_box: Box
    region: Region
    zone: Region | None
    expected_near: Pixels
    expected_alpha_near: Pixels
    decoded_near: Pixels
    comparable_near: Mask


def decode(file: EncodedFile) -> Decoded | None:
    """Decode a finished file again, or give None where it is broken."""
    try:
        with Image.open(io.BytesIO(file.data)) as image:
            rgba = np.asarray(image.convert("RGBA"))
            return Decoded(
                rgb=np.ascontiguousarray(rgba[..., :3]),
                alpha=np.ascontiguousarray(rgba[..., 3]),
                format=(image.format or "").lower(),
                has_profile=_is_srgb(image.info.get("icc_profile")),
            )
    except (OSError, SyntaxError, ValueError):
        return None


def _is_srgb(profile: bytes | None) -> bool:
    if not profile:
        return False
    try:
        return "sRGB" in ImageCms.getProfileDescription(
            ImageCms.ImageCmsProfile(io.BytesIO(profile))
        )
    except (OSError, ImageCms.PyCMSError):
        return False


def gather(prepared: Prepared, rendered: Rendered, spec: PresetSpec, decoded: Decoded) -> Evidence:
    """Re-create what the file should show, for a file of the size the preset asks for."""
    height, width = rendered.product.shape
    alpha, wish, transform = prepared.cutout.alpha, spec.composition, rendered.transform
    box = product_box(alpha)
    target = moved(box, transform)
    region = region_around(target, pad=_RIM_PIXELS, width=width, height=height)
    expected_alpha = warp_alpha(alpha, transform, region)
    reach = _EDGE_PIXELS + math.ceil(2 * max(1.0, transform.scale))
    return Evidence(
        prepared=prepared,
        rendered=rendered,
        spec=spec,
        decoded=decoded,
        source_box=box,
        placement=place(
            box,
            width=width,
            height=height,
            margin=wish.margin,
            anchor=wish.anchor,
            max_upscale=wish.max_upscale,
        ),
        target_box=target,
        region=region,
        zone=None if spec.shadow.type == "none" else shadow_zone(rendered.product, target),
        expected_near=warp(prepared.image.rgb, transform, region),
        expected_alpha_near=expected_alpha,
        decoded_near=decoded.rgb[region.slices],
        comparable_near=eroded(expected_alpha == 255, reach),
    )


def is_ground(rgba: Pixels, spec: PresetSpec, tolerance: int) -> Mask:
    """Say which pixels (uint8 H x W x 4) are the preset's ground within ``tolerance`` steps."""
    rgb = spec.background.rgb
    if rgb is None:
        return np.asarray(rgba[..., 3] <= tolerance)
    lowest = np.array([max(0, value - tolerance) for value in rgb], dtype=np.uint8)
    highest = np.array([min(255, value + tolerance) for value in rgb], dtype=np.uint8)
    found = cv2.inRange(np.ascontiguousarray(rgba[..., :3]), lowest, highest)
    return np.asarray(found, dtype=np.uint8) > 0


def is_shade(rgba: Pixels, spec: PresetSpec, tolerance: int) -> Mask:
    """Say which pixels are the ground or a darker shade of it, no tint, within ``tolerance``."""
    rgb = spec.background.rgb
    if rgb is None:
        dark = rgba[..., :3].max(axis=2) <= tolerance
        return np.asarray(dark | (rgba[..., 3] <= tolerance))
    ground = np.array(rgb, dtype=np.float32)
    shown = rgba[..., :3].astype(np.float32)
    light = np.minimum(shown.sum(axis=2) / max(float(ground.sum()), 1.0), 1.0)
    off = np.abs(shown - light[..., None] * ground).max(axis=2)
    return np.asarray(off <= tolerance)
