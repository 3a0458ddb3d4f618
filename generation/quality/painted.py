"""The checks of what a model painted, in place of the locked proof where it painted the product.

A picture that is as it should be may still need a person: a model may change a seam and keep the
colour. An edit that goes on without one must pass stricter limits; a worn garment never does, since
nothing here measures its cut, its sleeves or the hands of whoever wears it.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from generation.imaging.metrics import Floats, Mask, detail, eroded, lab_of
from generation.imaging.palette_match import Shown, colours_found, without_ground
from generation.imaging.text_lines import TextReader
from generation.types import Check, Item, Pixels, Verdict

from .checks import judged, reject_if, review_if, worst_of
from .evidence import Evidence
from .grounds import ENCODER_STEPS, near
from .painted_photo import check_enlarged, check_relit, check_size, gray_of, photograph_of
from .painted_text import NOTHING_READ, check_kept_text, check_painted_lettering, check_worn_text
from .thresholds import Thresholds

GENERATIVE = frozenset({"virtual_model", "edit", "relight", "upscale"})
# Kinds that may show a body that no photograph showed.
_LOOKED_AT = frozenset({"virtual_model", "edit"})
# CIE 1976 at half size from which a pixel of an edited photograph counts as changed.
_CHANGED = 6.0
# Parts along the longer side: a logo of a tenth of the product covers some of them.
_PARTS = 25
_ENCODED_SHARE = 0.999


def check_painted(seen: Evidence, reader: TextReader | None, limits: Thresholds) -> Iterator[Check]:
    """Judge a picture whose product a model painted, or changed on purpose."""
    yield from _check_answer(seen, limits)
    yield _check_encoded(seen)
    if seen.spec.kind in _LOOKED_AT:
        yield _check_looked_at(seen)
    if seen.spec.kind == "virtual_model":
        yield from _check_worn(seen, reader, limits)
    elif seen.spec.kind == "edit":
        yield check_size(seen)
        yield from _check_edit(seen, reader, limits)
    elif seen.spec.kind == "relight":
        yield check_size(seen)
        yield from check_relit(seen, limits)
        yield check_kept_text(seen, reader, limits)
    else:
        yield from check_enlarged(seen, limits)
        yield check_kept_text(seen, reader, limits)


def check_painted_ground(
    seen: Evidence, reader: TextReader | None, limits: Thresholds
) -> Iterator[Check]:
    """Judge what was painted around a locked product, by what the engine saw of the answer.

    In the finished picture shadows have fallen on it, and the product is the photograph's again.
    """
    if seen.spec.kind != "ai_scene":
        return
    facts = seen.rendered.facts
    yield _check_range(float(facts.get("painted_range", 255.0)), limits)
    kept = float(facts.get("product_kept", 1.0))
    yield judged(
        "product_kept",
        value=kept,
        threshold=limits.product_kept,
        fails=_retry_if(kept < limits.product_kept),
        good="The scene was painted for the product where it stands.",
        bad="The scene was painted for a product of another size or in another place.",
    )
    yield from check_painted_lettering(seen, reader, limits)


def _check_looked_at(seen: Evidence) -> Check:
    """Did a checker of adult content see it? A serving system elsewhere says that none did."""
    was = seen.rendered.facts.get("painter", {}).get("image_check", "none") != "none"
    return judged(
        "image_check",
        value=was,
        threshold=1,
        fails=review_if(not was),
        good="The picture was looked at for adult content.",
        bad="No network looked at this picture for adult content: none is where it was painted. "
        "Look at it yourself.",
    )


def _check_answer(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    gray = gray_of(seen.decoded.pixels)
    yield _check_range(_range(gray), limits)
    if seen.spec.kind in ("relight", "upscale"):  # as sharp as their photograph, whatever that is
        return
    energy = _painted_detail(seen, gray)
    yield judged(
        "painted_detail",
        value=energy,
        threshold=limits.painted_detail,
        fails=_retry_if(energy < limits.painted_detail),
        good="The picture is sharp.",
        bad="The picture is blurred.",
    )


def _check_range(value: float, limits: Thresholds) -> Check:
    return judged(
        "painted_range",
        value=value,
        threshold=limits.painted_range,
        fails=_retry_if(value < limits.painted_range),
        good="The model painted a picture.",
        bad="The model painted one plain colour.",
    )


def _painted_detail(seen: Evidence, gray: Pixels) -> float:
    """Measured at the model's own size: what enlarging cannot add is not asked for."""
    width, height = seen.rendered.facts.get("painted_size", gray.shape[::-1])
    scale = min(1.0, max(width, height) / max(gray.shape))
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return detail(np.asarray(small, np.uint8), np.ones(small.shape[:2], dtype=np.bool_))


def _check_encoded(seen: Evidence) -> Check:
    shown, made = seen.decoded.pixels[..., :3], seen.rendered.rgba[..., :3]
    share = float(near(shown, made, ENCODER_STEPS).mean())
    return judged(
        "encoded",
        value=share,
        threshold=_ENCODED_SHARE,
        fails=reject_if(share < _ENCODED_SHARE),
        good="The file shows the picture as it was made.",
        bad="Saving the file changed the picture. Raise the preset's quality.",
    )


def _check_worn(seen: Evidence, reader: TextReader | None, limits: Thresholds) -> Iterator[Check]:
    items = seen.prepared.items
    garments = items[: int(seen.rendered.facts.get("garments", len(items)))]
    shown = without_ground(np.ascontiguousarray(seen.decoded.pixels[..., :3]))
    yield worst_of(_check_colours(item, shown, limits) for item in garments)
    yield check_worn_text(seen, garments, reader, limits)
    yield judged(
        "painted_by_person",
        value=0,
        threshold=1,
        fails=Verdict.REVIEW,
        good="",
        bad="A model painted this garment anew. Compare its cut, print and colour with the photo.",
    )


def _check_colours(item: Item, shown: Shown, limits: Thresholds) -> Check:
    found = colours_found(item.cutout.foreground, item.cutout.alpha, shown)
    return judged(
        "garment_colours",
        value=found,
        threshold=limits.garment_colours,
        fails=_retry_if(found < limits.garment_colours),
        good="The garment's colours are in the picture.",
        bad="The person wears a garment of other colours than the photo's.",
    )


def _check_edit(seen: Evidence, reader: TextReader | None, limits: Thresholds) -> Iterator[Check]:
    source, whole = photograph_of(seen), np.ascontiguousarray(seen.decoded.pixels[..., :3])
    difference = _difference(source, whole)
    kept = float((difference < _CHANGED).mean())
    is_other = kept < limits.edit_kept
    yield judged(
        "edit_kept",
        value=kept,
        threshold=limits.edit_kept if is_other else limits.edit_changed,
        fails=_retry_if(is_other or kept > limits.edit_changed),
        good=f"{kept:.0%} of the picture is as in the photo.",
        bad="The model made another picture of it." if is_other else "The model changed nothing.",
    )
    text = check_kept_text(seen, reader, limits)
    yield text
    yield from _check_strictly(seen, difference < _CHANGED, text, limits)


def _check_strictly(seen: Evidence, same: Mask, text: Check, limits: Thresholds) -> Iterator[Check]:
    """May the edit go on without a person: is the product, everywhere, the photograph's?"""
    inside = eroded(seen.rendered.product >= 250, 4)
    kept = float(same[inside].mean()) if inside.any() else 0.0
    value, worst = _least(kept, text), _worst_part(same, inside)
    yield judged(
        "painted_strict",
        value=value,
        threshold=limits.painted_strict,
        fails=review_if(value < limits.painted_strict),
        good="Colours and text of the product are as in the photo.",
        bad="A model changed this photo by instruction. "
        "Check that the product is still what you sell.",
    )
    yield judged(
        "painted_strict_local",
        value=worst,
        threshold=limits.painted_strict_local,
        fails=review_if(worst < limits.painted_strict_local),
        good="Every part of the product is as in the photo.",
        bad="A part of the product is not as in the photo: a logo, a mark or a button. Compare it.",
    )


def _worst_part(same: Mask, inside: Mask) -> float:
    """The least share of one part of the product that is as it was; 0 where no part is whole."""
    height, width = same.shape
    part = max(height, width) / _PARTS
    tiles = (max(1, round(width / part)), max(1, round(height / part)))
    cover, kept = (
        cv2.resize(mask.astype(np.float32), tiles, interpolation=cv2.INTER_AREA)
        for mask in (inside, inside & same)
    )
    whole = cover > 0.5
    return float((kept[whole] / cover[whole]).min()) if whole.any() else 0.0


def _difference(one: Pixels, other: Pixels) -> Floats:
    """CIE 1976 of two pictures, softened so that grain and encoding do not count."""
    labs = [lab_of(cv2.GaussianBlur(rgb, (0, 0), 2.0).astype(np.float32)) for rgb in (one, other)]
    return np.asarray(np.linalg.norm(labs[0] - labs[1], axis=2), np.float32)


def _least(value: float, text: Check) -> float:
    return value if text.value == NOTHING_READ else min(value, text.value)


def _range(gray: Pixels) -> float:
    if not gray.size:
        return 255.0
    low, high = np.percentile(gray, (1, 99))
    return float(high - low)


def _retry_if(failed: bool) -> Verdict | None:
    """The verdict of a fault that another seed may not have."""
    return Verdict.RETRY if failed else None
