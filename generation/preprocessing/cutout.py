"""From an upright picture to the product on its own: full-size alpha and clean colour.

Chooses what to cut with (the picture's own transparency, two networks, one, or none), runs
the networks, and says in plain words when a person should look at the result.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from generation.imaging.foreground import estimate_colors, transfer_foreground
from generation.imaging.guided import upsample_alpha
from generation.imaging.pixels import Gray, ImageRejected, Rgb, Upright
from generation.imaging.segmentation import Segmentation, segment
from generation.imaging.strokes import Strokes, impose, spread
from generation.imaging.transmission import see_through_parts
from generation.imaging.trimap import refine
from generation.types import CutoutResult

from .doubts import coverage_of, doubts_about
from .networks import METHODS, available_networks, best_method, names_with_marks, network

__all__ = [
    "METHODS",
    "CutoutResult",
    "ImageRejected",
    "Strokes",
    "Upright",
    "available_networks",
    "current_model",
    "cut_out",
    "finish",
    "nothing_found",
]

# Kept cut-outs are found by it: raise it whenever the same photo may come out otherwise.
_VERSION = 5
_WORK_SIDE = 1024

_COLOUR_ONLY_CONFIDENCE = 0.5
_NOTHING_KEPT = (
    "Nothing of this photo is kept. Correct its outline: paint over the product with Keep."
)

# A file's own transparency counts when it clears some ground and leaves something solid.
_CLEAR, _SOLID = 8, 247
_LEAST_CLEAR_SHARE, _LEAST_SOLID_SHARE = 0.03, 0.005


def cut_out(
    image: Upright,
    *,
    networks: tuple[str, ...] | None = None,
    strokes: Strokes | None = None,
    see_through: bool = False,
) -> CutoutResult:
    """Separate the product from its ground.

    `networks` are those of a method, by default of the best one whose weights are present.
    `strokes` are a person's corrections at the image's size; `see_through` asks for the
    transmission of glass. Raises `ImageRejected` with code `subject_not_found` when no product
    can be made out.
    """
    result = _cut_out(image, best_method() if networks is None else networks)
    return finish(image, result, strokes=strokes, see_through=see_through)


def finish(
    image: Upright, result: CutoutResult, *, strokes: Strokes | None, see_through: bool
) -> CutoutResult:
    """Apply a person's wishes to a cut-out that is there already; needs no network.

    Arguments as for `cut_out`. Raises `ImageRejected` where nothing is left to be seen.
    """
    if strokes is not None:
        result = _retouched(_opaque(image), result, strokes)
    if not result.coverage:
        raise ImageRejected("subject_not_found", _NOTHING_KEPT)
    return _with_transmission(_opaque(image), result) if see_through else result


def nothing_found(image: Upright) -> CutoutResult:
    """Give the empty cut-out that a person's strokes start from where no product was made out."""
    return CutoutResult(
        alpha=np.zeros(image.rgb.shape[:2], dtype=np.uint8),
        foreground=_opaque(image),
        model=current_model(),
        confidence=0.0,
        agreement=1.0,
        coverage=0.0,
        needs_review=True,
        reasons=("No product was made out.",),
    )


def _cut_out(image: Upright, names: tuple[str, ...]) -> CutoutResult:
    if image.alpha is not None and _is_cut_out_already(image.alpha):
        return _keep_own_alpha(image.rgb, image.alpha)
    rgb = _opaque(image)
    work = _shrink(rgb)
    found = segment(work, [network(name) for name in names])
    if found is None:
        raise ImageRejected("subject_not_found", _not_found_message(names))
    return _finish(rgb, work, found, names)


def _retouched(rgb: Rgb, result: CutoutResult, strokes: Strokes) -> CutoutResult:
    work = _shrink(rgb)
    size = (work.shape[1], work.shape[0])
    start = cv2.resize(result.alpha, size, interpolation=cv2.INTER_AREA)
    small = strokes.resized(size)
    rough = spread(work, (np.asarray(start) / 255.0).astype(np.float32), small)
    plane = refine(work, rough)
    front, back = estimate_colors(work, plane)
    alpha = impose(upsample_alpha(plane, work, rgb), strokes)
    return replace(
        result,
        alpha=alpha,
        foreground=transfer_foreground(rgb, alpha, front, back),
        coverage=coverage_of(alpha),
        needs_review=False,
        reasons=(),
    )


def _with_transmission(rgb: Rgb, result: CutoutResult) -> CutoutResult:
    glass = see_through_parts(rgb, result.alpha)
    if glass is None:
        reason = "The glass could not be made see-through: it needs a plain, evenly lit ground."
        return replace(result, needs_review=True, reasons=(*result.reasons, reason))
    return replace(
        result,
        alpha=glass.alpha,
        transmission=glass.transmission,
        coverage=coverage_of(glass.alpha),
        needs_review=True,
        reasons=(*result.reasons, "Glass was made see-through: check where it begins and ends."),
    )


def _opaque(image: Upright) -> Rgb:
    return image.rgb if image.alpha is None else _on_white(image.rgb, image.alpha)


def current_model() -> str:
    """Name what `cut_out` would use now, as name@version: the key to look cut-outs up under."""
    return _model_name(best_method())


def _model_name(names: tuple[str, ...]) -> str:
    return f"{names_with_marks(names) or 'ground-colour'}@{_VERSION}"


def _shrink(rgb: Rgb) -> Rgb:
    scale = _WORK_SIDE / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    return np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _finish(rgb: Rgb, work: Rgb, found: Segmentation, names: tuple[str, ...]) -> CutoutResult:
    front, back = estimate_colors(work, found.alpha)
    alpha = upsample_alpha(found.alpha, work, rgb)
    reasons = doubts_about(rgb, alpha, found, networks=names)
    return CutoutResult(
        alpha=alpha,
        foreground=transfer_foreground(rgb, alpha, front, back),
        model=_model_name(names),
        confidence=_confidence(found, names, doubts=len(reasons)),
        agreement=found.agreement,
        coverage=coverage_of(alpha),
        needs_review=bool(reasons),
        reasons=reasons,
    )


def _confidence(found: Segmentation, names: tuple[str, ...], *, doubts: int) -> float:
    most = 1.0 if names else _COLOUR_ONLY_CONFIDENCE
    return round(most * found.agreement * found.stability * 0.8**doubts, 4)


def _not_found_message(names: tuple[str, ...]) -> str:
    if not names:
        return (
            "No product could be told from the ground: without a network, only a clear product on"
            " a plain ground is found. Ask the operator to run"
            " `manage.py fetch_model u2netp u2net`."
        )
    return (
        "No product could be made out in this picture. Paint over it with Correct the outline, or"
        " use a photo that shows one product, in focus and in a different tone from its ground."
    )


def _is_cut_out_already(alpha: Gray) -> bool:
    clear = np.count_nonzero(alpha < _CLEAR) / alpha.size
    solid = np.count_nonzero(alpha > _SOLID) / alpha.size
    return bool(clear >= _LEAST_CLEAR_SHARE and solid >= _LEAST_SOLID_SHARE)


def _keep_own_alpha(rgb: Rgb, alpha: Gray) -> CutoutResult:
    found = Segmentation(alpha.astype(np.float32) / 255.0, agreement=1.0, stability=1.0)
    reasons = doubts_about(rgb, alpha, found, networks=("source-alpha",))
    return CutoutResult(
        alpha=alpha,
        foreground=rgb,
        model=f"source-alpha@{_VERSION}",
        confidence=_confidence(found, ("source-alpha",), doubts=len(reasons)),
        agreement=1.0,
        coverage=coverage_of(alpha),
        needs_review=bool(reasons),
        reasons=reasons,
    )


def _on_white(rgb: Rgb, alpha: Gray) -> Rgb:
    cover = alpha[..., None].astype(np.uint16)
    return ((rgb * cover + 255 * (255 - cover) + 127) // 255).astype(np.uint8)
