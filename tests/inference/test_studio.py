from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from generation.imaging.geometry import Region, warp
from generation.imaging.grounds import gradient
from generation.imaging.metrics import eroded
from generation.imaging.pixels import ImageRejected
from generation.inference.engine import EngineUnavailable, engine_for
from generation.inference.render import engine_version, render
from generation.quality.verify import verify
from generation.spec import Background, Composition, Shadow
from generation.types import Verdict
from tests.props import OLD_GROUND, can, made, prepared, transparent, white


def test_the_product_keeps_its_own_pixels_through_one_transform() -> None:
    photo, spec = can(), white()

    rendered = render(photo, spec, 7)

    moved = warp(photo.image.rgb, rendered.transform, Region(0, 0, 500, 500))
    inside = eroded(rendered.product == 255, 4)
    difference = rendered.rgba[..., :3].astype(int) - moved
    assert inside.sum() > 20_000
    assert np.abs(difference[inside]).max() <= 1


def test_the_product_fills_the_frame_to_its_margin() -> None:
    rendered = render(can(), white(composition=Composition(margin=0.1)), 7)

    rows = np.flatnonzero((rendered.product > 127).any(axis=1))
    columns = np.flatnonzero((rendered.product > 127).any(axis=0))
    assert rows[0] == pytest.approx(50, abs=1)
    assert rows[-1] == pytest.approx(449, abs=1)
    assert columns[0] + columns[-1] == pytest.approx(499, abs=1)


def test_the_ground_is_exactly_white_away_from_product_and_shadow() -> None:
    rendered = render(can(), white(shadow=Shadow()), 7)

    away = np.ones(rendered.product.shape, np.bool_)
    away[:, 60:440] = False
    away[:25] = True
    away[-12:] = True
    assert np.all(rendered.rgba[away] == 255)
    assert np.all(rendered.rgba[..., 3] == 255)


def test_a_brand_colour_is_kept_to_the_byte() -> None:
    spec = white(background=Background(type="color", color="#336699"))

    rendered = render(can(), spec, 7)

    assert np.all(rendered.rgba[rendered.product == 0] == (0x33, 0x66, 0x99, 255))


def test_the_old_ground_does_not_shine_through_the_edge() -> None:
    rendered = render(can(), white(), 7)

    edge = (rendered.product > 20) & (rendered.product < 235)
    greenness = rendered.rgba[edge][:, 1].astype(int) - rendered.rgba[edge][:, 0]
    assert edge.sum() > 100
    assert OLD_GROUND[1] - OLD_GROUND[0] == 30
    assert np.percentile(greenness, 99) <= 2


def test_a_transparent_picture_has_the_products_own_alpha() -> None:
    rendered = render(can(), transparent(), 7)

    assert np.array_equal(rendered.rgba[..., 3], rendered.product)
    assert not rendered.rgba[rendered.product == 0].any()


def test_a_shadow_on_nothing_is_black_and_soft() -> None:
    rendered = render(can(), transparent(shadow=Shadow()), 7)

    shadow = (rendered.product == 0) & (rendered.rgba[..., 3] > 0)
    assert shadow.sum() > 500
    assert rendered.rgba[shadow][:, :3].max() == 0
    assert rendered.rgba[shadow][:, 3].max() < 230


_SHADES = ("none", "contact", "drop", "natural", "reflection")
_GLOW = Background(type="gradient", color="#f6f4f0", color_to="#c9c4ba")


@pytest.mark.parametrize("shade", _SHADES)
@pytest.mark.parametrize("ground", ["white", "gradient", "transparent"])
def test_every_ground_and_shadow_passes_verification(
    ground: str, shade: Literal["none", "contact", "drop", "natural", "reflection"]
) -> None:
    base = transparent() if ground == "transparent" else white()
    spec = base.model_copy(
        update={
            "shadow": Shadow(type=shade),
            "background": _GLOW if ground == "gradient" else base.background,
        }
    )

    rendered, finished = made(can(), spec)

    report = verify(can(), rendered, finished, spec)
    assert [c.message for c in report.checks if c.verdict is not Verdict.PASS] == []


def test_a_gradient_is_the_one_that_can_be_made_again() -> None:
    rendered = render(can(), white(background=_GLOW), 7)

    bare = gradient(((0xF6, 0xF4, 0xF0), (0xC9, 0xC4, 0xBA)), "radial", width=500, height=500)
    assert rendered.ground is not None
    assert np.array_equal(rendered.ground, bare)


def test_a_mirrored_product_on_nothing_looks_as_on_a_ground() -> None:
    shade = Shadow(type="reflection")
    clear = render(can(), transparent(shadow=shade), 7).rgba.astype(float)
    opaque = render(can(), white(shadow=shade), 7).rgba[..., :3]

    weight = clear[..., 3:] / 255
    shown = clear[..., :3] * weight + 255 * (1 - weight)
    assert np.abs(shown - opaque).max() <= 2.5


def test_the_shadow_leaves_the_opaque_product_alone() -> None:
    plain = render(can(), white(), 7)
    shaded = render(can(), white(shadow=Shadow(strength=1.5)), 7)

    solid = plain.product == 255
    assert np.array_equal(plain.rgba[solid], shaded.rgba[solid])
    assert (shaded.rgba < plain.rgba).any()


def test_a_speck_of_matting_stays_behind() -> None:
    good = can()
    alpha = good.cutout.alpha.copy()
    alpha[6:8, 6:8] = 255
    speckled = prepared(good.image.rgb, good.cutout.foreground, alpha)

    assert np.array_equal(render(speckled, white(), 7).rgba, render(good, white(), 7).rgba)


def test_the_same_request_gives_the_same_bytes() -> None:
    spec = white(shadow=Shadow())

    one, other = render(can(), spec, 7), render(can(), spec, 7)

    assert np.array_equal(one.rgba, other.rgba)
    assert (one.transform, one.engine, one.seed) == (other.transform, "studio@3", 7)


def test_the_hand_over_is_not_written_to() -> None:
    good = can()
    before = good.cutout.alpha.copy(), good.cutout.foreground.copy()

    render(good, white(shadow=Shadow()), 7)

    assert np.array_equal(good.cutout.alpha, before[0])
    assert np.array_equal(good.cutout.foreground, before[1])


def test_an_empty_cutout_is_refused() -> None:
    good = can()
    empty = prepared(good.image.rgb, good.image.rgb, np.zeros_like(good.cutout.alpha))

    with pytest.raises(ImageRejected, match="No product was found"):
        render(empty, white(), 7)


def test_a_kind_without_an_engine_names_what_there_is() -> None:
    with pytest.raises(EngineUnavailable, match=r"Choose a preset of kind .*packshot") as refused:
        engine_for("hologram")

    assert refused.value.code == "model_unavailable"


def test_the_studio_says_what_it_can_do() -> None:
    engine = engine_for("packshot")
    engine.load("cpu")

    capabilities = engine.capabilities()

    assert capabilities.locked
    assert capabilities.kinds >= {"packshot", "group_shot", "flat_lay"}
    assert engine_version(white()) == engine.version == "studio@3"
    with pytest.raises(ValueError, match="cuda"):
        engine.load("cuda")
