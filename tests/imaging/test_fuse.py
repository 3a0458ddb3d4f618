from __future__ import annotations

import cv2
import numpy as np

from generation.imaging.border_model import fit_border
from generation.imaging.fuse import Opinions, fuse_colour
from generation.imaging.pixels import Gray, Plane

_SIDE = 500


def _charger() -> tuple[Gray, Gray]:
    """The block of a charger, and the cord that runs far away from it."""
    block, cord = (np.zeros((_SIDE, _SIDE), np.uint8) for _ in range(2))
    cv2.rectangle(block, (90, 200), (190, 320), 255, -1)
    points = np.array([(188, 260), (260, 350), (340, 150), (420, 240)], np.int32)
    cv2.polylines(cord, [points], False, 255, 4, cv2.LINE_AA)
    return block, cord


def _alpha(product: Gray, seen: Gray) -> Plane:
    grain = np.random.default_rng(6).normal(0, 1, (_SIDE, _SIDE, 1))
    cover = cv2.GaussianBlur(product, (0, 0), 0.7)[..., None] / 255.0
    colour = cover * np.array((40, 44, 50)) + (1 - cover) * 236 + grain
    border = fit_border(np.clip(colour, 0, 255).astype(np.uint8))
    opinions = Opinions.of([(seen / 255).astype(np.float32)], leading=[False])
    return fuse_colour(opinions, border).alpha


def test_it_follows_a_cord_that_the_networks_have_missed() -> None:
    block, cord = _charger()

    alpha = _alpha(np.maximum(block, cord), block)

    assert np.mean(alpha[cord == 255] > 0.5) > 0.95


def test_it_leaves_a_line_that_runs_out_of_the_picture() -> None:
    block, line = _charger()[0], np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.line(line, (0, 320), (_SIDE, 320), 255, 3)

    alpha = _alpha(np.maximum(block, line), block)

    assert np.mean(alpha[line == 255][-200:] > 0.5) < 0.05


def test_it_leaves_what_does_not_touch_the_product() -> None:
    block, cord = _charger()
    cord[:, :230] = 0

    alpha = _alpha(np.maximum(block, cord), block)

    assert not np.any(alpha[cord == 255] > 0.5)
