"""The checks: each compares one figure with its limit and says so in a merchant's words."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from generation.imaging.geometry import product_box
from generation.imaging.metrics import Mask, dilated, overlap
from generation.spec import PresetSpec
from generation.types import Check, EncodedFile, Pixels, Verdict

from .evidence import Decoded, Evidence, is_ground, is_shade
from .thresholds import Thresholds

# Encoders ring within their 8-pixel blocks (16 with halved colour) around an edge.
_RINGING = 16
_ROUNDING = 2


def judged(
    name: str,
    *,
    value: float,
    threshold: float,
    fails: Verdict | None,
    good: str,
    bad: str,
) -> Check:
    """Give the check with the sentence that its outcome deserves; ``fails`` is None for a pass."""
    return Check(
        name=name,
        value=round(float(value), 4),
        threshold=float(threshold),
        verdict=fails or Verdict.PASS,
        message=bad if fails else good,
    )


def reject_if(failed: bool) -> Verdict | None:
    """The verdict of a fault that must never reach a shop."""
    return Verdict.REJECT if failed else None


def review_if(failed: bool) -> Verdict | None:
    """The verdict of a doubt that a person has to settle."""
    return Verdict.REVIEW if failed else None


def check_file(
    file: EncodedFile, decoded: Decoded | None, spec: PresetSpec, source_type: str
) -> Iterator[Check]:
    """Is the main file what the preset ordered: decodable, its size, format, weight, marking?"""
    yield judged(
        "decodes",
        value=decoded is not None,
        threshold=1,
        fails=reject_if(decoded is None),
        good="The file opens.",
        bad="The file is damaged and does not open. Start the picture again.",
    )
    if decoded is None:
        return
    height, width = decoded.pixels.shape[:2]
    wanted = spec.main
    yield judged(
        "size",
        value=width,
        threshold=wanted.width,
        fails=reject_if((width, height) != (wanted.width, wanted.height)),
        good=f"The picture is {width} x {height} pixels.",
        bad=f"The picture is {width} x {height} pixels, not {wanted.width} x {wanted.height}.",
    )
    yield judged(
        "format",
        value=decoded.format == wanted.format,
        threshold=1,
        fails=reject_if(decoded.format != wanted.format),
        good=f"The file is a {wanted.format}.",
        bad=f"The file is a {decoded.format}, not a {wanted.format}.",
    )
    yield from _check_contents(file, decoded, wanted.max_bytes, source_type)


def _check_contents(
    file: EncodedFile, decoded: Decoded, limit: int | None, source_type: str
) -> Iterator[Check]:
    yield judged(
        "bytes",
        value=len(file.data),
        threshold=limit or 0,
        fails=reject_if(limit is not None and len(file.data) > limit),
        good=f"The file has {len(file.data) // 1024} KB.",
        bad=f"The file has {len(file.data) // 1024} KB, more than {(limit or 0) // 1024} KB. "
        "Allow more, or choose a smaller size or another format.",
    )
    yield judged(
        "profile",
        value=decoded.has_profile,
        threshold=1,
        fails=reject_if(not decoded.has_profile),
        good="The sRGB colour profile is in the file.",
        bad="The sRGB colour profile is missing; colours may look dull in some browsers.",
    )
    marked = source_type.encode() in file.data
    yield judged(
        "marking",
        value=marked,
        threshold=1,
        fails=reject_if(not marked),
        good="The file says how it was made.",
        bad="The file does not say how it was made (IPTC digital source type).",
    )


def check_ground(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Is everything that is neither product nor shadow exactly the ground?"""
    product = seen.rendered.product > 0
    away = _outside_zone(seen, ~dilated(product, _ROUNDING))
    before = _share(is_ground(seen.rendered.rgba, seen.spec, 0), away)
    yield judged(
        "background",
        value=before,
        threshold=limits.background,
        fails=reject_if(before < limits.background),
        good="The background is clean.",
        bad="The background is not clean: it has marks or a tint where it should be plain.",
    )
    encoded = is_ground(seen.decoded.pixels, seen.spec, 1)
    far = _outside_zone(seen, ~dilated(product, _RINGING))
    after = _share(encoded, far)
    yield judged(
        "background_encoded",
        value=after,
        threshold=limits.background_encoded,
        fails=reject_if(after < limits.background_encoded),
        good="The background stays clean in the file.",
        bad="Saving the file made the background dirty. Raise the preset's quality.",
    )
    corners = encoded[:: encoded.shape[0] - 1, :: encoded.shape[1] - 1]
    yield judged(
        "corners",
        value=corners.sum(),
        threshold=4,
        fails=reject_if(not corners.all()),
        good="All four corners show the background.",
        bad="A corner of the picture does not show the background.",
    )
    if seen.zone is not None:
        yield _check_shadow(seen, limits)


def _check_shadow(seen: Evidence, limits: Thresholds) -> Check:
    zone = seen.zone
    assert zone is not None  # noqa: S101 -- asked for by check_ground alone
    free = ~dilated(seen.rendered.product[zone.slices] > 0, _ROUNDING)
    value = _share(is_shade(seen.rendered.rgba[zone.slices], seen.spec, _ROUNDING), free)
    return judged(
        "shadow",
        value=value,
        threshold=limits.shadow,
        fails=reject_if(value < limits.shadow),
        good="The shadow is neutral.",
        bad="There are marks or colours in the shadow around the product.",
    )


def check_frame(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Is the product where the transform says, whole, centred, and large enough?"""
    region, product = seen.region, seen.rendered.product
    found = overlap(product[region.slices], seen.expected_alpha_near)
    yield judged(
        "found",
        value=found,
        threshold=limits.found,
        fails=reject_if(found < limits.found),
        good="The product is where it was placed.",
        bad="The product is not where it was placed, or has lost a part.",
    )
    height, width = product.shape
    box = seen.target_box
    rim = min(box.left, box.top, width - box.right, height - box.bottom) / min(width, height)
    yield judged(
        "rim",
        value=rim,
        threshold=limits.rim,
        fails=reject_if(rim < limits.rim),
        good="The whole product is in the picture.",
        bad="The product touches the picture's edge or is cut off. Use a wider margin.",
    )
    measured = product_box(product)
    across = abs(measured.left + measured.right - width) / 2 / width
    if seen.spec.composition.anchor == "center":
        down = abs(measured.top + measured.bottom - height) / 2 / height
    else:
        floor = height - seen.spec.composition.margin * min(width, height)
        down = abs(measured.bottom - floor) / height
    off = max(across, down)
    yield judged(
        "centring",
        value=off,
        threshold=limits.centring,
        fails=reject_if(off > limits.centring),
        good="The product is centred.",
        bad=f"The product is {off:.0%} of the picture away from its place.",
    )
    fill = max(measured.width / width, measured.height / height)
    yield judged(
        "fill",
        value=fill,
        threshold=limits.fill_low if fill < limits.fill_low else limits.fill_high,
        fails=review_if(not limits.fill_low <= fill <= limits.fill_high),
        good=f"The product fills {fill:.0%} of the picture.",
        bad=f"The product fills {fill:.0%} of the picture; "
        f"{limits.fill_low:.0%} to {limits.fill_high:.0%} looks right in a shop.",
    )


def check_source(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Was the photograph good enough: large enough, whole, and cut out with confidence?"""
    cutout, wish = seen.prepared.cutout, seen.spec.composition
    wanted = seen.placement.wanted_scale
    longest = round(max(seen.source_box.width, seen.source_box.height))
    needed = math.ceil(longest * wanted / wish.max_upscale)
    yield judged(
        "upscale",
        value=wanted,
        threshold=wish.max_upscale,
        fails=review_if(wanted > wish.max_upscale),
        good="The photo is large enough.",
        bad=f"The photo is too small: the product is {longest} pixels long in it, and this preset "
        f"needs {needed}. Upload a larger photo, or use the picture with its wider margin.",
    )
    yield judged(
        "cutout",
        value=cutout.confidence,
        threshold=limits.cutout,
        fails=review_if(cutout.needs_review or cutout.confidence < limits.cutout),
        good="The product was cut out with confidence.",
        bad=" ".join(("Please check the product's outline.", *cutout.reasons)),
    )
    is_usual = limits.coverage_low <= cutout.coverage <= limits.coverage_high
    yield judged(
        "coverage",
        value=cutout.coverage,
        threshold=limits.coverage_high if cutout.coverage > 0.5 else limits.coverage_low,
        fails=review_if(not is_usual),
        good=f"The product covers {cutout.coverage:.0%} of the photo.",
        bad=f"The product covers {cutout.coverage:.0%} of the photo, which is unusual. "
        "Check that the right thing was cut out.",
    )
    cut = _cut_off(cutout.alpha, seen.source_box.width, seen.source_box.height)
    yield judged(
        "cut_off",
        value=cut,
        threshold=limits.cut_off,
        fails=review_if(cut > limits.cut_off),
        good="The photo shows the whole product.",
        bad="The photo's edge cuts the product off. Use a photo that shows all of it.",
    )


def _outside_zone(seen: Evidence, chosen: Mask) -> Mask:
    if seen.zone is not None:
        chosen[seen.zone.slices] = False
    return chosen


def _share(good: Mask, among: Mask) -> float:
    """The share of good pixels among some; 1.0 where there are none to judge."""
    count = int(np.count_nonzero(among))
    return int(np.count_nonzero(good & among)) / count if count else 1.0


def _cut_off(alpha: Pixels, width: float, height: float) -> float:
    sides = ((alpha[0], width), (alpha[-1], width), (alpha[:, 0], height), (alpha[:, -1], height))
    return max(float(np.count_nonzero(line >= 128)) / length for line, length in sides)
