"""Shadows that leave a round stand and fall on what is below it, against path-traced truth."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.imaging.camera import Projection
from generation.imaging.cast import cast
from generation.imaging.solid import Solid, drum
from generation.inference.engines.studio.ground import Stage, set_stage
from generation.inference.engines.studio.levels import shaded_below, stand_mask
from generation.inference.engines.studio.lighting import light
from generation.inference.engines.studio.plate import PlateError, load_plate
from generation.inference.engines.studio.staging import largest, subject_of
from generation.types import Pixels
from tests.inference.stages import SIDE, jar, photo_of, towards, write_plate

# The podium's scene from above, traced with Mitsuba at 64 samples a pixel with and without a grey
# cylinder on it (radius 0.2, height 0.8): light with it by light without, times 200.
TRUTH = Path(__file__).resolve().parents[1] / "data" / "shadows" / "podium-top.png"
CYLINDER = drum(0.2, top=0.8, bottom=0.0, at=(0.0, 0.0))


def dais(folder: Path, *, azimuth: float = -90.0, below: Any = None, radius: float = 0.4) -> Stage:
    """A disk 0.3 above a floor of the first material, in light 40 degrees high."""
    levels = [{"drop": 0.3, "mask": 0}] if below is None else below
    write_plate(
        folder,
        stand={"shape": "disk", "radius": radius, "below": levels},
        light={"direction": towards(azimuth, 40.0), "angular_radius": 2.0},
    )
    return set_stage(load_plate("stage", folder), "top", "", width=SIDE, height=SIDE)


def on_floor(camera: Projection, z: float) -> Pixels:
    """Where each pixel's ray meets the plane at ``z``: x and y, H x W each."""
    ys, xs = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    at = np.linalg.inv(camera.plane(z)) @ np.stack([xs.ravel(), ys.ravel(), np.ones(SIDE * SIDE)])
    return np.asarray(at[:2] / at[2]).reshape(2, SIDE, SIDE)


def test_a_podiums_shadow_goes_on_as_a_path_tracer_says() -> None:
    truth = np.asarray(Image.open(TRUTH)).astype(float) / 200.0
    stage = set_stage(load_plate("podium"), "top", "", width=160, height=160)

    lost = shaded_below(stage, [CYLINDER])

    shaded = (stand_mask(stage) == 0) & (truth < 0.9)
    assert shaded.sum() > 100
    assert np.abs(1.0 - lost - truth)[shaded].mean() < 0.06
    assert (1.0 - truth)[shaded].mean() > 0.15


def test_what_the_stand_keeps_dark_is_not_darkened_again() -> None:
    truth = np.asarray(Image.open(TRUTH)).astype(float) / 200.0
    stage = set_stage(load_plate("podium"), "top", "", width=160, height=160)

    lost = shaded_below(stage, [CYLINDER])

    # The product alone would take half of the light there.
    beside = (stand_mask(stage) == 0) & (truth > 0.985)
    assert lost[beside].max() < 0.1


def test_the_shadow_below_is_moved_on_by_the_drop(folder: Path) -> None:
    # Masks say that the first material fills the left half, so the light comes from the right.
    stage = dais(folder, azimuth=90.0, radius=0.25)

    lost = shaded_below(stage, [drum(0.15, top=0.3, bottom=0.0, at=(0.0, 0.0))])

    x, _ = on_floor(stage.projection, -0.3)
    end = float(x[lost > 0.3].min())
    assert end == pytest.approx(-0.15 - 0.6 / math.tan(math.radians(40.0)), abs=0.03)


def test_nothing_below_is_shaded_that_is_not_of_the_floors_material(folder: Path) -> None:
    assert (
        not shaded_below(dais(folder, azimuth=-90.0), [CYLINDER])[:, SIDE // 2 + 1 :].max() > 0.51
    )
    other = dais(folder / "other", azimuth=90.0, below=[{"drop": 0.3, "mask": 2}])

    assert not shaded_below(other, [CYLINDER]).any()


def test_a_step_between_stand_and_floor_has_a_shadow_of_its_own(folder: Path) -> None:
    step = {"drop": 0.1, "mask": 0, "radius": 0.6}
    one = dais(folder, azimuth=90.0)
    two = dais(folder / "two", azimuth=90.0, below=[step, {"drop": 0.3, "mask": 0}])

    flat, stepped = (shaded_below(stage, [CYLINDER]) for stage in (one, two))

    away = np.hypot(*on_floor(two.projection, -0.1))
    on_step = (away > 0.45) & (away < 0.55)
    assert stepped[on_step].sum() > 1.5 * flat[on_step].sum()


def test_the_picture_shows_the_shadow_below(folder: Path) -> None:
    stage = dais(folder, azimuth=90.0, radius=0.3)
    actor = largest(subject_of(photo_of(jar()).cutout), stage, max_scale=0.4, lies=False)

    picture = light(stage, [actor])

    fallen = stage.ground.astype(int)[..., 1] - picture.ground[..., 1]
    beyond = np.hypot(*on_floor(stage.projection, 0.0)) > 0.34
    assert fallen[beyond].max() > 25


@pytest.mark.parametrize(
    "below",
    [
        [{"drop": 0.3, "mask": 0}, {"drop": 0.2, "mask": 0}],
        [{"drop": 0.2, "mask": 0}, {"drop": 0.3, "mask": 0}],
        [{"drop": 0.0, "mask": 0}],
    ],
)
def test_levels_that_cannot_be_are_refused(folder: Path, below: Any) -> None:
    with pytest.raises(PlateError, match="stand"):
        dais(folder, below=below)


def test_a_cylinders_shadow_is_cast_on_any_level_plane() -> None:
    def end(body: Solid, z: float) -> float:
        direction = towards(-90.0, 45.0)
        floor = cast([body], direction=(*direction,), angular_radius=0.2, z=z)  # type: ignore[arg-type]
        columns = np.flatnonzero((floor.values > 0.5).any(axis=0))
        return floor.left + (int(columns[-1]) + 1) * floor.cell

    assert end(CYLINDER, -0.4) == pytest.approx(end(CYLINDER, 0.0) + 0.4, abs=0.02)
