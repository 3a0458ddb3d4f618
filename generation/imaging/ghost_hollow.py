"""A hollow garment planned from two photographs: what stays of each, and how they go together.

Nothing is painted: both pieces are photographed. Pairs that cannot give a truthful picture are
refused with the reason. The canvas, the ground and the shadow are the engine's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .foreground import estimate_colors, transfer_foreground
from .ghost_align import Fit, Opening, Similarity, find_opening, fit_inside, pocket
from .ghost_pair import is_same_picture, kinship
from .ghost_refusals import Refusal, rejected
from .ghost_split import Split, distance_on_top, shrunk, split_form, working_scale
from .guided import upsample_alpha
from .pixels import Gray, Mask, Rgb

_SOLID = 128
_LEAST_DEPTH = 0.04
# Without a mannequin to be seen, a neckline this deep still shows that one was there.
_LEAST_LOST_DEPTH = 0.22
# A neck or a torso that fills an opening also looks out of it, by this share of its width.
_LEAST_RISE = 0.12
_LEAST_KIN = 0.12
# Shoulders of one garment lie within this of one another, in widths of the opening.
_MOST_RESIDUAL = 0.14
# Shares of the opening: what the inside fills, what it leaves open below its own edge, and the
# columns of the picture in which it is missing altogether (beside a back neckline's corners).
_LEAST_FILLED, _MOST_GAP, _MOST_MISSING = 0.30, 0.06, 0.25
# Beside its upper opening a garment shows its inside only in slits, as wide as this at most.
_SLIT_SHARE = 0.012
# The inside goes on behind the soft edge of the front, in pixels of the working size.
_UNDERLAP = 3
# Of a mannequin cut out whole this much of the opening is kept; else a collar's height is assumed.
_FORM_KEPT, _COLLAR_RISE = 0.9, 0.35
# Mannequins of both photos nearer than this, in steps of colour, are one.
_SAME_FORM = 3.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One photograph and the cut-out of what it shows: uint8 sRGB, its clean colours and alpha."""

    rgb: Rgb
    foreground: Rgb
    alpha: Gray

    def mirrored(self) -> Piece:
        """The same, left and right exchanged."""
        flipped = (
            np.ascontiguousarray(p[:, ::-1]) for p in (self.rgb, self.foreground, self.alpha)
        )
        return Piece(*flipped)


@dataclass(frozen=True, slots=True)
class Hollow:
    """The plan of a hollow garment, in pixels of the front photograph.

    `cloth` is the front without its mannequin; `inner` the second photograph's garment, which
    `onto_front` lays behind it; `room` (uint8, the front's size) is where it may be seen.
    `gain` brings it to the front's exposure. `filled` is a share of the opening, `residual` the
    shoulders' distance in widths of it.
    """

    cloth: Piece
    inner: Piece
    onto_front: Similarity
    room: Gray
    gain: float
    opening: Opening
    filled: float
    residual: float


@dataclass(frozen=True, slots=True)
class _Worn:
    """The front at the working size."""

    split: Split
    cloth: Mask
    form: Mask
    opening: Opening


@dataclass(frozen=True, slots=True)
class _Inside:
    """The second photograph, and its garment's mask at `scale` of its size."""

    piece: Piece
    mask: Mask
    scale: float
    opening: Opening


def plan_hollow(front: Piece, second: Piece) -> Hollow:
    """Plan the picture.

    Raises `ImageRejected` with code `wrong_pairing`, `no_mannequin`, `no_opening` or
    `inside_too_small`, and a sentence for the merchant.
    """
    if is_same_picture(front.rgb, second.rgb):
        raise rejected(Refusal.SAME_PICTURE)
    worn = _worn(front, second)
    inside = _inside(second, worn.split)
    gain = _common_cloth(front, worn, inside)
    fit = fit_inside(worn.cloth, inside.mask, worn.opening, inside.opening)
    if fit.residual > _MOST_RESIDUAL:
        raise rejected(Refusal.OTHER_SHAPE)
    return Hollow(
        cloth=_without_form(front, worn.split),
        inner=inside.piece,
        onto_front=fit.similarity.rescaled(source=inside.scale, target=worn.split.scale),
        room=_room(worn, front.alpha),
        gain=gain,
        opening=worn.opening.enlarged(1 / worn.split.scale),
        filled=_filled(worn, inside, fit),
        residual=fit.residual,
    )


def _worn(front: Piece, second: Piece) -> _Worn:
    split = split_form(front.rgb, front.alpha)
    worn = None if split is None else _with_opening(split)
    if worn is not None:
        return worn
    other = split_form(second.rgb, second.alpha)
    if other is not None and _with_opening(other) is not None:
        raise rejected(Refusal.SWAPPED)
    lost = _with_lost_form(front)
    if lost is None:
        raise rejected(Refusal.NO_MANNEQUIN if split is None else Refusal.NO_OPENING)
    return lost


def _with_opening(split: Split) -> _Worn | None:
    """Find the opening that the mannequin looks out of."""
    cloth, form = split.cloth >= 0.5, split.form >= 0.5
    opening = find_opening(cloth)
    if opening is None or opening.depth < _LEAST_DEPTH:
        return None
    left, right = round(opening.left[0]), round(opening.right[0])
    line = round(min(opening.left[1], opening.right[1]))
    above = np.flatnonzero(form[:line, left:right].any(axis=1))
    if above.size < _LEAST_RISE * opening.width:
        return None
    return _Worn(split, cloth, form, opening)


def _with_lost_form(front: Piece) -> _Worn | None:
    """Find a deep opening where the cut-out has lost the mannequin, as a white one on white."""
    scale = working_scale(front.alpha)
    solid = shrunk(front.alpha, scale) >= _SOLID
    opening = find_opening(solid)
    if opening is None or opening.depth < _LEAST_LOST_DEPTH:
        return None
    hole = pocket(solid, opening)
    core = np.asarray(cv2.erode(hole.astype(np.uint8), _disk(2)) > 0)
    split = split_form(front.rgb, front.alpha, seen_at=core)
    if split is None:
        return None
    cloth = split.cloth >= 0.5
    again = find_opening(cloth)
    return None if again is None else _Worn(split, cloth, split.form >= 0.5, again)


def _inside(second: Piece, front: Split) -> _Inside:
    piece = _without_same_form(second, front)
    scale = working_scale(piece.alpha)
    mask = shrunk(piece.alpha, scale) >= _SOLID
    opening = find_opening(mask)
    if opening is None:
        raise rejected(Refusal.NO_EDGE)
    return _Inside(piece, mask, scale, opening)


def _without_same_form(second: Piece, front: Split) -> Piece:
    """Take the front's mannequin out of the second photo too, where it wears the garment there."""
    if distance_on_top(second.rgb, second.alpha, front) > _SAME_FORM:
        return second
    split = split_form(second.rgb, second.alpha)
    worn = None if split is None else _with_opening(split)
    return second if worn is None else _without_form(second, worn.split)


def _common_cloth(front: Piece, worn: _Worn, inside: _Inside) -> float:
    kin = kinship(
        shrunk(front.rgb, worn.split.scale),
        worn.cloth,
        shrunk(inside.piece.rgb, inside.scale),
        inside.mask,
    )
    if kin.share < _LEAST_KIN:
        raise rejected(Refusal.OTHER_COLOURS)
    return kin.gain


def _filled(worn: _Worn, inside: _Inside, fit: Fit) -> float:
    """Give the inside's share of the opening; what it leaves open may only be above its edge."""
    size = (worn.cloth.shape[1], worn.cloth.shape[0])
    matrix = fit.similarity.of_pixel_centres()
    warped = cv2.warpAffine(inside.mask.astype(np.uint8), matrix, size)
    moved: Mask = np.asarray(warped, dtype=np.bool_)
    hole: Mask = pocket(worn.cloth, worn.opening)
    started: Mask = np.maximum.accumulate(moved & hole, axis=0)
    below: Mask = np.asarray(started & ~moved)
    gap = float(np.mean(below[hole]))
    met: Mask = np.asarray((moved & hole).any(axis=0))
    missing = 1.0 - float(np.mean(met[hole.any(axis=0)]))
    filled = float(np.mean(moved[hole]))
    if filled < _LEAST_FILLED or gap > _MOST_GAP or missing > _MOST_MISSING:
        raise rejected(Refusal.TOO_SMALL if worn.form.any() else Refusal.NO_MANNEQUIN)
    return filled


def _room(worn: _Worn, alpha: Gray) -> Gray:
    """Mark where the inside may be seen: where the mannequin was, at the opening and in slits.

    Every line of sight that meets the inside without meeting the front met the mannequin before.
    """
    closed = cv2.morphologyEx(
        worn.cloth.astype(np.uint8), cv2.MORPH_CLOSE, _disk(_SLIT_SHARE * max(worn.cloth.shape))
    )
    room = _at_opening(worn) | (worn.form & (closed > 0))
    soft = cv2.GaussianBlur(_grown(room, _UNDERLAP).astype(np.float32), (0, 0), 0.7)
    size = (alpha.shape[1], alpha.shape[0])
    full = cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(full * 255.0 + 0.5, dtype=np.uint8)


def _at_opening(worn: _Worn) -> Mask:
    """Mark the mannequin's part in the opening, or what it must have covered where it is lost."""
    hole = pocket(worn.cloth, worn.opening)
    if float(np.mean(worn.form[hole])) < _FORM_KEPT:
        left, right = round(worn.opening.left[0]), round(worn.opening.right[0])
        line = round(max(worn.opening.left[1], worn.opening.right[1]))
        hole[max(line - round(_COLLAR_RISE * worn.opening.width), 0) : line, left:right] = True
        return hole & ~worn.cloth
    count, labels = cv2.connectedComponents(worn.form.astype(np.uint8))
    met = np.zeros(count, dtype=bool)
    met[np.unique(labels[_grown(hole, 3) & worn.form])] = True
    met[0] = False
    return np.asarray(met[labels] | hole)


def _grown(mask: Mask, radius: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disk(radius)) > 0)


def _disk(radius: float) -> NDArray[np.uint8]:
    side = 2 * max(round(radius), 1) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _without_form(photo: Piece, split: Split) -> Piece:
    """Give the photo's garment alone; its opaque pixels are the photo's own."""
    work = shrunk(photo.rgb, split.scale)
    front, back = estimate_colors(work, split.cloth)
    alpha = np.minimum(upsample_alpha(split.cloth, work, photo.rgb), photo.alpha)
    return Piece(photo.rgb, transfer_foreground(photo.rgb, alpha, front, back), alpha)
