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
    """The main file as a buyer's browser sees it, and what it claims.

    ``pixels`` is uint8 sRGB, H x W x 3, or H x W x 4 with straight alpha.
    """

    pixels: Pixels
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
            mode = "RGBA" if image.has_transparency_data else "RGB"
            return Decoded(
                pixels=np.asarray(image.convert(mode)),
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
        decoded_near=np.ascontiguousarray(decoded.pixels[region.slices][..., :3]),
        comparable_near=eroded(expected_alpha == 255, reach),
    )


def is_ground(pixels: Pixels, spec: PresetSpec, tolerance: int) -> Mask:
    """Say which pixels are the preset's ground within ``tolerance`` steps.

    ``pixels`` is uint8 H x W x 4, or H x W x 3 where the ground is opaque.
    """
    rgb = spec.background.rgb
    if rgb is None:
        return np.asarray(pixels[..., 3] <= tolerance)
    lowest, highest = [max(0, v - tolerance) for v in rgb], [min(255, v + tolerance) for v in rgb]
    if pixels.shape[2] == 4:
        lowest, highest = [*lowest, 0], [*highest, 255]
    found = cv2.inRange(pixels, np.array(lowest, np.uint8), np.array(highest, np.uint8))
    return np.asarray(found, dtype=np.uint8) > 0


def is_shade(pixels: Pixels, spec: PresetSpec, tolerance: int) -> Mask:
    """Say which pixels (as in `is_ground`) are the ground or a darker shade of it.

    A tint, or a pixel lighter than the ground, is neither.
    """
    rgb = spec.background.rgb
    if rgb is None:
        black = cv2.inRange(pixels, np.zeros(4), np.array([tolerance] * 3 + [255], np.float64))
        return (np.asarray(black) > 0) | (pixels[..., 3] <= tolerance)
    shown = [pixels[..., channel].astype(np.float32) for channel in range(3)]
    light = np.minimum((shown[0] + shown[1] + shown[2]) / max(sum(rgb), 1), 1.0)
    close = [
        np.abs(plane - light * ground) <= tolerance
        for plane, ground in zip(shown, rgb, strict=True)
    ]
    return np.asarray(close[0] & close[1] & close[2])
