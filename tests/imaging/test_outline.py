from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

import integrations.sandbox
from generation.imaging.outline import astray
from generation.preprocessing.decode import decode
from generation.quality.damage import keep_old_ground
from generation.quality.thresholds import DEFAULTS
from generation.types import Pixels

_PHOTOS = Path(integrations.sandbox.__file__).parent / "catalog" / "photos"
_MASKS = Path(__file__).parents[1] / "data" / "demo_masks"


def _catalog() -> Iterator[tuple[str, Pixels, Pixels]]:
    for mask in sorted(_MASKS.glob("*.png")):
        photo = decode((_PHOTOS / f"{mask.stem}.jpg").read_bytes())
        yield mask.stem, photo.rgb, np.asarray(Image.open(mask).convert("L"))


def test_a_true_outline_follows_the_photos_edges_and_a_wide_one_does_not() -> None:
    for name, rgb, alpha in _catalog():
        wide = keep_old_ground(rgb, alpha, 10.0)
        assert wide is not None
        assert astray(rgb, alpha) < DEFAULTS.outline < astray(rgb, wide), name


def test_even_four_pixels_of_a_pale_ground_around_a_white_mug_are_told() -> None:
    rgb, alpha = next((rgb, alpha) for name, rgb, alpha in _catalog() if name == "mug-chalk")
    wide = keep_old_ground(rgb, alpha, 4.0)

    assert wide is not None
    assert astray(rgb, wide) > DEFAULTS.outline


def test_nothing_is_said_of_an_outline_on_a_busy_ground() -> None:
    busy = np.random.default_rng(1).integers(0, 255, (300, 300, 3)).astype(np.uint8)
    alpha = np.zeros((300, 300), np.uint8)
    alpha[100:200, 100:200] = 255

    assert astray(busy, alpha) == 0.0
