"""What a picture shows besides one product: a drawing, several things, a person.

Rules of thumb on pixels, for asking a person to look; none of them refuses anything. Tried on
50 photographs: the 23 of the demo, 10 composites and 17 real ones, of which four show a person and
were noticed. Nothing else was remarked on. Other poses, and people without bare skin or all in
wood's and leather's colours, can be missed.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Gray, Mask, Rgb

# What is said of a photo with several things, and with a person in it. Checks of pictures made
# from garments on a form know both by these words: there, the form is meant to be seen.
SEVERAL = "separate things in the photo: check that all belong to the product."
PERSON = "A person seems to be in the photo: remove what is not the product."

_LOOK_SIDE = 640

# Drawings: away from their edges, areas lie within this many levels; their few colours cover
# nearly all that is not the ground.
_FLAT_STEPS = 4
_FEW_COLOURS = 8
_MOSTLY = 0.85
_EDGE_STEPS = 24
_GROUND_STEPS = 6
# Lines of text are all edge: many small parts on one flat colour, in next to no colours.
_LEAST_LETTERS = 12
_FLAT_GROUND = 0.6
_LETTER_COLOURS = 4
_LETTER_SHARE = 0.6

# A part counts from a seventh of the largest on; closer than a hundredth is one thing.
_PART_SHARE = 0.15
_PART_GAP = 0.01
# A pair: areas and outlines in common. Two mills of one set share 0.93 of their outlines.
_PAIR_AREA, _PAIR_OUTLINE = 0.6, 0.75

# Skin in YCrCb after Chai and Ngan (1999), narrowed in brightness; wood and leather share it,
# so colour alone never decides.
_SKIN_LOW, _SKIN_HIGH = (70, 135, 85), (250, 175, 125)
_LEAST_SKIN, _MOST_SKIN = 0.04, 0.6
_FRAME_SHARE = 0.05
_TALL = 1.5
_HEAD_SHARE = 0.22
_LIMB_SHARE, _LIMB_REACH = 0.005, 0.05


def is_drawing(rgb: Rgb) -> bool:
    """Tell a logo, a chart or lines of text (uint8 H x W x 3 sRGB) from a photograph."""
    small = _subsampled(rgb)
    ground = _dominant(small)
    off = np.abs(small.astype(np.int16) - ground).max(axis=2) > _GROUND_STEPS
    if not off.any():
        return False
    return _is_flat_art(small, off) or _is_text(small, off)


def count_things(alpha: Gray) -> int:
    """Count the separate things in a cut-out (uint8 H x W), leaving crumbs aside.

    Two of one kind, as a pair of shoes or of mills, are one thing: they are sold together.
    """
    scale = min(1.0, _LOOK_SIDE / max(alpha.shape))
    small = cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = 2 * max(int(_PART_GAP * max(small.shape)), 1) + 1
    solid = (np.asarray(small) > 127).astype(np.uint8)
    joined = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    _, labels = cv2.connectedComponents(joined)
    area = np.bincount(np.asarray(labels)[solid > 0].ravel())
    if not len(area):
        return 0
    parts = [np.asarray(labels == n) & (solid > 0) for n in _larger(area)]
    return 1 if len(parts) == 2 and _are_alike(parts[0], parts[1]) else len(parts)


def shows_person(rgb: Rgb, alpha: Gray) -> bool:
    """Tell whether the cut-out seems to hold a person: skin beside cloth, limbs or a cut-off body.

    `rgb` is uint8 H x W x 3 sRGB, `alpha` uint8 of the same size.
    """
    small, solid = _subsampled(rgb), _subsampled(alpha) > 127
    if not solid.any():
        return False
    skin = _skin(small) & solid
    share = np.count_nonzero(skin) / np.count_nonzero(solid)
    if not _LEAST_SKIN < share < _MOST_SKIN:
        return False
    return _is_cut_off(skin) or _has_head_and_limbs(skin, solid)


def _larger(area: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.flatnonzero(area > _PART_SHARE * area.max())


def _are_alike(one: Mask, other: Mask) -> bool:
    """Tell whether two parts have about one size and one outline, as they are or mirrored."""
    first, second = np.count_nonzero(one), np.count_nonzero(other)
    if min(first, second) < _PAIR_AREA * max(first, second):
        return False
    left, right = _framed(one), _framed(other)
    return any(
        np.count_nonzero(left & shape) > _PAIR_OUTLINE * np.count_nonzero(left | shape)
        for shape in (right, right[:, ::-1])
    )


def _framed(part: Mask) -> Mask:
    """Give a part alone in a square of its own height, so that its proportions still tell."""
    rows, columns = np.nonzero(part)
    cut = part[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = max(cut.shape)
    square = np.zeros((side, side), np.uint8)
    top, left = (side - cut.shape[0]) // 2, (side - cut.shape[1]) // 2
    square[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    return cv2.resize(square, (64, 64), interpolation=cv2.INTER_NEAREST) > 0


def _is_flat_art(rgb: Rgb, off: Mask) -> bool:
    calm = ~_near_edges(rgb)
    inside = off & calm
    if np.count_nonzero(inside) < 0.05 * np.count_nonzero(off):
        return False
    flat = np.mean(_span(rgb)[inside] <= _FLAT_STEPS)
    return bool(flat > _MOSTLY and _in_few_colours(rgb[inside], _FEW_COLOURS, 3) > _MOSTLY)


def _is_text(rgb: Rgb, off: Mask) -> bool:
    if np.mean(off) > 1 - _FLAT_GROUND:
        return False
    _, _, figures, _ = cv2.connectedComponentsWithStats(off.astype(np.uint8))
    area = figures[1:, cv2.CC_STAT_AREA]
    letters = area[area >= 8]
    small = len(letters) >= _LEAST_LETTERS and letters.max() < 0.25 * letters.sum()
    return bool(small and _in_few_colours(rgb[off], _LETTER_COLOURS, 4) > _LETTER_SHARE)


def _in_few_colours(colors: NDArray[np.uint8], count: int, shift: int) -> float:
    """Give the share of pixels in the `count` commonest colours of 2^shift levels a channel."""
    steps = (colors >> shift).astype(np.int32)
    _, sizes = np.unique(steps @ np.array([1, 256, 65536]), return_counts=True)
    return float(np.sort(sizes)[-count:].sum() / sizes.sum())


def _dominant(rgb: Rgb) -> NDArray[np.int16]:
    """Give the commonest colour, to a few levels."""
    steps = (rgb >> 3).reshape(-1, 3).astype(np.int32) @ np.array([1, 256, 65536])
    values, sizes = np.unique(steps, return_counts=True)
    commonest = rgb.reshape(-1, 3)[steps == values[sizes.argmax()]]
    return np.asarray(np.median(commonest, axis=0), dtype=np.int16)


def _near_edges(rgb: Rgb) -> Mask:
    edges = (_span(rgb) > _EDGE_STEPS).astype(np.uint8)
    return cv2.dilate(edges, np.ones((5, 5), np.uint8)).astype(bool)


def _span(rgb: Rgb) -> NDArray[np.uint8]:
    """Give the largest difference of any channel inside 3 x 3 pixels."""
    square = np.ones((3, 3), np.uint8)
    return np.asarray((cv2.dilate(rgb, square) - cv2.erode(rgb, square)).max(axis=2))


def _skin(rgb: Rgb) -> Mask:
    ycc = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)
    square = np.ones((3, 3), np.uint8)
    return cv2.morphologyEx(cv2.inRange(ycc, _SKIN_LOW, _SKIN_HIGH), cv2.MORPH_OPEN, square) > 0


def _is_cut_off(skin: Mask) -> bool:
    """Tell whether skin runs out of the picture, as a model's neck, arms or legs do."""
    lines = (skin[0], skin[-1], skin[:, 0], skin[:, -1])
    return any(np.mean(line) > _FRAME_SHARE for line in lines)


def _has_head_and_limbs(skin: Mask, solid: Mask) -> bool:
    rows, columns = np.nonzero(solid)
    top, height = int(rows.min()), int(np.ptp(rows)) + 1
    if height < _TALL * (np.ptp(columns) + 1):
        return False
    _, _, figures, centres = cv2.connectedComponentsWithStats(skin.astype(np.uint8))
    large = figures[1:, cv2.CC_STAT_AREA] > _LIMB_SHARE * len(rows)
    x, y = centres[1:][large].T
    heads = y < top + _HEAD_SHARE * height
    if not heads.any():
        return False
    apart = x[~heads] - x[heads].mean()
    reach = _LIMB_REACH * height
    return bool((apart < -reach).any() and (apart > reach).any())


def _subsampled(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take every n-th pixel: averaging would make new colours and hide a photo's grain."""
    every = max(round(max(picture.shape[:2]) / _LOOK_SIDE), 1)
    return cast("NDArray[np.uint8]", np.ascontiguousarray(picture[::every, ::every]))
