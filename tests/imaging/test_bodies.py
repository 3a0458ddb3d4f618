"""Where products touch down, and the bodies guessed from their outlines."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from generation.imaging.cast import cast
from generation.imaging.compose import Layer
from generation.imaging.geometry import Region, product_box
from generation.imaging.reflect import Contact, crease
from generation.imaging.solid import lying, standing
from generation.imaging.viewpoint import Viewpoint, estimate
from generation.types import Pixels

SIDE = 600


def carton(steep: float = 1.05) -> Pixels:
    """A carton's outline with its corner to the camera, one side steep, one flat, a bit rough."""
    front, left, right = (200, 520), (100, 520 - round(100 * steep)), (520, 440)
    up = 250
    corners = [front, right, (right[0], right[1] - up), (420, 140), (left[0], left[1] - up), left]
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(alpha, [np.array(corners)], 255, lineType=cv2.LINE_AA)
    rough = np.random.default_rng(3).normal(0, 25, alpha.shape)
    soft = cv2.GaussianBlur(alpha, (0, 0), 1.5).astype(float)
    return np.where(np.abs(soft - 127) < 100, np.clip(soft + rough, 0, 255), soft).astype(np.uint8)


def seen(alpha: Pixels) -> Viewpoint:
    return estimate(alpha, product_box(alpha))


def layer_of(alpha: Pixels) -> Layer:
    color = np.zeros((*alpha.shape, 3), np.uint8)
    return Layer(color, alpha, Region(0, 0, alpha.shape[1], alpha.shape[0]))


def touch(view: Viewpoint) -> Contact:
    line = np.array(view.base.line)
    return Contact(line[:, 0], line[:, 1])


def test_a_steep_lower_edge_of_a_carton_is_on_the_floor() -> None:
    view = seen(carton())

    sine = math.sqrt(1.05 * 80 / 320)
    assert view.base.shape == "corner"
    assert view.base.left == pytest.approx(100, abs=8)
    assert view.elevation == pytest.approx(math.degrees(math.asin(sine)), abs=3)


def test_no_part_of_a_body_is_beside_its_outline() -> None:
    alpha = carton()
    view = seen(alpha)
    # As if the left face had been taken for something that does not stand on the floor.
    short = replace(view.base, line=tuple(p for p in view.base.line if p[0] > 190), left=190.0)
    box, angle = product_box(alpha), math.radians(view.elevation)
    body = standing(
        alpha,
        alpha,
        box,
        replace(view, base=short),
        at=(0.0, 0.0),
        unit=1.0,
        fallback_elevation=30.0,
    )

    middle = short.bottom - body.half_depth * math.sin(angle)
    near = cv2.dilate(alpha, np.ones((13, 13), np.uint8)) > 127
    for piece in body.slices:
        rows, columns = np.nonzero(piece.cover > 0.5)
        x = piece.x + piece.cell * columns + short.centre
        y = piece.y - piece.cell * rows
        row = middle - y * math.sin(angle) - piece.z * math.cos(angle)
        inside = near[
            np.clip(np.rint(row), 0, SIDE - 1).astype(int),
            np.clip(np.rint(x), 0, SIDE - 1).astype(int),
        ]
        assert inside.all()


def test_the_crease_fades_out_before_its_region_ends() -> None:
    alpha = carton()

    dark, region = crease(layer_of(alpha), touch(seen(alpha)), squash=0.5, size=(SIDE, SIDE))

    rim = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    assert region.left < 100 - 10
    assert dark.max() > 0.35
    assert rim.max() < 0.02


def test_the_crease_does_not_fill_the_loop_of_a_strap() -> None:
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(alpha, (100, 200), (350, 500), 255, -1)
    cv2.ellipse(alpha, (400, 440), (60, 58), 0, 0, 360, 255, 8)
    contact = Contact(np.array([100.0, 450.0]), np.array([500.0, 500.0]))

    dark, region = crease(layer_of(alpha), contact, squash=0.5, size=(SIDE, SIDE))

    loop = dark[: 484 - region.top, 390 - region.left : 410 - region.left]
    assert loop.size
    assert loop.max() < 0.05


def test_the_shadow_of_what_lies_has_no_steps_in_its_edge() -> None:
    alpha = np.zeros((1200, 1200), np.uint8)
    cv2.circle(alpha, (600, 600), 500, 255, -1, lineType=cv2.LINE_AA)
    body = lying(alpha, alpha, product_box(alpha), at=(0.0, 0.0), unit=1200.0)

    floor = cast([body], direction=(-0.69, 0.0, 0.724), angular_radius=0.1)

    # Where each row's shadow ends on the right, to a fraction of a cell.
    middle = round(floor.far / floor.cell)
    rows = floor.values[middle - 80 : middle + 80]
    last = rows.shape[1] - 1 - np.argmax(rows[:, ::-1] >= 0.5, axis=1)
    here, after = (rows[np.arange(len(rows)), last + step] for step in (0, 1))
    edge = last + (here - 0.5) / np.maximum(here - after, 1e-3)
    bend = np.polyval(np.polyfit(np.arange(160), edge, 4), np.arange(160))
    assert np.abs(edge - bend).max() < 1.0


def stool() -> Pixels:
    """A seat on two legs, the right one farther back."""
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(alpha, (300, 200), (200, 60), 0, 0, 360, 255, -1)
    cv2.rectangle(alpha, (100, 200), (500, 260), 255, -1)
    cv2.rectangle(alpha, (150, 250), (180, 520), 255, -1)
    cv2.rectangle(alpha, (420, 250), (450, 500), 255, -1)
    return alpha


def test_a_leg_casts_its_shadow_from_where_it_touches_down() -> None:
    alpha = stool()
    view, box = seen(alpha), product_box(alpha)
    body = standing(alpha, alpha, box, view, at=(0.0, 0.0), unit=SIDE, fallback_elevation=30.0)

    floor = cast([body], direction=(-0.643, 0.0, 0.766), angular_radius=0.3)

    # Just beside the left leg, as far in front of the middle of the base as its foot is.
    x = (180 + 12 - view.base.centre) / SIDE
    column = floor.values[:, round((x - floor.left) / floor.cell)]
    rows = np.flatnonzero(column > 0.5)
    y = floor.far - (rows + 0.5) * floor.cell
    assert y.min() == pytest.approx(-body.half_depth, abs=0.04)
    assert y.max() - y.min() < 0.08


def test_each_thing_of_a_set_stands_at_its_own_depth() -> None:
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    for left, bottom in ((120, 440), (320, 500)):
        cv2.rectangle(alpha, (left, 150), (left + 140, bottom), 255, -1)
        cv2.ellipse(alpha, (left + 70, bottom), (70, 28), 0, 0, 360, 255, -1)
    view, box = seen(alpha), product_box(alpha)
    body = standing(alpha, alpha, box, view, at=(0.0, 0.0), unit=SIDE, fallback_elevation=24.0)

    floor = cast([body], direction=(0.0, 0.0, 1.0), angular_radius=0.3)

    depths = []
    for middle in (190, 390):
        x = (middle - view.base.centre) / SIDE
        rows = np.flatnonzero(floor.values[:, round((x - floor.left) / floor.cell)] > 0.5)
        depths.append(floor.far - (rows.mean() + 0.5) * floor.cell)
    sine = math.sin(math.radians(view.elevation))
    assert depths[0] - depths[1] == pytest.approx(60 / SIDE / sine, abs=0.04)
