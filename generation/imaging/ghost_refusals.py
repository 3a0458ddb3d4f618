"""Why two photographs give no hollow garment, in a merchant's words. No pixels here."""

from __future__ import annotations

from enum import StrEnum

from .pixels import ImageRejected


class Refusal(StrEnum):
    """What is wrong with a pair."""

    SAME_PICTURE = "same_picture"
    SWAPPED = "swapped"
    NO_MANNEQUIN = "no_mannequin"
    NO_OPENING = "no_opening"
    NO_EDGE = "no_edge"
    OTHER_COLOURS = "other_colours"
    OTHER_SHAPE = "other_shape"
    TOO_SMALL = "too_small"


# The API's code, and the sentence.
_SAID: dict[Refusal, tuple[str, str]] = {
    Refusal.SAME_PICTURE: (
        "wrong_pairing",
        "Both photos are the same picture. Choose the front on the mannequin, and a second photo "
        "that shows the inside of the collar.",
    ),
    Refusal.SWAPPED: (
        "wrong_pairing",
        "The two photos seem to be the wrong way round: the mannequin is in the second one. Make "
        "that one the front, and the other one the inside.",
    ),
    Refusal.NO_MANNEQUIN: (
        "no_mannequin",
        "No mannequin can be told from the garment in the front photo. A garment photographed "
        "without one needs a packshot preset; on a mannequin of its own colour it has to be "
        "photographed again, on one of another colour.",
    ),
    Refusal.NO_OPENING: (
        "no_opening",
        "No collar or waistband that one could look into was found in the front photo. Photograph "
        "it straight from the front, with the whole neck of the mannequin in the picture, or use "
        "a packshot preset.",
    ),
    Refusal.NO_EDGE: (
        "wrong_pairing",
        "The second photo shows no collar or waistband. Photograph the inside of the whole upper "
        "part, so that both shoulders can be seen.",
    ),
    Refusal.OTHER_COLOURS: (
        "wrong_pairing",
        "The second photo shows none of the colours of the garment in the first. Choose the inside "
        "of the same garment; where it is lined, let the outer cloth of the collar be seen too.",
    ),
    Refusal.OTHER_SHAPE: (
        "wrong_pairing",
        "The shoulders in the two photos do not fit together. Choose the inside of the same "
        "garment, photographed straight from the front with its shoulders spread alike.",
    ),
    Refusal.TOO_SMALL: (
        "inside_too_small",
        "The second photo shows too little of the inside to fill the opening. Photograph it from "
        "the back of the collar down to below the deepest point of the front's neckline.",
    ),
}


def rejected(reason: Refusal) -> ImageRejected:
    """Give the exception to raise."""
    return ImageRejected(*_SAID[reason])
