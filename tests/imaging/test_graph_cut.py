"""On busy grounds the outline is cut by colour, near what the networks saw and no farther."""

from __future__ import annotations

import cv2
import numpy as np

from generation.imaging.fuse import Opinions, graph_cut


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
