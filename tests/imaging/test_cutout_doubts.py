"""Photos that no cut-out gets right by itself: each ends well or in a doubt."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from generation.imaging.color import to_srgb
from generation.imaging.mask_scores import score_mask
from generation.imaging.pixels import Gray, Rgb, Upright
from generation.imaging.subjects import PERSON, SEVERAL
from generation.preprocessing.cutout import CutoutResult, Strokes, cut_out
from generation.preprocessing.decode import decode

from .icc import DISPLAY_P3, SRGB, matrix_profile, to_xyz

SMALL = ("u2netp",)
_SIDE = 320
_GROUND = 232
_RED = (176, 62, 38)
_CLOTH, _SKIN = (40, 70, 120), (205, 150, 122)


def _mug() -> Gray:
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.rectangle(mask, (90, 90), (210, 250), 255, -1)
    cv2.ellipse(mask, (212, 165), (44, 50), 0, 0, 360, 255, 16)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.8), dtype=np.uint8)


def _photo(*things: tuple[Gray, tuple[int, int, int]]) -> Rgb:
    """Things on paper, lit from the left, with a camera's grain."""
    light = np.linspace(1.1, 0.75, _SIDE)[None, :, None]
    picture = np.full((_SIDE, _SIDE, 3), float(_GROUND))
    for mask, color in things:
        cover = mask[..., None] / 255.0
        picture = cover * np.array(color) * light + (1 - cover) * picture
    picture += np.random.default_rng(3).normal(0, 1.5, (_SIDE, _SIDE, 1))
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def _drawn(*shapes: tuple[tuple[int, int], tuple[int, int]]) -> Gray:
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    for first, last in shapes:
        cv2.rectangle(mask, first, last, 255, -1)
    return mask


def _cut(rgb: Rgb) -> CutoutResult:
    return cut_out(Upright(rgb, None, "JPEG"), networks=SMALL)


def _plain(rgb: Rgb) -> Rgb:
    return rgb


def _sixteen_bits(rgb: Rgb) -> bytes:
    _, data = cv2.imencode(".png", rgb[..., ::-1].astype(np.uint16) * 257)
    return data.tobytes()


def _print_colours(rgb: Rgb) -> bytes:
    return _encoded(Image.fromarray(rgb).convert("CMYK"), "JPEG", quality=95)


def _wide_gamut(rgb: Rgb) -> bytes:
    return _encoded(Image.fromarray(rgb), "PNG", icc_profile=matrix_profile(DISPLAY_P3, 2.2))


def _from_p3(rgb: Rgb) -> Rgb:
    light = (rgb.reshape(-1, 3) / 255.0) ** 2.2
    linear = np.linalg.solve(to_xyz(SRGB), to_xyz(DISPLAY_P3) @ light.T).T
    return to_srgb(np.clip(linear, 0, 1).reshape(rgb.shape).astype(np.float32))


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("encode", "meant"),
    [(_sixteen_bits, _plain), (_print_colours, _plain), (_wide_gamut, _from_p3)],
    ids=["16 bits", "CMYK", "P3"],
)
def test_a_file_of_any_kind_is_cut_out_in_its_right_colours(
    encode: Callable[[Rgb], bytes], meant: Callable[[Rgb], Rgb]
) -> None:
    photo = _photo((_mug(), _RED))

    result = cut_out(decode(encode(photo)), networks=())

    body = np.s_[100:240, 100:200]
    wanted = meant(photo)[body].astype(float).mean(axis=(0, 1))
    assert score_mask(result.alpha, _mug()).iou > 0.97
    assert np.allclose(result.foreground[body].mean(axis=(0, 1)), wanted, atol=4)


def test_a_transparent_file_keeps_its_own_outline() -> None:
    data = _encoded(Image.fromarray(np.dstack([_photo((_mug(), _RED)), _mug()])), "PNG")

    result = cut_out(decode(data), networks=SMALL)

    assert np.array_equal(result.alpha, _mug())
    assert result.reasons == ()


def test_white_on_white_is_still_found() -> None:
    result = _cut(_photo((_mug(), (238, 238, 236))))

    assert score_mask(result.alpha, _mug()).iou > 0.95


def test_a_person_in_the_photo_is_pointed_out() -> None:
    face = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.ellipse(face, (160, 60), (26, 34), 0, 0, 360, 255, -1)
    arms = _drawn(((96, 116), (114, 240)), ((206, 116), (224, 240)))
    shirt, legs = _drawn(((118, 100), (202, 230))), _drawn(((122, 230), (198, 310)))

    result = _cut(_photo((face, _SKIN), (arms, _SKIN), (shirt, _CLOTH), (legs, (50, 48, 46))))

    assert result.needs_review
    assert PERSON in result.reasons


def test_several_things_are_pointed_out() -> None:
    tall, flat = _drawn(((30, 60), (110, 280))), _drawn(((160, 200), (290, 280)))

    photo = _photo((tall, _RED), (flat, _CLOTH))
    result = cut_out(Upright(photo, None, "JPEG"), networks=())

    assert result.needs_review
    assert f"There are 2 {SEVERAL}" in result.reasons


def _logo() -> Rgb:
    sheet = cv2.circle(_sheet(), (160, 120), 70, (20, 80, 200), -1, cv2.LINE_AA)
    return np.asarray(cv2.putText(sheet, "ACME", (50, 270), 0, 2.4, (30, 30, 30), 7, cv2.LINE_AA))


def _text() -> Rgb:
    sheet = _sheet()
    for line in range(7):
        at = (14, 40 + 42 * line)
        cv2.putText(sheet, "Terms of delivery", at, 0, 0.95, (20, 20, 20), 2, cv2.LINE_AA)
    return sheet


def _sheet() -> Rgb:
    return np.full((_SIDE, _SIDE, 3), 250, np.uint8)


@pytest.mark.parametrize("sheet", [_logo(), _text()], ids=["logo", "text"])
def test_a_graphic_is_pointed_out(sheet: Rgb) -> None:
    result = _cut(sheet)

    assert result.needs_review
    assert "This looks like a graphic, not a photo." in result.reasons


def test_glass_that_a_person_marked_becomes_see_through_and_is_checked() -> None:
    photo = _photo()
    photo[100:290, 90:230] = photo[100:290, 90:230] * 0.9
    lid = _drawn(((80, 60), (240, 104)))
    photo[lid > 0] = _RED
    keep = _drawn(((100, 110), (220, 280)))

    result = cut_out(
        Upright(photo, None, "JPEG"),
        networks=SMALL,
        strokes=Strokes(keep, np.zeros_like(keep)),
        see_through=True,
    )

    assert result.transmission is not None
    assert np.all(result.alpha[150:260, 120:200] == 0)
    assert np.allclose(result.transmission[150:260, 120:200].mean(), 0.9 * 255, atol=4)
    assert np.all(result.alpha[70:95, 100:220] == 255)
    assert result.needs_review
