"""On busy grounds the outline is cut by colour, near what the networks saw and no farther."""

from __future__ import annotations

import cv2
import numpy as np

from generation.imaging.fuse import Opinions, graph_cut
from generation.imaging.pixels import Rgb


def test_it_leaves_a_neighbour_of_the_same_colour_behind() -> None:
    rng = np.random.default_rng(3)
    rgb = rng.integers(60, 140, (400, 520, 3), dtype=np.uint8)
    cv2.rectangle(rgb, (350, 60), (420, 330), (210, 170, 90), -1)
    cv2.circle(rgb, (250, 200), 110, (210, 170, 90), -1)
    clock = np.zeros(rgb.shape[:2], np.float32)
    cv2.circle(clock, (250, 200), 110, 1.0, -1)

    found = graph_cut(rgb, Opinions.of([clock, clock], leading=[False, False]))

    assert found[100:300, 372:420].max() < 0.5
    assert found[200, 250] > 0.9
    assert found[200, 145] > 0.9


def _busy() -> Rgb:
    """Dark gravel."""
    return np.random.default_rng(3).integers(10, 70, (400, 520, 3), dtype=np.uint8)


def test_it_closes_dark_print_deep_in_a_product_and_leaves_the_gap_of_a_sleeve_open() -> None:
    rgb, seen = _busy(), np.zeros((400, 520), np.float32)
    shirt, print_, sleeve = (120, 60), (230, 190, 22, 26), (150, 170, 12, 150)
    cv2.rectangle(rgb, shirt, (420, 360), (225, 222, 215), -1)
    cv2.rectangle(seen, shirt, (420, 360), 1.0, -1)
    for left, top, width, height in (print_, sleeve):
        rgb[top : top + height, left : left + width] = _busy()[:height, :width]

    found = graph_cut(rgb, Opinions.of([0.97 * seen, 0.97 * seen], leading=[False, False]))

    assert found[195:211, 234:248].min() > 0.9
    assert found[200:300, 154:158].max() < 0.1


def test_it_leaves_out_blades_that_only_colour_has_joined_to_the_product() -> None:
    rgb = np.full((400, 520, 3), (110, 160, 80), np.uint8)
    rgb += np.random.default_rng(3).integers(0, 60, rgb.shape, dtype=np.uint8)
    seen = np.zeros((400, 520), np.float32)
    cv2.circle(rgb, (250, 200), 110, (24, 24, 26), -1)
    cv2.circle(seen, (250, 200), 110, 1.0, -1)
    cv2.rectangle(rgb, (360, 198), (366, 203), (24, 26, 24), -1)

    found = graph_cut(rgb, Opinions.of([seen, seen], leading=[False, False]))

    assert found[199:202, 363:366].max() < 0.5
    assert found[200, 355] > 0.9


def test_it_keeps_a_dark_band_on_a_dark_ground_where_the_networks_are_sure() -> None:
    rgb, seen = _busy(), np.zeros((400, 520), np.float32)
    cv2.rectangle(rgb, (120, 60), (400, 340), (205, 170, 60), -1)
    cv2.rectangle(seen, (120, 60), (400, 340), 1.0, -1)
    rgb[300:341, 330:342] = _busy()[:41, :12]

    found = graph_cut(rgb, Opinions.of([0.95 * seen, 0.95 * seen], leading=[False, False]))

    assert found[310:335, 333:339].min() > 0.9
