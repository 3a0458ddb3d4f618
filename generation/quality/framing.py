"""The checks of the photographs, and of where the products stand in the picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from generation.imaging.geometry import Box, place, product_box, warp_alpha
from generation.imaging.metrics import overlap
from generation.imaging.subjects import PERSON, SEVERAL
from generation.types import Check, Pixels

from .checks import judged, reject_if, review_if, worst_of
from .evidence import Evidence, Sight, is_taken_off
from .thresholds import Thresholds

# What the decoder notes about a file whose colours it could only guess at.
_GUESSED_COLOURS = ("image_cmyk_guessed", "image_profile_ignored")
# These fill their frame alone and are centred in it; others stand as their scene asks.
_CENTRED = frozenset({"packshot", "ghost_mannequin"})


def check_source(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Were the photographs good enough: large enough, whole, and cut out with confidence?"""
    yield worst_of(_check_source_colours(sight) for sight in seen.sights)
    yield worst_of(_check_upscale(seen, sight) for sight in seen.sights)
    yield worst_of(_check_cutout(seen, sight, limits) for sight in seen.sights)
    yield worst_of(_check_coverage(sight, limits) for sight in seen.sights)
    yield worst_of(_check_cut_off(sight, limits) for sight in seen.sights)


def _check_source_colours(sight: Sight) -> Check:
    notes = [note.partition(": ") for note in sight.item.image.warnings]
    guesses = [words for code, _, words in notes if code in _GUESSED_COLOURS]
    return judged(
        "source_colours",
        value=len(guesses),
        threshold=0,
        fails=review_if(bool(guesses)),
        good="The photo says what its colours are.",
        bad=" ".join((*guesses, "Compare the colours with the product.")),
    )


def _check_upscale(seen: Evidence, sight: Sight) -> Check:
    allowed = seen.spec.composition.max_upscale
    wanted = _wanted_scale(seen, sight)
    longest = round(max(sight.source_box.width, sight.source_box.height))
    needed = math.ceil(longest * wanted / allowed)
    return judged(
        "upscale",
        value=wanted,
        threshold=allowed,
        fails=review_if(wanted > allowed),
        good="The photo is large enough.",
        bad=f"The photo is too small: the product is {longest} pixels long in it, and this preset "
        f"needs {needed}. Upload a larger photo, or use the picture with its wider margin.",
    )


def _wanted_scale(seen: Evidence, sight: Sight) -> float:
    """How much a product that fills its frame would be enlarged; elsewhere, how much it was."""
    if seen.spec.kind != "packshot" or seen.spec.shadow.type in ("natural", "reflection"):
        return sight.placed.transform.scale
    height, width = seen.rendered.product.shape
    wish = seen.spec.composition
    return place(
        sight.source_box,
        width=width,
        height=height,
        margin=wish.margin,
        anchor=wish.anchor,
        max_upscale=wish.max_upscale,
    ).wanted_scale


def _check_cutout(seen: Evidence, sight: Sight, limits: Thresholds) -> Check:
    cutout = sight.item.cutout
    reasons = cutout.reasons
    if is_taken_off(seen.spec):
        # The form and its parts are what these doubts are about.
        reasons = tuple(one for one in reasons if not one.endswith((PERSON, SEVERAL)))
    is_doubted = bool(reasons) or (cutout.needs_review and not cutout.reasons)
    return judged(
        "cutout",
        value=cutout.confidence,
        threshold=limits.cutout,
        fails=review_if(is_doubted or cutout.confidence < limits.cutout),
        good="The product was cut out with confidence.",
        bad=" ".join(("Please check the product's outline.", *reasons)),
    )


def _check_coverage(sight: Sight, limits: Thresholds) -> Check:
    coverage = sight.item.cutout.coverage
    return judged(
        "coverage",
        value=coverage,
        threshold=limits.coverage_high if coverage > 0.5 else limits.coverage_low,
        fails=review_if(not limits.coverage_low <= coverage <= limits.coverage_high),
        good=f"The product covers {coverage:.0%} of the photo.",
        bad=f"The product covers {coverage:.0%} of the photo, which is unusual. "
        "Check that the right thing was cut out.",
    )


def _check_cut_off(sight: Sight, limits: Thresholds) -> Check:
    cut = _cut_off(sight.alpha, sight.source_box)
    return judged(
        "cut_off",
        value=cut,
        threshold=limits.cut_off,
        fails=review_if(cut > limits.cut_off),
        good="The photo shows the whole product.",
        bad="The photo's edge cuts the product off. Use a photo that shows all of it.",
    )


def _cut_off(alpha: Pixels, box: Box) -> float:
    sides = (
        (alpha[0], box.width),
        (alpha[-1], box.width),
        (alpha[:, 0], box.height),
        (alpha[:, -1], box.height),
    )
    return max(float(np.count_nonzero(line >= 128)) / length for line, length in sides)


def check_frame(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Is every product where the transform says, whole, and large enough in the picture?"""
    held = seen.locked if is_taken_off(seen.spec) else seen.sights
    yield worst_of(_check_found(seen, sight, limits) for sight in held)
    if len(seen.sights) > 1 and not is_taken_off(seen.spec):
        yield worst_of(_check_hidden(sight, limits) for sight in seen.sights)
    yield _check_rim(seen, limits)
    height, width = seen.rendered.product.shape
    measured = product_box(seen.rendered.product)
    if seen.spec.kind in _CENTRED:
        yield _check_centring(seen, measured, limits)
    safe = seen.rendered.facts.get("safe_area")
    if safe is not None:
        yield _check_safe_area(seen, safe, limits)
    fill = max(measured.width / width, measured.height / height)
    low = limits.fill_low if seen.spec.kind in _CENTRED else limits.fill_low_scene
    yield judged(
        "fill",
        value=fill,
        threshold=low if fill < low else limits.fill_high,
        fails=review_if(not low <= fill <= limits.fill_high),
        good=f"The product fills {fill:.0%} of the picture.",
        bad=f"The product fills {fill:.0%} of the picture; "
        f"{low:.0%} to {limits.fill_high:.0%} looks right in a shop.",
    )


def _check_found(seen: Evidence, sight: Sight, limits: Thresholds) -> Check:
    found = _agreement(seen, sight)
    return judged(
        "found",
        value=found,
        threshold=limits.found,
        fails=reject_if(found < limits.found),
        good="The product is where it was placed.",
        bad="The product is not where it was placed, or has lost a part.",
    )


def _check_hidden(sight: Sight, limits: Thresholds) -> Check:
    whole = float(sight.expected_alpha.sum(dtype=np.int64))
    hidden = 1.0 - float(sight.visible.sum(dtype=np.int64)) / max(whole, 1.0)
    return judged(
        "hidden",
        value=max(hidden, 0.0),
        threshold=limits.hidden,
        fails=review_if(hidden > limits.hidden),
        good="Every product can be seen.",
        bad=f"Other products hide {hidden:.0%} of it. Choose another layout, or fewer products.",
    )


def _agreement(seen: Evidence, sight: Sight) -> float:
    """The overlap of what is seen of a product with what its photograph's cut-out promises."""
    if is_taken_off(seen.spec):
        cutout = warp_alpha(sight.item.cutout.alpha, sight.placed.transform, sight.region)
        return overlap(sight.visible, np.minimum(sight.visible, cutout))
    # Where another product overlaps, it may hide this one: only the rest must agree.
    hidden = seen.covered_by_others(sight) > 0
    return overlap(sight.visible, np.where(hidden, sight.visible, sight.expected_alpha))


def _check_rim(seen: Evidence, limits: Thresholds) -> Check:
    height, width = seen.rendered.product.shape
    boxes = [sight.target_box for sight in seen.sights]
    nearest = min(min(box.left, box.top, width - box.right, height - box.bottom) for box in boxes)
    rim = nearest / min(width, height)
    return judged(
        "rim",
        value=rim,
        threshold=limits.rim,
        fails=reject_if(rim < limits.rim),
        good="The whole product is in the picture.",
        bad="The product touches the picture's edge or is cut off. Use a wider margin.",
    )


def _check_centring(seen: Evidence, measured: Box, limits: Thresholds) -> Check:
    height, width = seen.rendered.product.shape
    across = abs(measured.left + measured.right - width) / 2 / width
    if seen.spec.composition.anchor == "center":
        down = abs(measured.top + measured.bottom - height) / 2 / height
    else:
        floor = height - seen.spec.composition.margin * min(width, height)
        down = abs(measured.bottom - floor) / height
    off = max(across, down)
    return judged(
        "centring",
        value=off,
        threshold=limits.centring,
        fails=reject_if(off > limits.centring),
        good="The product is centred.",
        bad=f"The product is {off:.0%} of the picture away from its place.",
    )


def _check_safe_area(seen: Evidence, safe: Sequence[float], limits: Thresholds) -> Check:
    """Compare with the part of the scene that was made for products: four shares of the canvas."""
    height, width = seen.rendered.product.shape
    left, top, right, bottom = safe
    beyond = max(
        max(
            left - box.left / width,
            top - box.top / height,
            box.right / width - right,
            box.bottom / height - bottom,
        )
        for box in (sight.target_box for sight in seen.sights)
    )
    return judged(
        "safe_area",
        value=max(beyond, 0.0),
        threshold=limits.safe_area,
        fails=review_if(beyond > limits.safe_area),
        good="The product stands in the part of the scene that was made for it.",
        bad="The product reaches out of the part of the scene that was made for it. "
        "Choose another view or another scene.",
    )
