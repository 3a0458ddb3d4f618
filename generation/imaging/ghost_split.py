"""A garment told from the mannequin that wears it, by colour, outline and place.

Works on the cut-out of both. People are not mannequins: hair, skin and jewellery have too many
colours for the one material that is looked for here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .color import to_lab
from .matting import GROUND, OBJECT, UNKNOWN, closed_form_alpha
from .palette import main_colours
from .pixels import Gray, Mask, Plane, Rgb

_WORK_SIDE = 720
_SOLID = 128
# A neck is narrower than this share of the widest row; what is above the widening is mannequin.
_NECK_SHARE = 0.45
# Without a neck, this much of the height is looked at: the top of a torso above a waistband.
_TOP_SHARE = 0.05
_LEAST_SEED = 60
_SEED_COLOURS, _CLOTH_COLOURS = 3, 6
# Steps of Lab that the mannequin's one material may differ by: shade far, hue little.
_LIGHTNESS_STEP, _CHROMA_STEP = 14.0, 4.0
# Two materials nearer than this, in such steps, cannot be told apart.
_LEAST_CONTRAST = 1.6
_LEAST_CLOTH = 0.12
_ALIKE = 2.4
_CUT_ROUNDS = 2
# A print in the mannequin's colour lies within the cloth; an arm or a hip faces the ground.
_FACING_GROUND = 0.28
_SMALLEST_PART = 0.0006
# A stand goes on below the last row this wide, and is this thin, in shares of the widest row.
_HEM_SHARE, _POLE_SHARE, _POLE_CONTRAST = 0.14, 0.13, 1.0
_SPIKE = 0.004
_BAND = 0.005
_PRIOR_WEIGHT = 1e-3
# Where cloth, mannequin and ground meet, matting leaves crumbs; cloth's soft edge is thinner.
_SOFT_REACH = 2.0
_CALM = (7, 18, 3)
_VEIL = 0.03

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Split:
    """Shares of each pixel, float32 H x W, 0..1, at the size of `scale` times the photograph.

    `contrast` is how many steps of colour lie between cloth and mannequin; `colours` are the
    mannequin's, in those steps.
    """

    cloth: Plane
    form: Plane
    scale: float
    contrast: float
    colours: Floats


def working_scale(alpha: Gray) -> float:
    """Give the scale at which a picture is worked on, at most 1."""
    return min(1.0, _WORK_SIDE / float(max(alpha.shape)))


def split_form(rgb: Rgb, alpha: Gray, *, seen_at: Mask | None = None) -> Split | None:
    """Tell the cloth from the mannequin in a cut-out of both (uint8 sRGB, and its uint8 alpha).

    The mannequin's colour is taken where it looks out of the top, or from `seen_at` (bool, at
    the working scale), which may lie outside the cut-out. None where there is no such mannequin
    of another colour than the cloth's.
    """
    scale = working_scale(alpha)
    work, cover = shrunk(rgb, scale), shrunk(alpha, scale)
    solid = _largest(cover >= _SOLID)
    seed = _seed(solid) if seen_at is None else seen_at
    if np.count_nonzero(seed) < _LEAST_SEED:
        return None
    space = _space(work)
    colours = main_colours(space[seed], _SEED_COLOURS)[0]
    like_form = _distance(space, colours)
    cloth_guess = solid & (like_form > _ALIKE)
    if np.count_nonzero(cloth_guess) < _LEAST_CLOTH * np.count_nonzero(solid):
        return None
    cloth = _cut(space, solid, seed, cloth_guess)
    if not cloth.any():
        return None
    cloth = _without_pole(cloth, space)
    cloth, form = _parts_in_place(cloth, solid & ~cloth, seed, solid)
    if cloth[seed].mean() > 0.5 or not cloth.any():
        return None
    contrast = _contrast(space, cloth, colours)
    if contrast < _LEAST_CONTRAST:
        return None
    share = _edge(work, cloth, form)
    whole = cover.astype(np.float32) / 255.0
    return Split(np.minimum(share, whole), whole * (1 - share), scale, contrast, colours)


def shrunk(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Give the picture at `scale` of its size, which is at most 1."""
    if scale >= 1.0:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def distance_on_top(rgb: Rgb, alpha: Gray, form: Split) -> float:
    """Give how many steps of colour lie between the top of a cut-out and another photo's
    mannequin, shade aside; infinite where the top is too small to tell.
    """
    scale = working_scale(alpha)
    seed = _seed(_largest(shrunk(alpha, scale) >= _SOLID))
    if np.count_nonzero(seed) < _LEAST_SEED:
        return float("inf")
    colours = main_colours(_space(shrunk(rgb, scale))[seed], _SEED_COLOURS)[0]
    apart = colours[:, None, 1:] - form.colours[None, :, 1:]
    nearest = np.asarray(np.linalg.norm(apart, axis=-1)).min(axis=1)
    return float(np.median(np.asarray(nearest)))


def _largest(mask: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def _seed(solid: Mask) -> Mask:
    """Mark the core of what looks out of the top: the neck, or a torso's upper edge."""
    rows = np.flatnonzero(solid.any(axis=1))
    seed = np.zeros_like(solid)
    if rows.size == 0:
        return seed
    top, height = int(rows[0]), int(rows[-1] - rows[0] + 1)
    widths = solid.sum(axis=1)
    narrow = widths[top : top + height // 3] < _NECK_SHARE * widths.max()
    neck = int(np.argmin(narrow)) if not narrow.all() else len(narrow)
    # The collar may stand up around the lower part of a neck.
    depth = max(round(0.55 * neck), round(_TOP_SHARE * height) if neck < 0.03 * height else 3)
    seed[top : top + depth] = solid[top : top + depth]
    core = cv2.erode(seed.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    return np.asarray(core > 0)


def _space(rgb: Rgb) -> Floats:
    """Give Lab counted in steps, so that shading weighs less than hue; a little smoothed."""
    calm = np.asarray(cv2.bilateralFilter(rgb, *_CALM), dtype=np.uint8)
    steps = np.array([_LIGHTNESS_STEP, _CHROMA_STEP, _CHROMA_STEP], dtype=np.float32)
    return np.asarray(to_lab(calm) / steps, dtype=np.float32)


def _distance(space: Floats, colours: Floats) -> Plane:
    apart = [np.linalg.norm(space - colour, axis=-1) for colour in colours]
    return np.asarray(np.min(apart, axis=0), dtype=np.float32)


def _cut(space: Floats, solid: Mask, seed: Mask, guess: Mask) -> Mask:
    """Refine the guess by a graph cut (GrabCut) inside the cut-out."""
    shown = np.clip(space * np.array([14.0, 8.0, 8.0]) + np.array([0, 128, 128]), 0, 255)
    picture = shown.astype(np.uint8)
    # The ground takes the mannequin's colour, so that it teaches nothing and bounds nothing.
    picture[~solid & ~seed] = np.median(picture[seed], axis=0).astype(np.uint8)
    labels = np.full(solid.shape, cv2.GC_BGD, dtype=np.uint8)
    labels[solid] = cv2.GC_PR_BGD
    labels[guess] = cv2.GC_PR_FGD
    labels[seed] = cv2.GC_BGD
    part = _box_of(solid)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # grabCut starts its mixtures from OpenCV's global random numbers
    here, mode = np.ascontiguousarray(labels[part]), cv2.GC_INIT_WITH_MASK
    shown_part = np.ascontiguousarray(picture[part])
    cv2.grabCut(shown_part, here, (0, 0, 1, 1), models[0], models[1], _CUT_ROUNDS, mode)
    labels[part] = here
    return np.asarray(solid & ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)))


def _box_of(mask: Mask) -> tuple[slice, slice]:
    """Give the rows and columns of a mask, and one more on each side."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(int(rows[0]) - 1, 0), int(rows[-1]) + 2),
        slice(max(int(columns[0]) - 1, 0), int(columns[-1]) + 2),
    )


def _parts_in_place(cloth: Mask, form: Mask, seed: Mask, solid: Mask) -> tuple[Mask, Mask]:
    """Give prints back to the cloth, and specks to what is around them."""
    least = _SMALLEST_PART * np.count_nonzero(solid)
    form = _kept_form(form, seed, ~solid, least)
    cloth = solid & ~form
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cloth.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    keep = np.zeros(count, dtype=bool)
    keep[1:] = areas[1:] >= max(least, 0.04 * areas[1:].max(initial=0))
    cloth = _without_spikes(keep[labels], solid)
    return cloth, solid & ~cloth


def _without_spikes(cloth: Mask, solid: Mask) -> Mask:
    """Give the mannequin its dark rim back, where shade made it look like cloth: thin as it is,
    and with the mannequin on one side.
    """
    radius = max(round(_SPIKE * max(cloth.shape)), 1)
    side = 2 * radius + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    core = cv2.morphologyEx(cloth.astype(np.uint8), cv2.MORPH_OPEN, disk) > 0
    near_form = cv2.dilate((solid & ~cloth).astype(np.uint8), disk) > 0
    return cloth & (core | ~near_form)


def _without_pole(cloth: Mask, space: Floats) -> Mask:
    """Take away a thin part of another colour that goes on below the cloth: the stand."""
    widths = cloth.sum(axis=1)
    wide = np.flatnonzero(widths >= _HEM_SHARE * widths.max(initial=0))
    below = np.zeros_like(cloth)
    below[int(wide[-1]) + 1 :] = cloth[int(wide[-1]) + 1 :]
    thin = widths[int(wide[-1]) + 1 :].max(initial=0) <= _POLE_SHARE * widths.max(initial=0)
    core = cloth & ~below
    if not below.any() or not thin:
        return cloth
    apart = _distance(space[below], main_colours(space[core], _CLOTH_COLOURS)[0])
    return core if float(np.median(apart)) > _POLE_CONTRAST else cloth


def _kept_form(form: Mask, seed: Mask, ground: Mask, least: float) -> Mask:
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        form.astype(np.uint8), connectivity=4
    )
    kept = np.zeros_like(form)
    for number in range(1, count):
        part = labels == number
        rim = (cv2.dilate(part.astype(np.uint8), cross) > 0) & ~part
        facing = float(np.mean(ground[rim])) if rim.any() else 0.0
        large = stats[number, cv2.CC_STAT_AREA] >= least
        if (part & seed).any() or (large and facing >= _FACING_GROUND):
            kept |= part
    return kept


def _contrast(space: Floats, cloth: Mask, colours: Floats) -> float:
    """Give how far the cloth's usual pixel is from the mannequin's nearest colour."""
    core = cv2.erode(cloth.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not core.any():
        return 0.0
    apart = _distance(space[core], colours)
    return float(np.percentile(apart, 25))


def _edge(rgb: Rgb, cloth: Mask, form: Mask) -> Plane:
    """Give the cloth's share of what is neither ground: matting along the border of both."""
    to_cloth, to_form = (
        cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) for mask in (cloth, form)
    )
    nearer = to_cloth <= to_form
    radius = max(_BAND * max(cloth.shape), 2.0)
    open_ = (to_cloth <= radius) & (to_form <= radius)
    trimap = np.where(open_, UNKNOWN, np.where(nearer, OBJECT, GROUND)).astype(np.uint8)
    if not ((trimap == OBJECT).any() and (trimap == GROUND).any()):
        return nearer.astype(np.float32)
    calm = np.asarray(cv2.bilateralFilter(rgb, *_CALM), dtype=np.uint8)
    prior = cast("Plane", cv2.GaussianBlur(nearer.astype(np.float32), (0, 0), 0.8))
    solved = closed_form_alpha(calm, trimap, prior=prior, prior_weight=_PRIOR_WEIGHT)
    share = np.clip((solved - _VEIL) / (1 - 2 * _VEIL), 0, 1)
    return np.where(open_ & (to_cloth > _SOFT_REACH), 0.0, share).astype(np.float32)
