"""Edit, relight and upscale: what is asked, what is put back, and what the gates say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import cv2
import numpy as np
import pytest

from generation.errors import Permanent
from generation.imaging.pixels import Upright
from generation.inference.engines.diffusion.ask import Answer, Ask, Painted
from generation.inference.engines.diffusion.engine import DiffusionEngine
from generation.inference.engines.diffusion.kinds import upscale
from generation.inference.engines.diffusion.targets import target_for
from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.sizing import fit_to_source
from generation.spec import Composition, Output, Painting, PresetSpec
from generation.types import Look, Prepared, Rendered, Report, Verdict
from tests.inference.painted.painter import (
    FACTS as PAINTER,
    edited,
    enlarged_crisply,
    relit_from_the_left,
    soft,
)
from tests.inference.painted.photos import demo_photo
from tests.props import FACTS, altered

TODAY = date(2026, 11, 29)
_OUTPUTS = (
    Output(name="main", width=800, height=800),
    Output(name="thumbnail", width=200, height=200),
)


def _spec(kind: str, **painting: object) -> PresetSpec:
    return PresetSpec(kind=kind, painting=Painting(**painting), outputs=_OUTPUTS)


def _made(photo: Prepared, spec: PresetSpec, paint: object) -> tuple[PresetSpec, Rendered]:
    fitted = fit_to_source(spec, photo)
    return fitted, DiffusionEngine(paint).render(photo, fitted, 4)  # type: ignore[arg-type]


def _judge(photo: Prepared, rendered: Rendered, spec: PresetSpec) -> Report:
    finished = finish(rendered, spec, FACTS, today=TODAY)
    return verify(photo, rendered, finished, spec, today=TODAY)


def _failed(report: Report) -> dict[str, Verdict]:
    return {one.name: one.verdict for one in report.checks if one.verdict is not Verdict.PASS}


EDIT, RELIGHT = {"prompt": "make the corner red"}, {"light": "left"}


@pytest.mark.parametrize(("width", "height"), [(900, 600), (600, 900), (700, 700)])
def test_outputs_get_the_photographs_shape(width: int, height: int) -> None:
    photo = _resized(demo_photo("mug-ocean"), width, height)

    outputs = fit_to_source(_spec("edit", **EDIT), photo).outputs

    for output, side in zip(outputs, (800, 200), strict=True):
        assert max(output.width, output.height) == side
        assert output.width / output.height == pytest.approx(width / height, abs=0.01)


@pytest.mark.parametrize(
    ("side", "wish", "longest"),
    [
        (1000, {}, 2000),
        (900, {}, 1800),
        (900, {"max_upscale": 1.0}, 1200),
        (300, {}, 1200),
        (300, {"shrink_to_source": False}, 2000),
    ],
)
def test_a_small_photograph_makes_smaller_files_unless_the_preset_insists(
    side: int, wish: dict[str, Any], longest: int
) -> None:
    photo = _resized(demo_photo("mug-ocean"), side, side * 2 // 3)
    spec = PresetSpec(kind="relight", painting=Painting(**RELIGHT), composition=Composition(**wish))

    main, thumbnail = fit_to_source(spec, photo).outputs

    assert (main.width, main.height) == pytest.approx((longest, longest * 2 / 3), abs=2)
    assert thumbnail.width == 400


@pytest.mark.parametrize(("longest", "is_judged"), [(300, True), (800, False)])
def test_a_person_looks_at_a_photograph_enlarged_past_its_limit(
    longest: int, is_judged: bool
) -> None:
    photo = demo_photo("mug-ocean", longest)
    fitted, rendered = _made(
        photo, PresetSpec(kind="relight", painting=Painting(**RELIGHT)), relit_from_the_left
    )

    report = _judge(photo, rendered, fitted)

    assert ("upscale" in _failed(report)) is is_judged
    assert (report.verdict is Verdict.REVIEW) is is_judged


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_an_upscaled_photograph_gets_its_size_times_the_factor(factor: int) -> None:
    photo = _resized(demo_photo("mug-ocean"), 300, 400)

    main = fit_to_source(_spec("upscale", factor=factor), photo).main

    assert (main.width, main.height) == (300 * factor, 400 * factor)


def test_no_upscaled_photograph_is_larger_than_a_canvas_may_be() -> None:
    photo = _resized(demo_photo("mug-ocean"), 1500, 1200)

    main = fit_to_source(_spec("upscale", factor=4), photo).main

    assert (main.width, main.height) == (4096, 3277)


def test_an_edit_keeps_the_photographs_pixels_where_nothing_changed() -> None:
    photo = demo_photo("mug-ocean")
    spec, rendered = _made(photo, _spec("edit", **EDIT), edited)
    source = cv2.resize(
        photo.image.rgb, (spec.main.width, spec.main.height), interpolation=cv2.INTER_AREA
    )

    corner = rendered.rgba[20:60, -60:-20, :3].reshape(-1, 3).mean(axis=0)
    left = rendered.rgba[:, : spec.main.width // 2, :3].astype(int)

    assert np.abs(corner - [190, 30, 40]).max() < 6
    assert np.abs(left - source[:, : spec.main.width // 2]).mean() < 2.0
    assert rendered.facts["kept"] > 0.8
    kept = {one.name: one.value for one in _judge(photo, rendered, spec).checks}["edit_kept"]
    assert 0.90 < kept < 0.96  # a quarter by a quarter was asked to be red


def test_an_edited_product_waits_for_a_person_unless_it_is_the_photographs() -> None:
    photo = demo_photo("mug-ocean")

    def recoloured(ask: Ask) -> Answer:
        assert ask.image is not None
        return Painted(np.ascontiguousarray(soft(ask.image)[..., ::-1]), PAINTER)

    spec, rendered = _made(photo, _spec("edit", **EDIT), recoloured)
    kept = _judge(photo, _made(photo, _spec("edit", **EDIT), edited)[1], spec)

    assert _failed(_judge(photo, rendered, spec))["painted_strict"] is Verdict.REVIEW
    assert "painted_strict" not in _failed(kept)


def test_an_edit_whose_text_nobody_read_waits_for_a_person() -> None:
    photo = demo_photo("mug-ocean")
    spec, rendered = _made(photo, _spec("edit", **EDIT), edited)

    assert _failed(_judge(photo, rendered, spec)) == {"painted_text": Verdict.REVIEW}


def test_an_edit_that_wiped_off_a_logo_waits_for_a_person() -> None:
    plain = demo_photo("tote-natural")
    item = plain.items[0]
    rows, columns = np.nonzero(item.cutout.alpha == 255)
    place = (int(np.median(columns)) - 45, int(rows.max()) - 60)
    rgb = item.image.rgb.copy()
    cv2.putText(rgb, "LOGO", place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (20, 20, 20), 2, cv2.LINE_AA)
    photo = replace(plain, items=(replace(item, image=Upright(rgb, None, "jpeg")),))

    def wiped(ask: Ask) -> Answer:
        assert ask.image is not None
        rgb = ask.image.copy()
        dark = (rgb.max(axis=2) < 90).astype(np.uint8)
        dark[: ask.height * 4 // 5] = 0
        grown = cv2.dilate(dark, np.ones((7, 7), np.uint8))
        return Painted(soft(np.asarray(cv2.inpaint(rgb, grown, 5, cv2.INPAINT_TELEA))), PAINTER)

    assert np.ptp(rows) > 500
    spec, rendered = _made(photo, _spec("edit", **EDIT), wiped)
    report = _judge(photo, rendered, spec)

    assert "painted_strict" not in _failed(report)  # most of the product is as it was
    assert _failed(report)["painted_strict_local"] is Verdict.REVIEW


def test_an_edit_that_changed_nothing_or_everything_asks_for_another_seed() -> None:
    photo = demo_photo("mug-ocean")

    def nothing(ask: Ask) -> Answer:
        assert ask.image is not None
        return Painted(ask.image, PAINTER)

    def everything(ask: Ask) -> Answer:
        noise = np.random.default_rng(1).integers(0, 255, (ask.height // 8, ask.width // 8, 3))
        size = (ask.width, ask.height)
        return Painted(cv2.resize(noise.astype(np.uint8), size), PAINTER)  # type: ignore[arg-type]

    for paint, sentence in (
        (nothing, "The model changed nothing."),
        (everything, "The model made another picture of it."),
    ):
        spec, rendered = _made(photo, _spec("edit", **EDIT), paint)
        report = _judge(photo, rendered, spec)
        assert _failed(report)["edit_kept"] is Verdict.RETRY
        assert sentence in {check.message for check in report.checks}


def test_an_edit_shows_the_photo_and_then_the_reference() -> None:
    asked: list[Ask] = []
    look = Look("style", "ab" * 32, np.full((900, 1800, 3), 90, np.uint8))
    photo = replace(demo_photo("mug-ocean"), looks=(look,))

    def paint(ask: Ask) -> Answer:
        asked.append(ask)
        return edited(ask)

    _made(photo, _spec("edit", **EDIT, reference="ab" * 32), paint)

    (ask,) = asked
    assert ask.task == "edit"
    assert ask.image is not None
    assert ask.image.shape == (ask.height, ask.width, 3)
    assert [one.shape for one in ask.references] == [(384, 768, 3)]
    assert ask.prompt.startswith("make the corner red. change nothing else in picture 1")


def test_a_new_light_changes_brightness_alone() -> None:
    photo = demo_photo("fig-candle")
    spec, rendered = _made(photo, _spec("relight", **RELIGHT), relit_from_the_left)
    source = cv2.resize(
        photo.image.rgb, (spec.main.width, spec.main.height), interpolation=cv2.INTER_AREA
    )

    brighter = rendered.rgba[..., :3].mean(axis=2) - source.mean(axis=2)
    width = spec.main.width

    assert brighter[:, : width // 4].mean() > 5
    assert brighter[:, -width // 4 :].mean() < -15
    assert _failed(_judge(photo, rendered, spec)) == {}


@pytest.mark.parametrize(
    ("fault", "name"), [("tint", "relit_tint"), ("smear", "relit_texture"), ("grey", "encoded")]
)
def test_a_light_that_did_more_is_rejected(fault: str, name: str) -> None:
    photo = demo_photo("fig-candle")
    spec, rendered = _made(photo, _spec("relight", **RELIGHT), relit_from_the_left)
    rgb = rendered.rgba[..., :3]
    bad = {
        "tint": np.clip(rgb * [1.1, 1.0, 0.85], 0, 255).astype(np.uint8),
        "smear": np.asarray(cv2.GaussianBlur(rgb, (0, 0), 3), np.uint8),
        "grey": np.full_like(rgb, 128),
    }[fault]
    finished = finish(altered(rendered, bad), spec, FACTS, today=TODAY)
    kept = rendered if fault == "grey" else altered(rendered, bad)

    report = verify(photo, kept, finished, spec, today=TODAY)

    assert _failed(report)[name] is Verdict.REJECT


def test_an_enlargement_reduced_again_is_the_photograph() -> None:
    photo = _resized(demo_photo("fig-candle"), 400, 400)
    spec, rendered = _made(photo, _spec("upscale", factor=2), enlarged_crisply)

    report = _judge(photo, rendered, spec)

    assert rendered.rgba.shape == (800, 800, 4)
    assert _failed(report) == {}
    assert "back_projection" in {check.name for check in report.checks}


def test_an_enlargement_with_made_up_detail_is_rejected() -> None:
    photo = _resized(demo_photo("fig-candle"), 400, 400)
    spec, rendered = _made(photo, _spec("upscale", factor=2), enlarged_crisply)
    rgb = rendered.rgba[..., :3].copy()
    rgb[300:500, 300:500] = np.roll(rgb[300:500, 300:500], 8, axis=1)

    report = _judge(photo, altered(rendered, rgb), spec)

    assert _failed(report)["back_projection_local"] is Verdict.REJECT


@pytest.mark.parametrize("name", ["fig-candle", "mug-ocean", "tote-navy"])
@pytest.mark.parametrize("factor", [2, 4])
def test_a_crisp_enlargement_adds_no_more_than_it_may(name: str, factor: int) -> None:
    photo = demo_photo(name, 300)
    spec, rendered = _made(photo, _spec("upscale", factor=factor), enlarged_crisply)

    assert _failed(_judge(photo, rendered, spec)) == {}


@pytest.mark.parametrize("name", ["fig-candle", "mug-ocean", "tote-navy"])
@pytest.mark.parametrize("sigma", [10, 40, 60, None])
def test_noise_is_no_detail_though_it_reduces_to_the_photograph(
    name: str, sigma: int | None
) -> None:
    photo = demo_photo(name, 300)

    def noisy(ask: Ask) -> Answer:
        answer, noise = enlarged_crisply(ask), np.random.default_rng(2)
        assert isinstance(answer, Painted)
        wild = noise.integers(0, 255, answer.rgb.shape)
        grainy = answer.rgb + noise.normal(0, sigma or 1, answer.rgb.shape)
        return Painted(np.clip(grainy if sigma else wild, 0, 255).astype(np.uint8), PAINTER)

    spec, rendered = _made(photo, _spec("upscale", factor=2), noisy)

    assert _failed(_judge(photo, rendered, spec))["added_detail"] is Verdict.REJECT


@pytest.mark.parametrize("pattern", ["grain", "weave"])
def test_a_made_up_texture_in_one_place_waits_for_a_person(pattern: str) -> None:
    photo = demo_photo("mug-ocean", 300)

    def textured(ask: Ask) -> Answer:
        answer = enlarged_crisply(ask)
        assert isinstance(answer, Painted)
        rgb = answer.rgb.astype(np.float32)
        part = rgb[40:100, 40:100]
        rows, columns = np.mgrid[: part.shape[0], : part.shape[1]]
        weave = 25.0 * np.asarray((rows + columns) % 2 * 2 - 1)[..., None]
        part += np.random.default_rng(3).normal(0, 20, part.shape) if pattern == "grain" else weave
        return Painted(np.clip(rgb, 0, 255).astype(np.uint8), PAINTER)

    spec, rendered = _made(photo, _spec("upscale", factor=2), textured)

    assert _failed(_judge(photo, rendered, spec)) == {"added_detail_local": Verdict.REVIEW}


@pytest.mark.parametrize(("longest", "factor"), [(600, 4), (1500, 3), (2100, 2)])
def test_no_more_is_asked_for_than_a_canvas_may_hold(longest: int, factor: int) -> None:
    photo = _resized(demo_photo("mug-ocean"), longest, 300)
    spec = fit_to_source(_spec("upscale", factor=4), photo)

    ask = upscale.ask(photo, spec, 0, target_for(spec))

    assert ask.factor == factor
    assert max(spec.main.width, spec.main.height) <= longest * factor


def test_a_photograph_that_is_large_enough_is_not_enlarged() -> None:
    photo = _resized(demo_photo("mug-ocean"), 4096, 300)
    spec = fit_to_source(_spec("upscale", factor=2), photo)

    with pytest.raises(Permanent, match="4096 x 300 pixels: as large as pictures may be"):
        DiffusionEngine(enlarged_crisply).render(photo, spec, 0)


@pytest.mark.parametrize(
    ("kind", "painting", "paint", "value"),
    [
        ("edit", EDIT, edited, "trainedAlgorithmicMedia"),
        ("relight", RELIGHT, relit_from_the_left, "trainedAlgorithmicMedia"),
        ("upscale", {"factor": 2}, enlarged_crisply, "algorithmicallyEnhanced"),
    ],
)
def test_the_file_says_how_it_was_made(
    kind: str, painting: dict[str, object], paint: object, value: str
) -> None:
    photo = _resized(demo_photo("mug-ocean"), 300, 300)
    spec, rendered = _made(photo, _spec(kind, **painting), paint)

    finished = finish(rendered, spec, FACTS, today=TODAY)

    assert str(finished.manifest["digital_source_type"]).rpartition("/")[2] == value
    assert value.encode() in finished.files[0].data


def _resized(photo: Prepared, width: int, height: int) -> Prepared:
    """The same photograph squeezed to another size."""
    item, size = photo.items[0], (width, height)
    rgb, color, alpha = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
        for plane in (item.image.rgb, item.cutout.foreground, item.cutout.alpha)
    )
    cutout = replace(item.cutout, alpha=alpha, foreground=color)
    return replace(photo, items=(replace(item, image=Upright(rgb, None, "jpeg"), cutout=cutout),))
