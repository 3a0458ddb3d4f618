from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from generation.inference.render import render
from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.spec import Arrangement, Output, PresetSpec, Scene
from generation.types import Pixels, Placed, Prepared, Rendered, Report, Transform, Verdict
from tests.props import FACTS, altered, can, made, white

_SCENE = PresetSpec(
    kind="scene",
    scene=Scene(plate="podium"),
    outputs=(Output(name="main", width=500, height=500),),
)


def _failed(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.verdict is not Verdict.PASS}


def _on_stone() -> Rendered:
    """The can on a ground that is plain nowhere, put together as an engine does."""
    rendered, _ = made(can(), white())
    grain = np.random.default_rng(3).normal(0, 12, (500, 500, 3))
    slope = np.linspace(90, 190, 500)[:, None, None]
    soft = cv2.GaussianBlur(grain, (0, 0), 1.5) * 3
    ground = np.clip(slope + soft, 0, 255).astype(np.uint8)
    weight = rendered.product[..., None] / np.float32(255)
    color = rendered.rgba[..., :3].astype(np.float32)
    assert rendered.ground is not None
    # Take the white out of the edge again before the new ground goes under it.
    bare = color - rendered.ground * (1 - weight)
    rgb = np.clip(np.rint(bare + ground * (1 - weight)), 0, 255).astype(np.uint8)
    return replace(altered(rendered, rgb), ground=ground, facts={"safe_area": [0.1, 0, 0.9, 1]})


def _judge(rendered: Rendered, spec: PresetSpec = _SCENE) -> Report:
    return verify(can(), rendered, finish(rendered, spec, FACTS), spec)


def test_a_good_scene_passes_every_check() -> None:
    report = _judge(_on_stone())

    assert _failed(report) == set()
    assert "centring" not in {check.name for check in report.checks}


def test_a_rim_against_a_textured_ground_is_rejected() -> None:
    scene = _on_stone()
    rim = (cv2.dilate(scene.product, np.ones((7, 7), np.uint8)) > 0) & (scene.product == 0)
    rgb = scene.rgba[..., :3].copy()
    rgb[rim] = (120, 150, 96)

    assert {"halo", "blend", "background"} <= _failed(_judge(altered(scene, rgb)))


def test_a_lighter_edge_is_rejected() -> None:
    scene = _on_stone()
    edge = (scene.product > 0) & (cv2.erode(scene.product, np.ones((5, 5), np.uint8)) < 255)
    rgb = scene.rgba[..., :3].copy()
    rgb[edge] = np.minimum(rgb[edge].astype(np.int16) + 30, 255).astype(np.uint8)

    assert "blend" in _failed(_judge(altered(scene, rgb)))


def test_a_product_outside_the_safe_area_needs_a_person() -> None:
    scene = replace(_on_stone(), facts={"safe_area": [0.4, 0.0, 0.6, 1.0]})

    assert _failed(_judge(scene)) == {"safe_area"}


def test_a_mark_on_the_scene_is_rejected() -> None:
    scene = _on_stone()
    rgb = scene.rgba[..., :3].copy()
    rgb[20:40, 20:40] = 255

    assert {"background", "background_encoded"} <= _failed(_judge(altered(scene, rgb)))


@pytest.fixture(scope="module")
def pair() -> tuple[Prepared, PresetSpec, Rendered]:
    """Two cans in one picture, by the real engine."""
    both = Prepared((can().items[0], replace(can().items[0], role="item")))
    spec = white(kind="group_shot", arrangement=Arrangement(layout="row"))
    return both, spec, render(both, spec, 0)


def _judge_pair(pair: tuple[Prepared, PresetSpec, Rendered], rgb: Pixels) -> Report:
    both, spec, rendered = pair
    changed = altered(rendered, rgb)
    return verify(both, changed, finish(changed, spec, FACTS), spec)


def test_several_products_pass_together(pair: tuple[Prepared, PresetSpec, Rendered]) -> None:
    assert _failed(_judge_pair(pair, pair[2].rgba[..., :3])) == set()


def test_a_fault_says_whose_it_is(pair: tuple[Prepared, PresetSpec, Rendered]) -> None:
    second = pair[2].placed[1].alpha[..., None] > 0
    soft = cv2.GaussianBlur(pair[2].rgba[..., :3], (0, 0), 2.0)
    report = _judge_pair(pair, np.where(second, soft, pair[2].rgba[..., :3]).astype(np.uint8))

    message = next(check.message for check in report.checks if check.name == "fidelity")
    assert message.startswith("Product 2 of 2:")
    assert report.verdict is Verdict.REJECT


def test_a_darkened_inside_is_not_held_against_its_photograph() -> None:
    rendered, _ = made(can(), white())
    darker = (rendered.rgba[..., :3] * 0.7).astype(np.uint8)
    product = rendered.product[..., None] > 0
    rgb = np.where(product, darker, rendered.rgba[..., :3]).astype(np.uint8)
    shaded = replace(altered(rendered, rgb), placed=(replace(rendered.placed[0], shaded=True),))

    assert "fidelity" in _failed(_judge(altered(rendered, rgb), white()))
    assert _failed(_judge(shaded, white())) == set()


def test_a_picture_without_its_product_is_rejected() -> None:
    rendered, _ = made(can(), white())
    nothing = np.zeros_like(rendered.product)
    empty = replace(rendered, product=nothing, placed=(Placed(0, rendered.transform, nothing),))

    report = _judge(empty, white())

    assert report.verdict is Verdict.REJECT
    assert "found" in _failed(report)


def test_a_tiny_product_needs_a_person() -> None:
    rendered, _ = made(can(), white())
    place = Transform(scale=0.03, dx=244.0, dy=240.0)
    small = cv2.resize(can().cutout.alpha, None, fx=0.03, fy=0.03, interpolation=cv2.INTER_AREA)
    alpha = np.zeros_like(rendered.product)
    alpha[240 : 240 + small.shape[0], 244 : 244 + small.shape[1]] = small
    tiny = replace(rendered, product=alpha, placed=(Placed(0, place, alpha),))

    report = _judge(tiny, white())

    assert {"fill", "comparable"} <= _failed(report)
    assert all(check.message.endswith(".") for check in report.checks)


def test_a_product_of_glass_cannot_be_compared_and_needs_a_person() -> None:
    item = can().items[0]
    inside = item.cutout.alpha[..., None] > 0
    clear = np.where(inside, 200, 255).repeat(3, axis=2).astype(np.uint8)
    glass = Prepared((replace(item, cutout=replace(item.cutout, transmission=clear)),))
    rendered, finished = made(can(), white())

    report = verify(glass, rendered, finished, white())

    assert _failed(report) == {"comparable"}
    assert report.verdict is Verdict.REVIEW


def test_a_product_that_others_hide_needs_a_person(
    pair: tuple[Prepared, PresetSpec, Rendered],
) -> None:
    both, spec, rendered = pair
    first, second = rendered.placed
    over = replace(second, transform=first.transform, alpha=first.alpha)
    behind = replace(first, alpha=np.zeros_like(first.alpha))
    stacked = replace(rendered, product=first.alpha, placed=(behind, over))

    report = verify(both, stacked, finish(stacked, spec, FACTS), spec)

    assert "hidden" in _failed(report)
