from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.channels import rule_for
from generation.imaging.framing import Wish, fill_of, window_for
from generation.imaging.geometry import Box, product_box
from generation.postprocessing.channel_files import Framed, Master, channel_rendition
from generation.postprocessing.finish import finish
from generation.provenance.xmp import DIGITAL_SOURCE_TYPES, read_digital_source_type
from generation.spec import Background, Composition, Output, PresetSpec, Shadow
from generation.types import EncodedFile, Pixels, Refusal
from tests.props import FACTS, can, made, transparent, white

TODAY = date(2026, 11, 22)
SQUARE = (1000, 1000)


def _open(file: EncodedFile) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(file.data)))


def _files(spec: PresetSpec) -> dict[str, EncodedFile]:
    return {file.name: file for file in made(can(), spec)[1].files}


def _master(spec: PresetSpec, source_type: str = "algorithmicallyEnhanced") -> Master:
    rendered, _ = made(can(), spec)
    canvas = Image.fromarray(rendered.rgba[..., :3])
    return Master(canvas, rendered.product, spec, DIGITAL_SOURCE_TYPES + source_type)


def _rendition(master: Master, channel: str) -> Framed | Refusal:
    return channel_rendition(master, channel, rule_for(channel, TODAY))


@pytest.mark.parametrize("aspect", [1.0, 0.8, 2 / 3, 1.5])
@pytest.mark.parametrize("fill", [None, (0.85, 1.0), (0.75, 0.9)])
@pytest.mark.parametrize("can_extend", [True, False])
@pytest.mark.parametrize(
    "product", [Box(350, 60, 650, 940), Box(60, 350, 940, 650), Box(400, 500, 600, 700)]
)
def test_a_window_keeps_the_whole_product_in_the_wished_shape(
    product: Box, can_extend: bool, fill: tuple[float, float] | None, aspect: float
) -> None:
    window = window_for(product, SQUARE, Wish(aspect, fill, can_extend))

    if window is None:
        # Only a crop can fail, and only one that is narrower than the product.
        assert not can_extend
        assert max(product.width, product.height) > 1000 * min(aspect, 1 / aspect) * 0.96
        return
    assert window.left <= product.left
    assert product.right <= window.right
    assert window.top <= product.top
    assert product.bottom <= window.bottom
    assert window.width / window.height == pytest.approx(aspect, rel=0.005)
    if fill is not None and can_extend:
        assert fill[0] - 0.005 <= fill_of(product, window) <= fill[1] + 0.005
    if not can_extend:
        assert min(window.left, window.top) >= 0
        assert max(window.right, window.bottom) <= 1000


def test_a_product_that_stands_keeps_its_margin_below() -> None:
    product = Box(300, 540, 700, 940)

    window = window_for(product, SQUARE, Wish(2 / 3, None, can_extend=True, stands=True))

    assert window is not None
    assert window.bottom - 940 == pytest.approx(0.06 * window.width, abs=2)


def test_a_wide_margin_is_narrowed_for_a_channel_that_wants_a_fuller_frame() -> None:
    spec = white(
        1000,
        composition=Composition(margin=0.2),
        channels=("amazon.main", "google.image_link", "ebay.listing"),
    )

    files = _files(spec)

    amazon = files["amazon-main"]
    rows = np.flatnonzero((_open(amazon) < 250).any(axis=(1, 2)))
    assert 0.85 <= (rows[-1] - rows[0] + 1) / amazon.height <= 0.88
    assert amazon.width == amazon.height == pytest.approx(600 / 0.854, abs=3)
    assert files["ebay-listing"].width == 1000
    assert np.all(_open(amazon)[:20] == 255)


def test_portrait_channels_get_more_ground_of_exactly_the_same_colour() -> None:
    spec = white(
        600,
        background=Background(type="color", color="#335577"),
        channels=("pinterest.catalog", "instagram.shop"),
        outputs=(Output(name="main", width=600, height=600, quality=100),),
    )

    files = _files(spec)

    tall = _open(files["pinterest-catalog"])
    assert tall.shape[1] / tall.shape[0] == pytest.approx(2 / 3, abs=0.003)
    assert np.all(np.abs(tall[:10].astype(int) - (0x33, 0x55, 0x77)) <= 1)


def test_what_is_not_resized_has_the_canvas_own_pixels() -> None:
    master = _master(white(500))

    framed = _rendition(master, "pinterest.catalog")

    assert isinstance(framed, Framed)
    left, top = int(framed.window.left), int(framed.window.top)
    box = product_box(master.product)
    inside = (int(box.left), int(box.top), int(box.right), int(box.bottom))
    moved = (inside[0] - left, inside[1] - top, inside[2] - left, inside[3] - top)
    assert framed.image.crop(moved).tobytes() == master.canvas.crop(inside).tobytes()


def test_a_scene_is_cropped_and_never_continued() -> None:
    master = _master(white(700))
    noise = np.random.default_rng(1).integers(0, 255, (700, 700, 3), dtype=np.uint8)
    scene = replace(master, canvas=Image.fromarray(noise))

    portrait, small = _rendition(scene, "pinterest.catalog"), _rendition(scene, "instagram.shop")

    assert isinstance(portrait, Framed)
    assert portrait.image.size == (466, 700)
    assert 0 <= portrait.window.left < portrait.window.right <= 700
    # A crop of 560 x 700 is less than Instagram takes; the whole picture is not.
    assert isinstance(small, Framed)
    assert small.image.size == (700, 700)


def test_a_picture_that_is_too_small_is_refused_not_enlarged() -> None:
    refusal = _rendition(_master(white(500)), "walmart.main")

    assert isinstance(refusal, Refusal)
    assert refusal.part == "smallest"
    assert "at least 1500 x 1500 pixels, and this picture gives 500 x 500" in refusal.message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"shadow": Shadow()}, "the shadow is not white", id="shadow"),
        pytest.param(
            {"background": Background(type="color", color="#f2efe9")}, "pure white", id="colour"
        ),
    ],
)
def test_a_channel_of_pure_white_refuses_anything_else(changes: dict[str, Any], words: str) -> None:
    refusal = _rendition(_master(white(600, **changes)), "amazon.main")

    assert isinstance(refusal, Refusal)
    assert refusal.part == "ground"
    assert words in refusal.message


@pytest.mark.parametrize(
    "kind", ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"]
)
def test_ai_images_go_where_they_may_and_nowhere_else(kind: str) -> None:
    master = _master(white(640), kind)

    assert isinstance(_rendition(master, "meta.catalog"), Framed)
    for channel in ("amazon.main", "etsy.listing"):
        refusal = _rendition(master, channel)
        assert isinstance(refusal, Refusal)
        assert refusal.part == "ai"
        assert "AI-made images" in refusal.message
        assert refusal.source


def test_a_transparent_picture_lies_on_exact_white_where_buyers_would_not_see_through() -> None:
    spec = transparent(600, channels=("amazon.main", "shopify.product"))

    files = _files(spec)

    assert files["shopify-product"].format == "png"
    assert _open(files["shopify-product"]).shape[2] == 4
    assert files["amazon-main"].format == "jpeg"
    assert np.all(_open(files["amazon-main"])[:30] == 255)


def test_magento_gets_a_jpeg_from_a_webp_preset() -> None:
    main = Output(name="main", width=500, height=500, format="webp")

    file = _files(white(outputs=(main,), channels=("magento.product",)))["magento-product"]

    assert file.format == "jpeg"
    assert file.data[:3] == b"\xff\xd8\xff"
    assert read_digital_source_type(file.data) == DIGITAL_SOURCE_TYPES + "algorithmicallyEnhanced"


def test_channels_that_ask_for_the_same_share_one_file() -> None:
    files = _files(white(channels=("amazon.main", "ebay.listing")))

    assert files["amazon-main"].sha256 == files["ebay-listing"].sha256
    assert files["amazon-main"].window == (0.0, 0.0, 500.0, 500.0)


def test_the_manifest_keeps_windows_and_refusals() -> None:
    spec = white(channels=("amazon.main", "walmart.main"))
    rendered, _ = made(can(), spec)

    manifest = finish(rendered, spec, FACTS, today=TODAY).manifest

    assert manifest["files"][1]["window"] == [0.0, 0.0, 500.0, 500.0]
    assert [(one["channel"], one["part"]) for one in manifest["refusals"]] == [
        ("walmart.main", "smallest")
    ]
