"""The arithmetic under scenes: camera, recolouring, bodies, shadows and viewpoints."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.imaging import cast
from generation.imaging.camera import Camera, projection
from generation.imaging.color import to_linear
from generation.imaging.geometry import Box, product_box
from generation.imaging.recolour import dithered, linear, tinted
from generation.imaging.reflect import fresnel
from generation.imaging.solid import Solid, lying, standing
from generation.imaging.viewpoint import Viewpoint, estimate
from generation.types import Pixels
from integrations.sandbox.photographs.products import PHOTOS
from tests.inference.stages import jar, towards

MASKS = Path(__file__).resolve().parents[1] / "data" / "demo_masks"
AHEAD = Camera((0.0, -5.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 30.0)


def test_the_camera_sees_its_target_in_the_middle_and_up_as_up() -> None:
    camera = projection(AHEAD, side=400, left=0, top=0)

    middle, right, up = camera.pixels([(0, 0, 0), (1, 0, 0), (0, 0, 1)])

    unit = 200 / math.tan(math.radians(15)) / 5
    assert middle == pytest.approx((200, 200))
    assert right == pytest.approx((200 + unit, 200))
    assert up == pytest.approx((200, 200 - unit))


def test_a_crop_moves_the_picture_and_keeps_its_scale() -> None:
    whole, part = (projection(AHEAD, side=400, left=x, top=y) for x, y in ((0, 0), (50, 20)))

    point = [(0.3, 0.5, 0.2)]
    assert part.pixels(point)[0] == pytest.approx(whole.pixels(point)[0] - (50, 20))
    assert part.scale_at((0.3, 0.5, 0.2)) == pytest.approx(whole.scale_at((0.3, 0.5, 0.2)))


def test_the_scale_is_pixels_per_unit_at_that_depth() -> None:
    camera = projection(AHEAD, side=400, left=37, top=11)

    one, other = camera.pixels([(0, 2, 0), (1, 2, 0)])
    assert camera.scale_at((0, 2, 0)) == pytest.approx(other[0] - one[0])


def test_a_pixel_of_the_floor_leads_back_to_its_point() -> None:
    above = Camera((1.0, -4.0, 3.0), (0.2, 0.0, 0.3), (0.0, 0.0, 1.0), 24.0)
    camera = projection(above, side=500, left=0, top=100)

    at = camera.pixels([(0.4, -0.3, 0.0)])[0]
    assert camera.floor_point(*at) == pytest.approx((0.4, -0.3))


def test_exact_bytes_survive_the_way_through_linear_light() -> None:
    every = np.arange(256, dtype=np.uint8).repeat(900).reshape(480, 160, 3)

    assert np.array_equal(dithered(linear(every)), every)


def test_dither_keeps_the_mean_between_two_bytes() -> None:
    one, other = to_linear(np.array([120, 121], np.uint8))
    between = one * 0.7 + other * 0.3

    flat = dithered(np.full((256, 256, 3), between, np.float32))

    assert set(np.unique(flat)) == {120, 121}
    assert flat.mean() == pytest.approx(120.3, abs=0.05)


def test_a_variation_multiplies_linear_light_by_material_and_lamp() -> None:
    rgb = np.full((64, 64, 3), 180, np.uint8)
    masks = np.zeros_like(rgb)
    masks[:, :32, 0], masks[:, 32:, 1] = 255, 128
    tints = [(0.5, 0.8, 1.0), (1.0, 0.4, 1.0), (9.0, 9.0, 9.0)]

    out = tinted(rgb, masks, tints=tints, light=(1.0, 1.0, 0.6))

    light = to_linear(rgb[:1, :1])[0, 0]
    left = light * (0.5, 0.8, 0.6)
    right = light * (1.0, 1 + 128 / 255 * -0.6, 0.6)
    assert to_linear(out[:, :32]).mean(axis=(0, 1)) == pytest.approx(left, rel=0.01)
    assert to_linear(out[:, 32:]).mean(axis=(0, 1)) == pytest.approx(right, rel=0.01)


def test_a_variation_of_ones_changes_no_byte() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (100, 70, 3), dtype=np.uint8)
    ones = [(1.0, 1.0, 1.0)] * 3

    assert np.array_equal(tinted(rgb, rgb, tints=ones, light=(1.0, 1.0, 1.0)), rgb)


def test_a_low_camera_sees_more_reflection_than_a_high_one() -> None:
    assert fresnel(0.04, 90) == pytest.approx(0.04)
    assert fresnel(0.04, 5) > 0.5 > fresnel(0.04, 30)


def stood(alpha: Pixels | None = None) -> Solid:
    outline = jar(30.0) if alpha is None else alpha
    box = product_box(outline)
    seen = estimate(outline, box)
    return standing(outline, outline, box, seen, at=(0.0, 0.0), unit=400.0, fallback_elevation=20.0)


def test_a_cylinder_is_as_high_and_as_deep_as_it_was() -> None:
    body = stood()

    radius = 360 * 0.3 / 400
    straight = (480 * 0.9 - 2 * 360 * 0.3 * math.sin(math.radians(30)) / 2 - 480 * 0.2) / 400
    assert body.half_width == pytest.approx(radius, rel=0.08)
    assert body.half_depth == pytest.approx(radius, rel=0.08)
    assert body.height == pytest.approx(straight / math.cos(math.radians(30)), rel=0.06)


@pytest.mark.parametrize("elevation", [30.0, 45.0, 60.0])
def test_a_shadow_is_as_long_as_the_light_is_low(elevation: float) -> None:
    body = stood()

    floor = cast.cast([body], direction=_vector(-90.0, elevation), angular_radius=0.2)

    columns = np.flatnonzero((floor.values > 0.5).any(axis=0))
    end = floor.left + (columns[-1] + 1) * floor.cell
    length = body.height / math.tan(math.radians(elevation))
    assert end == pytest.approx(body.half_width + length, abs=0.03)


def test_a_shadow_points_away_from_the_light() -> None:
    floor = cast.cast([stood()], direction=_vector(-135.0, 45.0), angular_radius=1.0)

    rows, columns = np.nonzero(floor.values > 0.5)
    x = floor.left + (columns.mean() + 0.5) * floor.cell
    y = floor.far - (rows.mean() + 0.5) * floor.cell
    assert math.degrees(math.atan2(x, y)) == pytest.approx(45.0, abs=3.0)


def test_the_penumbra_grows_with_the_distance_and_with_the_lamp() -> None:
    def softness(angular_radius: float, x: float) -> float:
        floor = cast.cast([stood()], direction=_vector(-90.0, 40.0), angular_radius=angular_radius)
        column = floor.values[:, round((x - floor.left) / floor.cell)]
        return int(((column > 0.1) & (column < 0.9)).sum()) * floor.cell

    assert softness(4.0, 0.9) > 2 * softness(4.0, 0.35)
    assert softness(12.0, 0.9) > 2 * softness(4.0, 0.9)


def test_a_grazing_light_throws_no_endless_shadow() -> None:
    floor = cast.cast([stood()], direction=_vector(-90.0, 9.0), angular_radius=3.0)

    assert floor.values.shape[1] * floor.cell < 4.0
    assert np.all(floor.values[:, -1] == 0)


def test_the_sky_is_dimmest_at_the_foot_and_whole_far_away() -> None:
    floor = cast.dim([stood()])

    middle = floor.values[round(floor.far / floor.cell)]
    near = middle[round((0.33 - floor.left) / floor.cell)]
    far = middle[round((0.9 - floor.left) / floor.cell)]
    assert near > 0.25 > far
    assert floor.values[0].max() < 0.05


def test_what_lies_is_flat_and_its_shadow_short() -> None:
    alpha = np.zeros((300, 200), np.uint8)
    alpha[50:250, 40:160] = 255

    body = lying(alpha, alpha, Box(40, 50, 160, 250), at=(0.0, 0.0), unit=200.0)
    floor = cast.cast([body], direction=_vector(-90.0, 45.0), angular_radius=2.0)

    columns = np.flatnonzero((floor.values > 0.5).any(axis=0))
    assert body.height < 0.08
    assert floor.left + columns[-1] * floor.cell == pytest.approx(0.3, abs=0.06)


def test_a_cord_along_the_floor_is_no_disc() -> None:
    alpha = jar(10.0)
    alpha[400:406, 5:200] = 255

    floor = cast.cast([stood(alpha)], direction=_vector(0.0, 60.0), angular_radius=1.0)

    beside = floor.values[:, round((-0.38 - floor.left) / floor.cell)]
    assert 0 < (beside > 0.5).sum() * floor.cell < 0.08


# What the camera of a demo photograph sees of the table under the product, worked out from its
# place; the outline is read without knowing it. Balls and feet in a row tell nothing.
READABLE = (
    "mug-chalk",
    "mug-ocean",
    "mug-terracotta",
    "fig-candle",
    "forest-honey",
    "olive-oil",
    "hand-wash",
    "vitamin-serum",
    "fjell-flask",
    "reading-lamp",
    "earl-grey",
)


@pytest.mark.parametrize("name", READABLE)
def test_the_elevation_of_demo_photographs_is_read_to_a_few_degrees(name: str) -> None:
    photo = next(one for one in PHOTOS if one.name == name)
    x, y, z = photo.camera.origin
    truth = math.degrees(math.atan2(z, math.hypot(x, y)))

    seen = _estimated(name)

    assert seen.confidence > 0.5
    assert not seen.lies_flat
    assert seen.elevation == pytest.approx(truth, abs=8.0)


@pytest.mark.parametrize("name", ["kyusu-teapot", "breakfast-bowl"])
def test_round_undersides_and_single_edges_admit_that_they_do_not_tell(name: str) -> None:
    assert _estimated(name).confidence < 0.15


def _estimated(name: str) -> Viewpoint:
    alpha = np.asarray(Image.open(MASKS / f"{name}.png").convert("L"))
    return estimate(alpha, product_box(alpha))


def _vector(azimuth: float, elevation: float) -> tuple[float, float, float]:
    x, y, z = towards(azimuth, elevation)
    return x, y, z
