from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import integrations.sandbox
from generation.imaging.gaps import find_gaps
from generation.preprocessing.decode import decode
from generation.quality.damage import fill_gap
from generation.quality.thresholds import DEFAULTS
from generation.types import Pixels

_PHOTOS = Path(integrations.sandbox.__file__).parent / "catalog" / "photos"
_MASKS = Path(__file__).parents[1] / "data" / "demo_masks"
_HANDLES = (
    "fjell-flask", "mug-chalk", "mug-ocean", "mug-terracotta", "orbit-speaker", "tote-natural",
    "tote-navy",
)  # fmt: skip


def _catalog(name: str) -> tuple[Pixels, Pixels]:
    rgb = decode((_PHOTOS / f"{name}.jpg").read_bytes()).rgb
    return rgb, np.asarray(Image.open(_MASKS / f"{name}.png").convert("L"))


@pytest.mark.parametrize("name", _HANDLES)
def test_it_sees_the_ground_in_a_handle_that_was_filled(name: str) -> None:
    rgb, alpha = _catalog(name)
    filled = fill_gap(rgb, alpha, 0.01)

    assert filled is not None
    assert max(gap.share for gap in find_gaps(rgb, filled)) > DEFAULTS.gap


def test_no_part_of_a_product_is_taken_for_a_gap() -> None:
    alarms = {
        mask.stem: gaps
        for mask in sorted(_MASKS.glob("*.png"))
        if (gaps := [gap for gap in find_gaps(*_catalog(mask.stem)) if gap.share > DEFAULTS.gap])
    }

    assert alarms == {}


def _ring(inside: int) -> tuple[Pixels, Pixels]:
    """A dark hoop on grey paper, filled; ``inside`` is the brightness of what it holds."""
    plane = np.full((400, 400, 3), 150, np.uint8)
    cv2.circle(plane, (200, 200), 120, (90, 30, 30), -1)
    cv2.circle(plane, (200, 200), 100, (inside,) * 3, -1)
    grain = np.random.default_rng(2).normal(0, 1.5, plane.shape)
    alpha = np.zeros((400, 400), np.uint8)
    cv2.circle(alpha, (200, 200), 120, 255, -1)
    return np.clip(plane + grain, 0, 255).astype(np.uint8), alpha


def test_the_colour_of_the_ground_is_what_tells() -> None:
    (gap,) = find_gaps(*_ring(150))

    assert gap.share == pytest.approx(100**2 / 120**2, abs=0.1)
    assert gap.lab[0] == pytest.approx(62, abs=1.5)
    assert find_gaps(*_ring(165)) == []


def test_a_photo_without_ground_has_no_gaps() -> None:
    rgb, _ = _ring(150)

    assert find_gaps(rgb, np.full((400, 400), 255, np.uint8)) == []
