"""What a person should check about a cut-out, in words a merchant understands.

Only asks for a look: nothing here changes or refuses a cut-out.
"""

from __future__ import annotations

import numpy as np

from generation.imaging.pixels import Gray, Rgb
from generation.imaging.segmentation import Segmentation
from generation.imaging.subjects import PERSON, SEVERAL, count_things, is_drawing, shows_person

# Networks that agree less than this were wrong ten times out of sixteen.
_LEAST_AGREEMENT = 0.93
_LEAST_STABILITY = 0.85
_LEAST_COVERAGE, _MOST_COVERAGE = 0.01, 0.95
_MOST_SOFT = 0.35
_CUT_BORDER = 0.02
_CLEAR, _SOLID = 8, 247


def doubts_about(
    rgb: Rgb, alpha: Gray, found: Segmentation, *, networks: tuple[str, ...]
) -> tuple[str, ...]:
    """Say what a person should check; empty when nothing stands out.

    `rgb` is uint8 H x W x 3 sRGB and `alpha` uint8 H x W, both of the full picture.
    """
    coverage = coverage_of(alpha)
    things = count_things(alpha)
    checks = (
        (not networks, "Cut out by the ground's colour alone, since no network is installed."),
        (
            found.agreement < _LEAST_AGREEMENT,
            "The two networks disagree about what belongs to the product.",
        ),
        (
            found.stability < _LEAST_STABILITY,
            "The outline moved far from what the network saw.",
        ),
        (
            found.may_have_gaps,
            "Part of the product has the ground's colour: check for holes.",
        ),
        (coverage < _LEAST_COVERAGE, "The product fills less than 1 % of the picture."),
        (coverage > _MOST_COVERAGE, "Nearly the whole picture was taken for the product."),
        (
            _touched_borders(alpha) >= 2,
            "The product is cut off by two or more edges of the picture.",
        ),
        (
            _soft_share(alpha) > _MOST_SOFT,
            "Large parts came out half transparent, as with glass or fur.",
        ),
        (things > 1, f"There are {things} {SEVERAL}"),
        (is_drawing(rgb), "This looks like a graphic, not a photo."),
        (shows_person(rgb, alpha), PERSON),
    )
    return tuple(text for applies, text in checks if applies)


def coverage_of(alpha: Gray) -> float:
    """Give the share of the picture that the product fills."""
    return float(np.count_nonzero(alpha > 127) / alpha.size)


def _touched_borders(alpha: Gray) -> int:
    lines = (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1])
    return sum(bool(np.mean(line > 127) > _CUT_BORDER) for line in lines)


def _soft_share(alpha: Gray) -> float:
    any_object = np.count_nonzero(alpha > _CLEAR)
    soft = np.count_nonzero((alpha > _CLEAR) & (alpha < _SOLID))
    return float(soft / any_object) if any_object else 0.0
