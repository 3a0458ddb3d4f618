from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from generation.imaging.geometry import Region, warp
from generation.imaging.metrics import eroded
from generation.inference.engine import engine_for
from generation.inference.engines.studio.ground import Stage, set_stage
from generation.inference.engines.studio.lighting import light
from generation.inference.engines.studio.plate import load_plate
from generation.inference.engines.studio.scene import choose_view
from generation.inference.engines.studio.staging import (
    Actor,
    contact,
    fits,
    largest,
    stand,
    subject_of,
)
from generation.inference.render import engine_version, render
from generation.quality.verify import verify
from generation.spec.parts import Scene
from generation.types import Prepared, Rendered, Verdict
from tests.inference.stages import SIDE, floor, jar, photo_of, spec, towards, write_plate
from tests.props import can, made


def staged(folder: Path, photo: Prepared, view: str = "three_quarter") -> tuple[Stage, Actor]:
    stage = set_stage(load_plate("stage", folder), view, "", width=SIDE, height=SIDE)  # type: ignore[arg-type]
    subject = subject_of(photo.cutout)
    return stage, largest(subject, stage, max_scale=2.0, lies=view == "top")


def darkening(rendered: Rendered) -> np.ndarray:
    ground = rendered.ground
    assert ground is not None
    return floor().astype(int)[..., 1] - ground[..., 1]


def test_the_products_pixels_are_the_sources_own_after_one_transform(folder: Path) -> None:
    write_plate(folder)
    photo = can()

    rendered = render(photo, spec(), 7)

    moved = warp(photo.image.rgb, rendered.transform, Region(0, 0, SIDE, SIDE))
    inside = eroded(rendered.product == 255, 4)
    assert inside.sum() > 5_000
    assert np.abs(rendered.rgba[..., :3].astype(int) - moved)[inside].max() <= 1


def test_the_ground_outside_the_product_is_the_recorded_ground(folder: Path) -> None:
    write_plate(folder)

    rendered = render(can(), spec(), 7)

    outside = rendered.product == 0
    assert rendered.ground is not None
    assert np.array_equal(rendered.rgba[outside][:, :3], rendered.ground[outside])
    assert np.all(rendered.rgba[..., 3] == 255)


def test_the_plate_is_untouched_away_from_the_product(folder: Path) -> None:
    write_plate(folder)

    rendered = render(can(), spec("front"), 7)

    assert np.all(darkening(rendered)[: SIDE // 2, :20] == 0)
    assert np.all(darkening(rendered)[: SIDE // 2, -20:] == 0)
    assert np.all(darkening(rendered)[:30] == 0)


def test_the_same_arguments_give_the_same_bytes(folder: Path) -> None:
    write_plate(folder)

    assert np.array_equal(render(can(), spec(), 7).rgba, render(can(), spec(), 8).rgba)


def test_the_manifest_tells_the_plate_the_view_and_why(folder: Path) -> None:
    write_plate(folder)

    facts = render(photo_of(jar(30.0)), spec(variation="sage"), 7).facts

    assert facts["plate"] == "stage@3"
    assert facts["variation"] == "sage"
    assert facts["view"] == "three_quarter"
    assert "degrees" in facts["view_reason"]


def test_a_new_version_of_the_plate_is_a_new_engine_version(folder: Path) -> None:
    write_plate(folder)

    assert engine_version(spec()) == f"{engine_for('scene').version}+stage@3"


def test_the_base_touches_down_on_the_stands_plane(folder: Path) -> None:
    write_plate(folder)
    stage, actor = staged(folder, photo_of(jar(30.0)))

    touching = contact(actor)
    front = stage.projection.floor_point(float(touching.columns.mean()), float(touching.bottom))

    base = actor.subject.viewpoint.base
    assert front[1] == pytest.approx(-base.half_width / actor.unit, abs=0.02)
    assert front[0] == pytest.approx(0.0, abs=0.02)


def test_the_product_fills_the_safe_area(folder: Path) -> None:
    write_plate(folder)
    stage, actor = staged(folder, photo_of(jar(30.0, width=720, height=960)))

    assert fits(actor, stage)
    assert actor.box.top == pytest.approx(stage.safe.top, abs=1.5)


def test_the_product_is_never_enlarged_past_the_limit(folder: Path) -> None:
    write_plate(folder)
    stage, _ = staged(folder, photo_of(jar()))
    small = subject_of(photo_of(jar(width=60, height=80)).cutout)

    assert largest(small, stage, max_scale=1.5, lies=False).transform.scale == 1.5


def test_a_base_does_not_hang_over_a_podiums_edge(folder: Path) -> None:
    write_plate(folder, stand={"shape": "disk", "radius": 0.12})
    _, actor = staged(folder, photo_of(jar()))

    assert actor.subject.viewpoint.base.half_width / actor.unit <= 0.12


@pytest.mark.parametrize(("azimuth", "side"), [(-90.0, 1), (90.0, -1)])
def test_the_shadow_falls_away_from_the_light(folder: Path, azimuth: float, side: int) -> None:
    light_from = {"direction": towards(azimuth, 45.0), "angular_radius": 4.0}
    write_plate(folder, light=light_from)

    rendered = render(photo_of(jar()), spec(), 7)

    dark = np.where(rendered.product == 0, darkening(rendered), 0)
    left, right = dark[:, : SIDE // 2].sum(), dark[:, SIDE // 2 :].sum()
    assert (right - left) * side > 0.3 * (left + right)


def test_a_smaller_share_of_key_light_makes_a_fainter_shadow(folder: Path) -> None:
    write_plate(folder)
    write_plate(folder, "dim", views__three_quarter__key_share=0.2)
    photo = photo_of(jar())

    strong = render(photo, spec("three_quarter"), 7)
    scene = Scene(plate="dim", view="three_quarter")
    faint = render(photo, spec().model_copy(update={"scene": scene}), 7)

    row = int(np.flatnonzero(strong.product.any(axis=1))[-1]) - 25
    column = int(np.flatnonzero(strong.product[row])[-1]) + 25
    assert darkening(strong)[row, column] > 1.5 * darkening(faint)[row, column] > 0


def test_the_shadow_ends_with_the_podium(folder: Path) -> None:
    write_plate(folder, stand={"shape": "disk", "radius": 0.4})
    stage, actor = staged(folder, photo_of(jar()))

    picture = light(stage, [actor])

    ys, xs = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    at = np.linalg.inv(stage.projection.floor) @ np.stack(
        [xs.ravel(), ys.ravel(), xs.ravel() * 0 + 1]
    )
    beyond = (np.hypot(at[0] / at[2], at[1] / at[2]) > 0.45).reshape(SIDE, SIDE)
    # Light that spills over is behind the product's soft edge.
    beyond &= picture.product == 0
    fallen = stage.ground.astype(int) - picture.ground
    assert fallen[beyond].max() <= 0


def test_a_glossy_stand_mirrors_the_product_and_a_matte_one_does_not(folder: Path) -> None:
    red = photo_of(jar(10.0), (200, 20, 20))

    def redness(roughness: float) -> float:
        name = f"r{round(roughness * 100)}"
        write_plate(folder, name, surface={"roughness": roughness, "reflectance": 0.04})
        stage = set_stage(load_plate(name, folder), "front", "", width=SIDE, height=SIDE)
        actor = largest(subject_of(red.cutout), stage, max_scale=2.0, lies=False)
        ground = light(stage, [actor]).ground.astype(int)
        row, column = int(actor.box.bottom) + 12, int(contact(actor).columns.mean())
        return float(ground[row, column, 0] - ground[row, column, 1])

    glossy, satin, matte = (redness(roughness) for roughness in (0.05, 0.5, 1.0))

    assert glossy > satin + 5 > matte + 5
    assert matte == 0


def test_a_dark_product_leaves_no_black_hole_in_a_glossy_stand(folder: Path) -> None:
    write_plate(folder, surface={"roughness": 0.05, "reflectance": 0.7})
    stage, actor = staged(folder, photo_of(jar(30.0), (20, 20, 20)), "front")

    picture = light(stage, [actor])

    assert picture.ground[picture.product == 0].min() > 30


def test_a_glossy_stand_mirrors_the_whole_product(folder: Path) -> None:
    write_plate(folder, surface={"roughness": 0.05, "reflectance": 0.7})
    stage, _ = staged(folder, photo_of(jar()), "front")
    small = subject_of(photo_of(jar(10.0), (20, 20, 20)).cutout)
    actor = largest(small, stage, max_scale=0.2, lies=False)

    fallen = stage.ground.astype(int) - light(stage, [actor]).ground

    column = int(contact(actor).columns.mean())
    assert fallen[int(actor.box.bottom + 0.85 * actor.box.height), column, 1] > 20


def test_who_stands_in_front_hides_who_stands_behind(folder: Path) -> None:
    write_plate(folder)
    stage, _ = staged(folder, photo_of(jar()))
    subject = subject_of(photo_of(jar()).cutout)
    actors = [stand(subject, stage, scale=0.4, at=at) for at in ((0.0, 0.2), (0.06, -0.1))]

    picture = light(stage, actors)

    behind, front = (alpha.astype(int) for alpha in picture.visible)
    assert np.all(behind + front <= 255)
    assert np.array_equal(np.maximum(behind, front)[front == 255], front[front == 255])
    assert 0 < (behind == 255).sum() < (front == 255).sum()
    assert np.array_equal((picture.product == 255), (behind == 255) | (front == 255)) or (
        np.abs(picture.product - behind - front).max() <= 1
    )


def test_what_lies_is_laid_in_the_top_view_with_a_shadow_all_along_it(folder: Path) -> None:
    write_plate(folder)
    alpha = np.zeros((300, 300), np.uint8)
    cv2.rectangle(alpha, (60, 40), (240, 260), 255, -1)

    rendered = render(photo_of(alpha), spec("top"), 7)

    columns = np.flatnonzero((rendered.product == 255).any(axis=0))
    shade = darkening(rendered)
    assert rendered.facts["view"] == "top"
    assert shade[150:250, columns[-1] + 2].min() > 5
    assert shade[150:250, columns[0] - 6].max() < shade[150:250, columns[-1] + 2].min()


def test_the_stage_is_seen_through_glass(folder: Path) -> None:
    write_plate(folder)
    photo = photo_of(jar())
    passed = np.full((*jar().shape, 3), 255, np.uint8)
    passed[jar() == 255] = (200, 220, 230)
    passed[90:150][jar()[90:150] == 255] = 0
    alpha = np.where(np.arange(480)[:, None] < 150, jar(), 0).astype(np.uint8)
    glass = replace(photo.cutout, alpha=alpha, transmission=passed)
    item = replace(photo.items[0], cutout=glass)

    rendered = render(Prepared((item,)), spec(), 7)

    solid = render(photo, spec(), 7)
    body = eroded((solid.product == 255) & (rendered.placed[0].alpha == 0), 8)
    seen = rendered.rgba[body][:, :3].astype(float)
    assert rendered.transform.scale == pytest.approx(solid.transform.scale, rel=0.02)
    assert body.sum() > 2_000
    assert seen[:, 2].mean() > seen[:, 0].mean() + 8
    assert np.array_equal(rendered.ground[body], rendered.rgba[body][:, :3])  # type: ignore[index]


def test_glass_casts_a_lighter_shadow(folder: Path) -> None:
    write_plate(folder)
    photo = photo_of(jar())
    passed = np.full((*jar().shape, 3), 255, np.uint8)
    passed[jar() == 255] = 230
    clear = replace(photo.cutout, alpha=np.zeros_like(jar()), transmission=passed)
    stage, solid = staged(folder, photo)
    glassy = largest(subject_of(clear), stage, max_scale=2.0, lies=False)

    free = light(stage, [solid]).product == 0
    dark, lighter = (
        (stage.ground.astype(int) - light(stage, [one]).ground)[free].sum()
        for one in (solid, glassy)
    )

    assert 0 < lighter < 0.4 * dark


@pytest.mark.parametrize("size", [(400, 300), (300, 400)])
def test_other_shapes_keep_the_safe_area_and_the_perspective(
    folder: Path, size: tuple[int, int]
) -> None:
    write_plate(folder)

    rendered = render(photo_of(jar()), spec(size=size), 7)

    assert rendered.rgba.shape[:2] == (size[1], size[0])
    assert not rendered.product[0].any()
    assert not rendered.product[-1].any()


@pytest.mark.parametrize(
    ("elevation", "view"), [(6.0, "front"), (12.0, "front"), (28.0, "three_quarter")]
)
def test_the_view_is_the_one_nearest_the_photographs_own(
    folder: Path, elevation: float, view: str
) -> None:
    write_plate(folder)
    viewpoint = subject_of(photo_of(jar(elevation)).cutout).viewpoint

    assert choose_view(load_plate("stage"), viewpoint, wish="auto").view == view


@pytest.mark.parametrize(("lies_flat", "view"), [(True, "top"), (False, "three_quarter")])
def test_garments_and_papers_lie_where_their_name_says_so(
    folder: Path, lies_flat: bool, view: str
) -> None:
    write_plate(folder)
    photo = photo_of(jar(28.0))
    named = Prepared((replace(photo.items[0], lies_flat=lies_flat),))

    assert render(named, spec(), 7).facts["view"] == view


def test_a_wished_view_is_kept(folder: Path) -> None:
    write_plate(folder)
    viewpoint = subject_of(photo_of(jar(30.0)).cutout).viewpoint

    assert choose_view(load_plate("stage"), viewpoint, wish="front").view == "front"


@pytest.mark.parametrize("lamp", [0.01, 1.0, 1.6])
def test_what_spills_over_the_edge_passes_verification(folder: Path, lamp: float) -> None:
    plain = {"name": "plain", "title": "Plain", "tints": [[1, 1, 1]] * 3, "light": [lamp] * 3}
    write_plate(folder, variations=[plain])
    wish = spec("front", size=(800, 800))

    rendered, finished = made(can(), wish)

    report = verify(can(), rendered, finished, wish)
    failed = {check.name for check in report.checks if check.verdict is not Verdict.PASS}
    assert not failed & {"halo", "blend", "fringe", "background", "background_encoded"}
