from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from generation.imaging.geometry import moved, product_box
from generation.imaging.pixels import Upright
from generation.imaging.transmission import presence, see_through_parts
from generation.inference.render import render
from generation.quality.verify import verify
from generation.spec import Background, Shadow
from generation.types import CutoutResult, Item, Prepared, Verdict
from tests.props import made, transparent, white

_SIDE = 400
_COLOR = (47, 127, 134)


@pytest.fixture(scope="module")
def jar() -> Prepared:
    """A jar of clear glass with a wooden lid, soft at its edges, photographed on white."""
    cover = np.zeros((2 * _SIDE, 2 * _SIDE, 3), np.float32)
    cv2.rectangle(cover, (240, 200), (560, 680), (0.93,) * 3, -1)
    photo = np.where(cover > 0, 255 * cover, 250.0).astype(np.float32)
    cv2.rectangle(photo, (220, 120), (580, 210), (176.0, 120.0, 60.0), -1)
    alpha = np.where((photo < 249).any(axis=2), 255.0, 0.0).astype(np.float32)
    size = (_SIDE, _SIDE)
    rgb = cv2.resize(cv2.GaussianBlur(photo, (0, 0), 1.6), size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(alpha, (0, 0), 1.6), size, interpolation=cv2.INTER_AREA)
    pixels, mask = np.rint(rgb).astype(np.uint8), np.rint(soft).astype(np.uint8)
    glass = see_through_parts(pixels, mask)
    assert glass is not None
    lid = np.broadcast_to(np.array((176, 120, 60), np.uint8), pixels.shape)
    cutout = CutoutResult(
        alpha=glass.alpha,
        foreground=np.where((glass.alpha == 255)[..., None], pixels, lid),
        model="truth@1",
        confidence=0.97,
        agreement=1.0,
        coverage=0.3,
        needs_review=False,
        reasons=(),
        transmission=glass.transmission,
    )
    return Prepared((Item("ab" * 32, Upright(pixels, None, "jpeg"), cutout),))


def test_a_colour_shines_through_a_jar_and_not_through_its_lid(jar: Prepared) -> None:
    spec = white(background=Background(type="color", color="#2f7f86"))

    rendered = render(jar, spec, 7)

    body, lid = rendered.rgba[300, 250, :3], rendered.rgba[60, 250, :3]
    assert np.allclose(body, 0.95 * np.array(_COLOR), atol=4)
    assert np.allclose(lid, (176, 120, 60), atol=2)


def test_no_dark_rim_is_drawn_around_a_lid(jar: Prepared) -> None:
    spec = white(background=Background(type="color", color="#2f7f86"))

    rendered = render(jar, spec, 7)

    across = rendered.rgba[60, :, :3].astype(int)
    assert across[:, 1].min() >= 118
    assert across[:, 2].min() >= 58


def test_a_jar_is_placed_by_its_glass_and_not_by_its_lid_alone(jar: Prepared) -> None:
    rendered = render(jar, white(), 7)

    box = moved(product_box(presence(jar.cutout)), rendered.transform)
    shown = product_box(rendered.product)
    assert box.top + box.bottom == pytest.approx(500, abs=2)
    assert shown.bottom == pytest.approx(box.bottom, abs=3)


@pytest.mark.parametrize("shadow", ["none", "contact", "natural", "reflection"])
def test_a_packshot_of_glass_passes_or_goes_to_a_person(jar: Prepared, shadow: str) -> None:
    spec = white(
        background=Background(type="color", color="#2f7f86"),
        shadow=Shadow.model_validate({"type": shadow}),
    )

    rendered, finished = made(jar, spec)

    assert verify(jar, rendered, finished, spec).verdict is not Verdict.REJECT


def test_glass_casts_a_lighter_contact_shadow(jar: Prepared) -> None:
    whole = replace(jar.cutout, alpha=presence(jar.cutout), transmission=None)
    solid = Prepared((replace(jar.items[0], cutout=whole),))
    spec = white(shadow=Shadow(type="contact"))

    clear, opaque = (render(photo, spec, 7) for photo in (jar, solid))

    free = opaque.product == 0
    assert 0 < (255 - clear.rgba[free][:, 0]).sum() < 0.7 * (255 - opaque.rgba[free][:, 0]).sum()


def test_glass_on_transparency_is_a_veil_that_gives_the_photo_back_on_white(jar: Prepared) -> None:
    on_white = render(jar, white(), 7).rgba[..., :3].astype(float)

    rgba = render(jar, transparent(), 7).rgba.astype(float)

    weight = rgba[..., 3:] / 255
    assert 0 < weight[300, 250, 0] < 0.2
    assert np.abs(rgba[..., :3] * weight + 255 * (1 - weight) - on_white).max() <= 3
