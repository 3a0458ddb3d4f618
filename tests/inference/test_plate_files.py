from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from generation.inference.engines.studio.ground import set_stage
from generation.inference.engines.studio.plate import PlateError, load_plate
from generation.inference.render import render
from generation.types import Pixels
from tests.inference.stages import SIDE, floor, spec, towards, write_plate
from tests.props import can


def test_an_unknown_plate_names_those_there_are(folder: Path) -> None:
    write_plate(folder, "marble")

    with pytest.raises(PlateError, match=r'no plate "stage". It has: marble\.'):
        render(can(), spec(), 7)


def test_an_unknown_variation_names_those_there_are(folder: Path) -> None:
    write_plate(folder)

    with pytest.raises(PlateError, match=r'no variation "pink". It has: plain, sage\.'):
        render(can(), spec(variation="pink"), 7)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("views__front__camera__fov", 0.0),
        ("light__direction", [0.0, 0.0, 2.0]),
        ("light__direction", [1.0, 0.0, 0.0]),
        ("stand__radius", 0.5),
        ("variations", []),
    ],
)
def test_a_broken_description_names_the_file_and_the_field(
    folder: Path, field: str, value: Any
) -> None:
    write_plate(folder, **{field: value})

    with pytest.raises(PlateError) as caught:
        load_plate("stage", folder)

    assert "stage/plate.json" in caught.value.message
    assert field.split("__")[0] in caught.value.message


def test_a_missing_picture_is_named(folder: Path) -> None:
    home = write_plate(folder)
    (home / "top-masks.webp").unlink()

    with pytest.raises(PlateError, match=r"stage/plate.json names top-masks.webp"):
        load_plate("stage", folder)


def test_a_plate_rendered_again_is_read_again(folder: Path) -> None:
    home = write_plate(folder)
    before = render(can(), spec("front"), 7)
    darker: Pixels = (floor() // 2).astype(np.uint8)
    cv2.imwrite(str(home / "front.webp"), darker, [cv2.IMWRITE_WEBP_QUALITY, 101])

    after = render(can(), spec("front"), 7)

    assert after.rgba[:20, :, 0].mean() < 0.6 * before.rgba[:20, :, 0].mean()


@pytest.mark.parametrize(("azimuth", "angle"), [(-90.0, 0.0), (90.0, 180.0)])
def test_it_states_the_safe_area_and_where_shadows_fall(
    folder: Path, azimuth: float, angle: float
) -> None:
    write_plate(folder, light__direction=towards(azimuth, 45.0))

    facts = render(can(), spec("three_quarter"), 7).facts
    stage = set_stage(load_plate("stage", folder), "three_quarter", "", width=SIDE, height=SIDE)

    assert facts["shadow_angle"] == pytest.approx(angle, abs=0.5)
    assert [share * SIDE for share in facts["safe_area"]] == pytest.approx(
        [stage.safe.left, stage.safe.top, stage.safe.right, stage.safe.bottom], abs=0.1
    )


def test_it_states_no_angle_for_light_from_overhead(folder: Path) -> None:
    write_plate(folder, light__direction=towards(0.0, 88.0))

    assert "shadow_angle" not in render(can(), spec("front"), 7).facts
