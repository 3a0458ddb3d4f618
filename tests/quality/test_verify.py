from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pytest
from PIL import Image

from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.spec import Background, Composition, Output, PresetSpec, Shadow
from generation.types import Finished, Pixels, Rendered, Report, Verdict
from tests.props import FACTS, altered, can, made, prepared, transparent, white

Paint = Callable[[Pixels, Pixels], Pixels]

_GLOW = Background(type="gradient", color="#f4f1ea", color_to="#a8b4c0", shape="radial")


def _failed(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.verdict is not Verdict.PASS}


def _verdict_of(report: Report, name: str) -> Verdict:
    return next(check.verdict for check in report.checks if check.name == name)


def _judge(rendered: Rendered, spec: PresetSpec) -> Report:
    return verify(can(), rendered, finish(rendered, spec, FACTS), spec)


def _with_main(finished: Finished, data: bytes) -> Finished:
    main = replace(finished.files[0], data=data, sha256=hashlib.sha256(data).hexdigest())
    return replace(finished, files=(main, *finished.files[1:]))


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(white(), id="white"),
        pytest.param(white(shadow=Shadow()), id="white with a shadow"),
        pytest.param(white(background=Background(type="color", color="#335577")), id="colour"),
        pytest.param(
            white(background=Background(type="color", color="#335577"), shadow=Shadow()),
            id="colour with a shadow",
        ),
        pytest.param(white(background=_GLOW), id="gradient"),
        pytest.param(white(background=_GLOW, shadow=Shadow()), id="gradient with a shadow"),
        pytest.param(transparent(), id="transparent"),
        pytest.param(white(composition=Composition(anchor="bottom")), id="standing below"),
        pytest.param(white(200), id="shrunk"),
        pytest.param(
            white(channels=("amazon.main",), composition=Composition(margin=0.05)), id="amazon"
        ),
        *(
            pytest.param(
                white(outputs=(Output(name="main", width=500, height=500, format=kind),)), id=kind
            )
            for kind in ("png", "webp", "avif")
        ),
    ],
)
def test_a_good_picture_passes_every_check(spec: PresetSpec) -> None:
    rendered, finished = made(can(), spec)

    report = verify(can(), rendered, finished, spec)

    assert _failed(report) == set()
    assert report.verdict is Verdict.PASS
    assert report.score == 100.0


def _tint(rgb: Pixels, product: Pixels) -> Pixels:
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lighter = lab + np.array([2.0, 0.0, 0.0], np.float32)
    tinted = cv2.cvtColor(lighter.astype(np.float32), cv2.COLOR_LAB2RGB) * 255
    return np.where(product[..., None] > 0, np.rint(tinted), rgb).astype(np.uint8)


def _blur(rgb: Pixels, product: Pixels) -> Pixels:
    soft = cv2.GaussianBlur(rgb, (0, 0), 1.0)
    return np.where(product[..., None] > 0, soft, rgb).astype(np.uint8)


def _repaint_a_letter(rgb: Pixels, product: Pixels) -> Pixels:
    changed = rgb.copy()
    cv2.putText(changed, "X", (230, 255), cv2.FONT_HERSHEY_DUPLEX, 0.7, (30, 40, 70), 2)
    return changed


def _add_halo(rgb: Pixels, product: Pixels) -> Pixels:
    grown = cv2.dilate((product > 8).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    changed = rgb.copy()
    changed[grown & (product == 0)] = (188, 204, 180)
    return changed


def _dirty(rgb: Pixels, product: Pixels) -> Pixels:
    changed = rgb.copy()
    changed[40:44, 30:36] = (251, 250, 248)
    return changed


def _shift(rgb: Pixels, product: Pixels) -> Pixels:
    return np.roll(rgb, 2, axis=1)


@pytest.mark.parametrize(
    ("paint", "caught_by"),
    [
        pytest.param(_shift, {"fidelity", "local_detail"}, id="shifted by two pixels"),
        pytest.param(_tint, {"colour"}, id="two Delta E lighter"),
        pytest.param(_blur, {"sharpness"}, id="blurred"),
        pytest.param(_repaint_a_letter, {"local_detail", "local_colour"}, id="another letter"),
        pytest.param(_add_halo, {"halo", "background"}, id="a rim of the old ground"),
        pytest.param(_dirty, {"background"}, id="a speck on the white"),
    ],
)
def test_an_altered_picture_is_rejected(paint: Paint, caught_by: set[str]) -> None:
    spec = white()
    rendered, _ = made(can(), spec)
    faulty = altered(rendered, paint(rendered.rgba[..., :3], rendered.product))

    report = _judge(faulty, spec)

    assert caught_by <= _failed(report)
    assert report.verdict is Verdict.REJECT
    assert report.score <= 60.0


def test_a_coloured_mark_within_the_shadow_is_rejected() -> None:
    spec = white(shadow=Shadow())
    rendered, _ = made(can(), spec)
    rgb = rendered.rgba[..., :3].copy()
    below = int(np.flatnonzero(rendered.product.any(axis=1))[-1]) + 4
    rgb[below : below + 12, 200:260] = (250, 235, 220)
    stained = altered(rendered, rgb)

    assert _failed(_judge(stained, spec)) == {"background"}
    assert _failed(_judge(replace(stained, ground=rgb), spec)) >= {"shadow"}


def _transformed(rendered: Rendered, *, dx: float = 0, dy: float = 0) -> Rendered:
    """The same picture, whose record says that the product went elsewhere."""
    said = rendered.transform
    other = replace(said, dx=said.dx + dx, dy=said.dy + dy)
    return replace(rendered, placed=(replace(rendered.placed[0], transform=other),))


def test_a_product_that_leaves_the_frame_is_rejected() -> None:
    spec = white()
    rendered, _ = made(can(), spec)
    canvas = np.full_like(rendered.rgba, 255)
    product = np.zeros_like(rendered.product)
    canvas[120:], product[120:] = rendered.rgba[:-120], rendered.product[:-120]
    moved = replace(_transformed(rendered, dy=120), rgba=canvas, product=product)

    assert {"rim", "centring"} <= _failed(_judge(moved, spec))


def test_a_product_that_is_not_where_the_transform_says_is_rejected() -> None:
    spec = white()
    rendered, _ = made(can(), spec)
    lying = _transformed(rendered, dx=3)

    assert {"found", "fidelity"} <= _failed(_judge(lying, spec))


def test_a_jpeg_of_too_low_quality_is_rejected() -> None:
    spec = white()
    rendered, finished = made(can(), spec)
    out = io.BytesIO()
    with Image.open(io.BytesIO(finished.files[0].data)) as image:
        image.save(out, "JPEG", quality=25, icc_profile=image.info["icc_profile"])

    report = verify(can(), rendered, _with_main(finished, out.getvalue()), spec)

    assert {"fidelity", "local_detail", "colour"} & _failed(report)
    assert "marking" in _failed(report)


def test_a_file_of_the_wrong_size_is_rejected_without_being_compared() -> None:
    spec = white()
    rendered, finished = made(can(), spec)
    _, smaller = made(can(), white(400))

    report = verify(can(), rendered, _with_main(finished, smaller.files[0].data), spec)

    assert _failed(report) == {"size"}
    assert "fidelity" not in {check.name for check in report.checks}


@pytest.mark.parametrize("keep", [0, 300, 5000])
def test_a_damaged_file_is_rejected(keep: int) -> None:
    spec = white()
    rendered, finished = made(can(), spec)

    report = verify(can(), rendered, _with_main(finished, finished.files[0].data[:keep]), spec)

    assert _failed(report) == {"decodes"}
    assert report.verdict is Verdict.REJECT


def test_a_file_of_another_format_is_rejected() -> None:
    spec = white()
    rendered, finished = made(can(), spec)
    output = Output(name="main", width=500, height=500, format="png")
    _, png = made(can(), white(outputs=(output,)))

    assert _failed(verify(can(), rendered, _with_main(finished, png.files[0].data), spec)) == {
        "format"
    }


def test_a_file_without_a_profile_is_rejected() -> None:
    spec = white()
    rendered, finished = made(can(), spec)
    out = io.BytesIO()
    with Image.open(io.BytesIO(finished.files[0].data)) as image:
        image.save(out, "JPEG", quality=100, subsampling=0, icc_profile=b"", xmp=image.info["xmp"])

    assert _failed(verify(can(), rendered, _with_main(finished, out.getvalue()), spec)) == {
        "profile"
    }


def test_a_file_above_its_byte_limit_is_rejected() -> None:
    loose = white()
    rendered, finished = made(can(), loose)
    tight = white(outputs=(Output(name="main", width=500, height=500, max_bytes=10_000),))

    assert _failed(verify(can(), rendered, finished, tight)) == {"bytes"}


def test_a_photo_too_small_for_the_preset_needs_a_person() -> None:
    spec = white(1000, composition=Composition(max_upscale=1.5))
    rendered, finished = made(can(), spec)

    report = verify(can(), rendered, finished, spec)

    assert _failed(report) == {"upscale"}
    assert report.verdict is Verdict.REVIEW
    message = next(check.message for check in report.checks if check.name == "upscale")
    assert "Upload a larger photo" in message


def test_a_doubtful_cutout_needs_a_person_and_gives_its_reasons() -> None:
    good = can()
    doubtful = prepared(
        good.image.rgb,
        good.cutout.foreground,
        good.cutout.alpha,
        needs_review=True,
        reasons=("The handle is missing.",),
    )
    rendered, finished = made(doubtful, white())

    report = verify(doubtful, rendered, finished, white())

    assert report.verdict is Verdict.REVIEW
    message = next(check.message for check in report.checks if check.name == "cutout")
    assert message.endswith("The handle is missing.")


def test_a_cutout_that_kept_the_old_ground_needs_a_person() -> None:
    good = can()
    wide = cv2.dilate(good.cutout.alpha, np.ones((7, 7), np.uint8))
    greedy = prepared(good.image.rgb, good.image.rgb, np.asarray(wide, np.uint8))
    rendered, finished = made(greedy, white())

    assert _verdict_of(verify(greedy, rendered, finished, white()), "fringe") is Verdict.REVIEW


def test_a_product_cut_off_by_the_photo_needs_a_person() -> None:
    good = can()
    rows = slice(0, 460)
    cropped = prepared(good.image.rgb[rows], good.cutout.foreground[rows], good.cutout.alpha[rows])
    rendered, finished = made(cropped, white())

    assert _verdict_of(verify(cropped, rendered, finished, white()), "cut_off") is Verdict.REVIEW


def test_a_channel_rule_applies_from_its_date() -> None:
    spec = white(300, channels=("google.image_link",))
    rendered = made(can(), spec)[0]

    def judged_on(day: date) -> Report:
        return verify(can(), rendered, finish(rendered, spec, FACTS, today=day), spec, today=day)

    # Until then 250 pixels are taken, with a warning from Google below 500.
    before, after = judged_on(date(2027, 1, 30)), judged_on(date(2027, 1, 31))
    assert _verdict_of(before, "channel:google.image_link") is Verdict.REVIEW
    assert _verdict_of(after, "channel:google.image_link") is Verdict.REJECT
    assert before.verdict is after.verdict is Verdict.PASS


def test_a_limit_can_be_overridden() -> None:
    spec = white()
    rendered, finished = made(can(), spec)

    report = verify(can(), rendered, finished, spec, overrides={"fidelity": 0.99999})

    assert _failed(report) == {"fidelity"}


def test_an_unknown_limit_is_named() -> None:
    spec = white()
    rendered, finished = made(can(), spec)

    with pytest.raises(ValueError, match="No such quality limit: fidelty"):
        verify(can(), rendered, finished, spec, overrides={"fidelty": 0.9})


def test_every_check_speaks_in_a_sentence() -> None:
    spec = white(shadow=Shadow(), channels=("google.image_link",))
    rendered, finished = made(can(), spec)

    for check in verify(can(), rendered, finished, spec).checks:
        assert check.message.endswith(".")
        assert check.message[0].isupper()


def test_it_keeps_the_promise_where_a_file_fits_at_full_quality() -> None:
    roomy = white(outputs=(Output(name="main", width=500, height=500, max_bytes=1_000_000),))
    spec = white(outputs=(Output(name="main", width=500, height=500, quality=90),))
    rendered, lower = made(can(), spec)
    _, full = made(can(), roomy)

    def limit(finished: Finished) -> float:
        report = verify(can(), rendered, finished, roomy)
        return next(check.threshold for check in report.checks if check.name == "fidelity")

    assert limit(full) > limit(lower)


@pytest.mark.parametrize("shadow", [Shadow(type="none"), Shadow()])
def test_a_gradient_that_nobody_ordered_is_rejected(shadow: Shadow) -> None:
    made_of = white(background=_GLOW.model_copy(update={"color_to": "#a8b4ff"}), shadow=shadow)
    rendered, _ = made(can(), made_of)

    report = _judge(rendered, white(background=_GLOW, shadow=shadow))

    assert "corners" in _failed(report)
    assert report.verdict is Verdict.REJECT
