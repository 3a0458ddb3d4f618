"""The checks of a garment without its form: nothing of the form left, nothing of the cloth lost.

The inside in the opening has no locked proof, since it was turned and darkened: the file is held
against the engine's canvas there, and the front's edge around it against the photograph.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from generation.imaging.geometry import warp_alpha
from generation.imaging.metrics import Mask, dilated, eroded, lab_of, mean_inside
from generation.types import Check, Pixels

from .checks import judged, reject_if
from .edges import is_old
from .evidence import Evidence, Sight, is_taken_off
from .grounds import ENCODER_STEPS, near
from .thresholds import Thresholds

# The front's edge around the opening, in canvas pixels: what the locked proof leaves out.
_EDGE_PIXELS = 8
# How deep the outermost cloth reaches, and how far colours are carried to it.
_BAND, _REACH = 4, 12
_SEEN = 128


def check_hollow(seen: Evidence, limits: Thresholds) -> Iterator[Check]:
    """Is the opening as it was made, free of the form, and all of the cloth there?"""
    if not is_taken_off(seen.spec):
        return
    front = next(seen.locked)
    inside = seen.covered_by_others(front)
    yield _check_opening(seen, front, inside, limits)
    yield _check_form(seen, front, inside, limits)
    yield _check_cloth(front, limits)


def _check_opening(seen: Evidence, front: Sight, inside: Pixels, limits: Thresholds) -> Check:
    made = np.ascontiguousarray(seen.rendered.rgba[front.region.slices][..., :3])
    solid = seen.rendered.product[front.region.slices] == 255
    part = dilated(inside > 0, _EDGE_PIXELS) & solid
    strange = _share(~near(front.shown, made, ENCODER_STEPS), part)
    return judged(
        "opening",
        value=strange,
        threshold=limits.opening,
        fails=reject_if(strange > limits.opening),
        good="The garment's opening is as it was made from the second photo.",
        bad="There is something in the garment's opening. Start the picture again.",
    )


def _check_form(seen: Evidence, front: Sight, inside: Pixels, limits: Thresholds) -> Check:
    left = _form_left(seen, front, inside)
    return judged(
        "form",
        value=left,
        threshold=limits.form,
        fails=reject_if(left > limits.form),
        good="Nothing of the mannequin is left in the opening.",
        bad="Part of the mannequin is left around the opening. Use a mannequin in another colour "
        "than the garment, on a plainer background.",
    )


def _form_left(seen: Evidence, front: Sight, inside: Pixels) -> float:
    """The share of the front's edge at the opening that looks like what was taken out of it.

    Measured on the line from the cloth's colour further in to the form's in the photograph.
    """
    cloth = front.visible >= 200
    deep = eroded(cloth, _BAND)
    edge = cloth & ~deep & dilated(inside > _SEEN, 2)
    made = np.ascontiguousarray(seen.rendered.rgba[front.region.slices][..., :3])
    colours = (
        mean_inside(front.shown, deep, _REACH),
        mean_inside(front.expected, front.visible < 8, _REACH),
        mean_inside(made, (inside >= 200) & (front.visible < 8), _REACH),
    )
    for _, known in colours:
        edge &= known
    if not edge.any():
        return 0.0
    own, form, behind = (lab_of(rgb[edge][None])[0] for rgb, _ in colours)
    shown = lab_of(front.shown[edge][None].astype(np.float32))[0]
    return float(is_old(shown, own, form, behind).mean())


def _check_cloth(front: Sight, limits: Thresholds) -> Check:
    lost = _lost(front)
    return judged(
        "cloth",
        value=lost,
        threshold=limits.cloth,
        fails=reject_if(lost > limits.cloth),
        good="All of the garment's cloth was kept.",
        bad="A part of the garment was taken for the mannequin. Use a mannequin in another colour.",
    )


def _lost(front: Sight) -> float:
    """The area of holes that cloth encloses and the photograph does not have, against its own."""
    whole = warp_alpha(front.item.cutout.alpha, front.placed.transform, front.region)
    cloth = front.visible >= _SEEN
    around = np.pad(~cloth, 1, constant_values=True).astype(np.uint8)
    labels = np.asarray(cv2.connectedComponents(around)[1])
    enclosed = (labels != labels[0, 0])[1:-1, 1:-1]
    holes = ~cloth & enclosed & (whole >= _SEEN)
    return int(holes.sum()) / max(int(cloth.sum()), 1)


def _share(wrong: Mask, among: Mask) -> float:
    return int((wrong & among).sum()) / max(int(among.sum()), 1)
