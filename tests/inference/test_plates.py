"""The committed plates, and what they are rendered from. The renderer is an optional extra."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from generation.imaging.camera import projection
from generation.inference.engines.studio.plate import (
    FOLDER,
    Plate,
    Stand,
    load_plate,
    plate_names,
)
from generation.inference.engines.studio.scenes import nature, patterns, sets, writer
from generation.inference.engines.studio.scenes.bokeh import with_bulbs, without_bulbs
from generation.inference.engines.studio.scenes.cameras import lens, seen
from generation.inference.engines.studio.scenes.develop import develop
from generation.inference.engines.studio.scenes.registry import SCENES
from generation.inference.engines.studio.scenes.render import Metered
from generation.inference.engines.studio.scenes.scene import (
    FRONT,
    THREE_QUARTER,
    TOP,
    VIEWS,
    Bulbs,
    Framing,
    Look,
    Softbox,
)
from generation.inference.engines.studio.scenes.seamless import seamless
from productviz.lib.pathtrace import shapes
from productviz.lib.pathtrace.shapes import Mesh

STATIC = Path(__file__).resolve().parents[2] / "static" / "plates"
MOST_BYTES = 12 * 2**20
EVEN = Metered(key=(0.6, 0.6, 0.6), whole=(1.0, 1.0, 1.0))


@pytest.fixture(params=plate_names())
def plate(request: pytest.FixtureRequest) -> Plate:
    return load_plate(request.param)


# the committed plates


def test_every_scene_has_a_plate() -> None:
    assert set(plate_names()) == set(SCENES)
    assert len(SCENES) >= 12


def test_plate_s_stand_is_its_scene_s(plate: Plate) -> None:
    stand = SCENES[plate.name]().stand
    assert plate.stand == Stand.model_validate(writer.stand_facts(stand))
    assert plate.stand.radius is None or plate.stand.below


def test_plates_fit_into_the_repository() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.*")) <= MOST_BYTES


def test_plate_has_three_views_of_full_size(plate: Plate) -> None:
    assert set(plate.views) == set(VIEWS)
    for view in plate.views.values():
        for name in (view.image, view.masks):
            with Image.open(plate.folder / name) as picture:
                assert (picture.format, picture.size) == ("WEBP", (2048, 2048))


def test_plate_has_variations_and_begins_as_rendered(plate: Plate) -> None:
    assert len(plate.variations) >= 3
    assert plate.variations[0].changes_nothing
    assert not any(one.changes_nothing for one in plate.variations[1:])


def test_plate_s_stand_lies_in_the_safe_area(plate: Plate) -> None:
    for view in plate.views.values():
        at = projection(view.camera.camera, side=1, left=0, top=0).pixels([(0, 0, 0)])[0]
        left, top, right, bottom = view.safe_area
        assert left < at[0] < right
        assert top < at[1] < bottom


def test_product_of_nominal_height_fits_the_safe_area(plate: Plate) -> None:
    for name in ("front", "three_quarter"):
        view = plate.views[name]
        ends = projection(view.camera.camera, side=1, left=0, top=0).pixels([(0, 0, 0), (0, 0, 1)])
        assert ends[1, 1] > view.safe_area[1]
        assert 0.4 < ends[0, 1] - ends[1, 1] < 0.62


def test_plate_is_lit_by_its_key_lamp_and_not_burnt_out(plate: Plate) -> None:
    assert all(0.3 < view.key_share < 0.95 for view in plate.views.values())
    with Image.open(STATIC / f"{plate.name}-{plate.variations[0].name}.webp") as picture:
        small = np.asarray(picture.convert("RGB"))
    assert (small == 255).all(axis=-1).mean() < 0.05
    assert small.max() > 120


def test_plate_s_variations_have_thumbnails(plate: Plate) -> None:
    for one in plate.variations:
        with Image.open(STATIC / f"{plate.name}-{one.name}.webp") as picture:
            assert picture.size == (320, 320)


# cameras


@pytest.mark.parametrize("framing", [FRONT, THREE_QUARTER, TOP])
def test_stand_lands_where_the_framing_says(framing: Framing) -> None:
    at = seen(framing, 100).pixels([(0, 0, 0)])[0]
    assert at == pytest.approx([50, 100 * framing.drop], abs=0.01)


def test_picture_spans_what_the_framing_says() -> None:
    x = seen(TOP, 1000).pixels([(-1, 0, 0), (1, 0, 0)])[:, 0]
    assert x[1] - x[0] == pytest.approx(1000 * 2 / TOP.span)


def test_lens_is_in_focus_on_the_stand() -> None:
    assert lens(TOP, 64).focus == pytest.approx(lens(TOP, 64).origin[2])


def test_lamp_is_where_its_angles_say() -> None:
    assert Softbox(90, 0).direction == pytest.approx((1, 0, 0), abs=1e-9)
    assert Softbox(0, 90, distance=3, aim=(0, 1, 0)).origin == pytest.approx((0, 1, 3))


# bodies and surfaces


@pytest.mark.parametrize(
    "mesh",
    [
        sets.disk(0.7, 0.2, rough=0.01),
        sets.arch(1.2, 2.0, 0.2, opening=0.7),
        sets.stairs(0.6, 0.2, 0.2, 3),
        sets.ball(0.3),
        sets.hoop(0.8, 0.02),
        sets.column(0.2, 1.0),
        nature.pebbles(np.zeros((2, 3)), np.array([0.1, 0.2]), seed=1),
        nature.balls(np.zeros((1, 3)), np.ones(1)),
    ],
    ids=("disk", "arch", "stairs", "ball", "hoop", "column", "pebbles", "balls"),
)
def test_body_is_closed_and_faces_outwards(mesh: Mesh) -> None:
    assert shapes.open_edges(mesh) == 0
    assert shapes.volume(mesh) > 0


def test_slab_has_its_top_on_the_stand() -> None:
    assert sets.disk(0.7, 0.2).vertices[:, 2].max() == pytest.approx(0)
    assert sets.arch(1, 2, 0.3).vertices[:, 2].min() == pytest.approx(0, abs=0.13)


def test_sweep_faces_the_camera() -> None:
    mesh = sets.sweep_wall()
    normal = shapes.normals(mesh)
    assert normal[mesh.vertices[:, 1] < -1].mean(axis=0) == pytest.approx([0, 0, 1])
    assert normal[mesh.vertices[:, 2] > 6].mean(axis=0) == pytest.approx([0, -1, 0])


def test_slab_s_texture_runs_round_without_stretching() -> None:
    mesh = sets.disk(0.5, 0.3)
    side = np.abs(shapes.normals(mesh)[:, 2]) < 0.1
    assert np.ptp(mesh.uv[side, 0]) == pytest.approx(2 * np.pi * 0.5, rel=0.05)


def test_branch_is_the_same_again_and_another_for_another_seed() -> None:
    line = [(0.0, 0.0, 0.0), (0.1, 0.0, 0.03), (0.2, 0.03, 0.03)]
    one, same, other = (
        nature.fir(line, seed=seed, twigs=2, reach=0.1).vertices for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert one.shape != other.shape or not np.array_equal(one, other)


@pytest.mark.parametrize(
    "paint",
    [
        lambda seed: patterns.plaster("#eeeeee", seed=seed, size=64),
        lambda seed: patterns.veins("#ffffff", "#888888", seed=seed, size=64),
        lambda seed: patterns.limestone("#ffffff", "#888888", seed=seed, size=64),
        lambda seed: patterns.rings("#ffffff", "#888888", seed=seed, size=64),
        lambda seed: patterns.terrazzo("#ffffff", ("#ff0000", "#0000ff"), seed=seed, size=64),
    ],
    ids=("plaster", "veins", "limestone", "rings", "terrazzo"),
)
def test_pattern_is_a_colour_and_the_same_again(paint) -> None:  # type: ignore[no-untyped-def]
    first, same, other = paint(1), paint(1), paint(2)
    assert first.shape == (64, 64, 3)
    assert 0 <= first.min() < first.max() <= 1
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_caustics_move_light_and_lose_none() -> None:
    waves = patterns.ripples(96, 1)
    net = patterns.caustics(waves, depth=120.0)
    assert net.mean() == pytest.approx(1)
    assert net.max() > 1.5
    assert patterns.caustics(waves * 0, depth=120.0) == pytest.approx(np.ones((96, 96)), abs=0.01)


# light to pictures


def test_white_card_is_bright_and_not_burnt_out() -> None:
    shown = develop(np.ones((16, 16, 3)), EVEN, Look(stops=0, bloom=0, grain=0), seed=1)
    assert 228 < shown.mean() < 245


def test_coloured_light_is_mostly_balanced() -> None:
    warm = Metered(key=(0.6, 0.5, 0.4), whole=(1.2, 1.0, 0.8))
    card = np.broadcast_to(np.array(warm.whole), (16, 16, 3))
    shown = develop(card, warm, Look(bloom=0, grain=0), seed=1).mean(axis=(0, 1))
    assert shown[0] > shown[2]
    assert np.ptp(shown) < 16


def test_meter_tells_the_key_lamp_s_share_and_colour() -> None:
    meter = Metered(key=(0.4, 0.2, 0.2), whole=(0.8, 0.4, 0.4))
    assert meter.key_share == pytest.approx(0.5)
    assert meter.key_colour == (1.0, 0.5, 0.5)


def test_far_lamp_is_a_disk_of_light_and_none_out_of_the_picture() -> None:
    dark = np.zeros((200, 200, 3))
    lit = with_bulbs(dark, Bulbs(((0.0, 5.0, 2.0),), radius=0.05), FRONT, white=1.0)
    x, y = seen(FRONT, 200).pixels([(0, 5, 2)])[0].astype(int)
    assert lit[y, x].min() > 0.2
    assert lit[y + 20, x].max() == 0
    aside = with_bulbs(dark, Bulbs(((50.0, 5.0, 2.0), (0.0, 5.0, 90.0))), FRONT, white=1.0)
    assert aside.max() == 0
    assert dark.max() == 0


def test_lamp_keeps_its_colour_when_the_wall_behind_is_tinted() -> None:
    bulbs = Bulbs(((0.0, 5.0, 2.0),), radius=0.05)
    masks = without_bulbs(np.ones((200, 200, 3)), bulbs, FRONT)
    x, y = seen(FRONT, 200).pixels([(0, 5, 2)])[0].astype(int)
    assert masks[y, x].max() == 0
    assert masks[y + 20, x].min() == 1


# files


def test_picture_fits_its_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "VIEW_BYTES", 30_000)
    rough = np.random.default_rng(1).integers(100, 160, (192, 192, 3)).astype(np.uint8)
    masks = np.zeros_like(rough)
    masks[:90, :, 0] = 255
    writer.write_view(tmp_path, "front", rough, masks)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 30_000
    with Image.open(tmp_path / "front-masks.webp") as kept:
        assert np.array_equal(np.asarray(kept.convert("RGB")), masks)


def test_written_plate_is_read_back(tmp_path: Path) -> None:
    scene = seamless()
    grey = np.full((64, 64, 3), 200, np.uint8)
    writer.write_view(tmp_path / "mine", "front", grey, np.full_like(grey, 255))
    writer.write_plate(tmp_path / "mine", "mine", scene, EVEN)
    writer.write_thumbnails(tmp_path / "mine", scene, "mine", tmp_path / "small")
    plate = load_plate("mine", tmp_path)
    assert list(plate.views) == ["front"]
    assert plate.views["front"].key_share == pytest.approx(0.6)
    assert plate.light.direction == pytest.approx(scene.key.direction, abs=1e-4)
    assert len(list((tmp_path / "small").iterdir())) == len(scene.variations)


# the command


def test_command_refuses_an_unknown_scene() -> None:
    with pytest.raises(CommandError, match="no scene moon-base"):
        call_command("render_plates", "--only", "moon-base")


def test_command_refuses_a_picture_without_pixels() -> None:
    with pytest.raises(CommandError, match="--size must be at least 64"):
        call_command("render_plates", "--size", "8")


def test_command_names_the_missing_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    with pytest.raises(CommandError, match='Install the extra "scenes"'):
        call_command("render_plates", "--out", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_command_leaves_finished_views_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("generation.management.commands.render_plates.start", lambda: None)
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    for view in VIEWS:
        for name in writer.files_of(view):
            writer.write(tmp_path / "seamless" / name, b"finished")
    call_command("render_plates", "--only", "seamless", out=tmp_path, stdout=io.StringIO())
    assert (tmp_path / "seamless" / "top.webp").read_bytes() == b"finished"
    assert len(list((tmp_path / "seamless").iterdir())) == 6
