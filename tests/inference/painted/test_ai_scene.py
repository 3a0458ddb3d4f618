"""A scene painted around a product: its pixels are the photo's own, and it stands on its floor."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from generation.imaging.floor_light import Light, grounded
from generation.imaging.geometry import Box
from generation.inference.engines.diffusion.ask import Answer, Ask, Painted
from generation.inference.engines.diffusion.engine import DiffusionEngine
from generation.inference.engines.diffusion.kinds import ai_scene
from generation.inference.engines.diffusion.targets import target_for
from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.spec import Composition, Output, Painting, PresetSpec, Shadow
from generation.types import Finished, Look, Pixels, Rendered, Report, Verdict
from tests.inference.painted.painter import FACTS as PAINTER, RoomPainter
from tests.inference.painted.photos import demo_photo
from tests.props import FACTS

TODAY = date(2026, 11, 29)
SIDE = 900


def _spec(**changes: object) -> PresetSpec:
    base = {
        "kind": "ai_scene",
        "painting": Painting(prompt="a wooden table in a bright room"),
        "composition": Composition(margin=0.16),
        "outputs": (Output(name="main", width=SIDE, height=SIDE),),
    }
    return PresetSpec(**{**base, **changes})


@cache
def _scene(name: str, side: float, shadow: bool = False) -> tuple[Rendered, Ask]:
    painter = RoomPainter(side, shadow)
    rendered = DiffusionEngine(painter).render(demo_photo(name), _spec(), 3)
    return rendered, painter.asked[0]


def _judge(
    name: str, rendered: Rendered, spec: PresetSpec | None = None
) -> tuple[Finished, Report]:
    recipe = spec or _spec()
    finished = finish(rendered, recipe, FACTS, today=TODAY)
    return finished, verify(demo_photo(name), rendered, finished, recipe, today=TODAY)


def _failed(report: Report) -> dict[str, Verdict]:
    return {one.name: one.verdict for one in report.checks if one.verdict is not Verdict.PASS}


@pytest.mark.parametrize("name", ["mug-ocean", "fig-candle", "tote-navy", "kyusu-teapot"])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_every_gate_of_a_locked_picture_holds(name: str, side: float) -> None:
    rendered, _ = _scene(name, side)

    _, report = _judge(name, rendered)

    assert _failed(report) == {}
    assert {"fidelity", "local_detail", "colour", "blend", "halo"} <= {
        check.name for check in report.checks
    }


def test_the_ask_shows_the_product_and_spares_it() -> None:
    _, ask = _scene("mug-ocean", -1.0)

    assert ask.task == "inpaint"
    assert ask.image is not None
    assert ask.mask is not None
    assert ask.image.shape == (ask.height, ask.width, 3)
    assert set(np.unique(ask.mask)) == {0, 255}
    spared = ask.mask == 0
    assert 0.1 < spared.mean() < 0.6
    blue = ask.image[spared].astype(int)
    assert (blue[:, 2] > blue[:, 0]).mean() > 0.95  # the mug's glaze, none of the grey room
    assert ask.prompt.startswith("a wooden table in a bright room")
    assert '"Stoneware thing"' in ask.prompt


@pytest.mark.parametrize(("side", "word"), [(-1.0, "left"), (1.0, "right"), (0.0, "none")])
def test_it_sees_where_the_painted_light_comes_from(side: float, word: str) -> None:
    rendered, _ = _scene("fig-candle", side)

    assert rendered.facts["light_side"] == word


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_shadow_falls_away_from_the_light(side: float) -> None:
    rendered, _ = _scene("fig-candle", side)
    rows, columns = np.nonzero(rendered.product > 128)
    box = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    grey = np.full((SIDE, SIDE, 3), 150, np.uint8)

    floor = grounded(grey, rendered.product, box, light=Light(side), strength=1.0).ground[..., 0]

    low = slice(int(box.bottom) - 120, int(box.bottom) - 5)
    left = floor[low, int(box.left) - 60 : int(box.left) - 5].mean()
    right = floor[low, int(box.right) + 5 : int(box.right) + 60].mean()
    lit, dark = (left, right) if side < 0 else (right, left)
    assert dark < lit - 10
    assert floor[:100].min() == 150  # and nothing far from it


def test_a_floor_without_a_shadow_gets_one_and_a_painted_one_is_kept() -> None:
    bare, _ = _scene("fig-candle", 0.0)
    painted, _ = _scene("fig-candle", 0.0, shadow=True)

    assert bare.facts["shadow_painted"] < painted.facts["shadow_painted"]
    for rendered in (bare, painted):
        assert rendered.ground is not None
        rows = np.flatnonzero((rendered.product > 128).any(axis=1))
        middle = SIDE // 2
        under = rendered.ground[rows.max() + 3, middle].mean()
        before = rendered.ground[min(SIDE - 1, rows.max() + 120), middle].mean()
        assert under < 0.8 * before


def test_a_preset_without_a_shadow_asks_for_none_and_adds_none() -> None:
    spec, photo = _spec(shadow=Shadow(type="none")), demo_photo("fig-candle")
    painter = RoomPainter(0.0)

    rendered = DiffusionEngine(painter).render(photo, spec, 3)
    shaded, ask = _scene("fig-candle", 0.0)

    below = np.flatnonzero((rendered.product > 128).any(axis=1)).max() + 3
    middle = slice(SIDE // 2 - 40, SIDE // 2 + 40)
    bare, dark = (one.rgba[below, middle, :3].mean() for one in (rendered, shaded))
    assert dark < 0.85 * bare
    assert "shadow" in ask.prompt
    assert "shadow" not in painter.asked[0].prompt
    assert _failed(_judge("fig-candle", rendered, spec)[1]) == {}


def test_equal_seeds_give_equal_bytes_and_others_other_ones() -> None:
    one, two, other = (
        DiffusionEngine(RoomPainter()).render(demo_photo("mug-ocean"), _spec(), seed)
        for seed in (5, 5, 6)
    )

    assert np.array_equal(one.rgba, two.rgba)
    assert not np.array_equal(one.rgba, other.rgba)


def test_the_manifest_names_model_prompt_and_seed() -> None:
    rendered, ask = _scene("mug-ocean", -1.0)

    finished, _ = _judge("mug-ocean", rendered)

    facts = finished.manifest["facts"]
    assert facts["prompt"] == ask.prompt
    assert facts["painter"] == PAINTER
    assert finished.manifest["seed"] == 3
    assert finished.manifest["engine"].startswith("diffusion@2+sdxl-lightning@")
    assert finished.manifest["digital_source_type"].endswith("compositeWithTrainedAlgorithmicMedia")


def test_channels_that_refuse_ai_pictures_get_no_file() -> None:
    spec = _spec(channels=("amazon.main", "etsy.listing", "shopify.product"))
    rendered = DiffusionEngine(RoomPainter()).render(demo_photo("mug-ocean"), spec, 3)

    finished, _ = _judge("mug-ocean", rendered, spec)

    assert {(one.channel, one.part) for one in finished.refusals} == {
        ("amazon.main", "ai"),
        ("etsy.listing", "ai"),
    }
    assert [file.name for file in finished.files] == ["main", "shopify-product"]


def test_a_canvas_of_another_shape_is_painted_at_the_nearest_size() -> None:
    painter = RoomPainter()
    spec = _spec(outputs=(Output(name="main", width=800, height=1000),))

    rendered = DiffusionEngine(painter).render(demo_photo("fig-candle"), spec, 1)

    assert (painter.asked[0].width, painter.asked[0].height) == (640, 896)
    assert rendered.rgba.shape == (1000, 800, 4)
    assert _failed(_judge("fig-candle", rendered, spec)[1]) == {}


def test_a_reference_gives_its_colours_to_a_model_that_cannot_look() -> None:
    painter = RoomPainter()
    green = np.full((300, 300, 3), (40, 120, 60), np.uint8)
    photo = replace(demo_photo("mug-ocean"), looks=(Look("style", "ab" * 32, green),))

    rendered = DiffusionEngine(painter).render(photo, _spec(), 1)

    (ask,) = painter.asked
    assert ask.references == ()
    assert ask.image is not None
    corner = ask.image[10, ask.width // 2].astype(int)
    assert corner[1] > corner[0] + 40
    assert rendered.facts["references"] == ["ab" * 32]


def _blank(ask: Ask) -> Answer:
    return Painted(np.full((ask.height, ask.width, 3), 127, np.uint8), {})


def test_a_blank_answer_asks_for_another_seed() -> None:
    rendered = DiffusionEngine(_blank).render(demo_photo("mug-ocean"), _spec(), 1)

    _, report = _judge("mug-ocean", rendered)

    assert _failed(report) == {"painted_range": Verdict.RETRY, "product_kept": Verdict.RETRY}
    assert report.verdict is Verdict.RETRY


def test_a_scene_painted_for_a_product_elsewhere_asks_for_another_seed() -> None:
    def moved(ask: Ask) -> Answer:
        answer = RoomPainter()(ask)
        assert isinstance(answer, Painted)
        return Painted(np.roll(answer.rgb, ask.width // 4, axis=1), answer.facts)

    rendered = DiffusionEngine(moved).render(demo_photo("mug-ocean"), _spec(), 1)

    assert _failed(_judge("mug-ocean", rendered)[1])["product_kept"] is Verdict.RETRY


@pytest.mark.parametrize(("shift", "fails"), [(0, set()), (4, {"product_kept"})])
def test_a_model_that_takes_no_mask_is_judged_by_the_product_alone(
    shift: int, fails: set[str]
) -> None:
    spec = _spec(painting=Painting(prompt="a wooden table in a bright room", line_up="best"))
    photo, target = demo_photo("mug-ocean"), target_for(spec)

    def repainted(ask: Ask) -> Answer:
        assert (ask.task, ask.mask) == ("edit", None)
        masked = ai_scene.ask(photo, spec, ask.seed, replace(target, task="inpaint"))
        answer = RoomPainter()(masked)
        assert isinstance(answer, Painted)
        moved = np.roll(answer.rgb, ask.width // shift if shift else 0, axis=1)
        return Painted(moved, answer.facts)

    rendered = DiffusionEngine(repainted).render(photo, spec, 1)

    assert set(_failed(_judge("mug-ocean", rendered, spec)[1])) == fails


def test_what_the_model_did_to_the_product_never_shows() -> None:
    def defaced(ask: Ask) -> Answer:
        answer = RoomPainter()(ask)
        assert isinstance(answer, Painted)
        assert ask.mask is not None
        rgb: Pixels = np.where(ask.mask[..., None] == 0, 255 - answer.rgb, answer.rgb)
        return Painted(rgb, answer.facts)

    rendered = DiffusionEngine(defaced).render(demo_photo("mug-ocean"), _spec(), 1)

    failed = _failed(_judge("mug-ocean", rendered)[1])
    assert set(failed) == {"product_kept"}  # no check of the product's own pixels


def test_the_painted_ground_shows_through_glass() -> None:
    photo = demo_photo("mug-ocean")
    item = photo.items[0]
    half = np.zeros_like(item.cutout.alpha)
    half[: half.shape[0] // 2] = 255
    glass = np.where((item.cutout.alpha > 0) & (half > 0), 180, 255).astype(np.uint8)
    alpha = np.where(glass < 255, 0, item.cutout.alpha).astype(np.uint8)
    cutout = replace(item.cutout, alpha=alpha, transmission=np.dstack([glass] * 3))
    clear = replace(photo, items=(replace(item, cutout=cutout),))

    rendered = DiffusionEngine(RoomPainter()).render(clear, _spec(), 1)

    assert rendered.ground is not None
    rows, columns = np.nonzero((rendered.product > 40) & (rendered.placed[0].alpha == 0))
    assert rows.size > 1000
    seen, behind = (
        picture[rows, columns].astype(int) for picture in (rendered.rgba[..., :3], rendered.ground)
    )
    assert np.abs(seen - behind).max() <= 1
    assert behind.std() > 2
