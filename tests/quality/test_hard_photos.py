"""Hard photos, from their bytes to the verdict: a wrong picture must never pass unseen.

Each is decoded, cut out by the small network, rendered, encoded and verified as the pipeline does.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import integrations.sandbox
from generation.imaging.color import to_linear
from generation.imaging.mask_scores import score_mask
from generation.imaging.metrics import lab_of
from generation.imaging.subjects import PERSON, SEVERAL
from generation.inference.render import render
from generation.postprocessing.finish import finish
from generation.preprocessing.cutout import cut_out
from generation.preprocessing.decode import decode
from generation.quality.verify import verify
from generation.spec import Composition, Output, PresetSpec
from generation.types import CutoutResult, Item, Pixels, Prepared, Report, Verdict
from tests.imaging.icc import DISPLAY_P3, SRGB, matrix_profile, to_xyz
from tests.props import FACTS

_PHOTOS = Path(integrations.sandbox.__file__).parent / "catalog" / "photos"
_MASKS = Path(__file__).parents[1] / "data" / "demo_masks"
_SPEC = PresetSpec(
    outputs=(Output(name="main", width=600, height=600),), composition=Composition(max_upscale=2.0)
)
_PAPER, _WOOD, _CLOTH, _SKIN = (232, 232, 232), (176, 120, 60), (40, 70, 120), (205, 150, 122)


@dataclass(frozen=True, slots=True)
class _Outcome:
    cutout: CutoutResult
    report: Report
    shown: Pixels

    @property
    def doubts(self) -> dict[str, str]:
        """What a person is asked to look at: each check that did not pass, with its sentence."""
        checks = self.report.checks
        return {one.name: one.message for one in checks if one.verdict is not Verdict.PASS}


def _through(data: bytes) -> _Outcome:
    image = decode(data)
    cutout = cut_out(image, networks=("u2netp",))
    photo = Prepared((Item("0" * 64, image, cutout),))
    rendered = render(photo, _SPEC, 0)
    finished = finish(rendered, _SPEC, FACTS)
    report = verify(photo, rendered, finished, _SPEC)
    shown = np.asarray(Image.open(io.BytesIO(finished.files[0].data)).convert("RGB"))
    return _Outcome(cutout, report, shown[rendered.product == 255])


def _encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _jpeg(rgb: Pixels) -> bytes:
    return _encoded(Image.fromarray(rgb), "JPEG", quality=95)


@cache
def _catalog(name: str) -> tuple[Pixels, Pixels]:
    """A photograph of the demo catalog, at 700 pixels, and its true mask."""
    rgb = Image.fromarray(decode((_PHOTOS / f"{name}.jpg").read_bytes()).rgb)
    mask = Image.open(_MASKS / f"{name}.png").convert("L")
    return np.asarray(rgb.resize((700, 700))), np.asarray(mask.resize((700, 700)))


def _mug() -> tuple[Pixels, Pixels]:
    return _catalog("mug-terracotta")


def _sixteen_bits(rgb: Pixels) -> bytes:
    _, data = cv2.imencode(".png", rgb[..., ::-1].astype(np.uint16) * 257)
    return data.tobytes()


def _display_p3(rgb: Pixels) -> bytes:
    """The same colours in a wider space: other numbers, with the profile that explains them."""
    light = to_linear(rgb).reshape(-1, 3)
    wide = np.linalg.solve(to_xyz(DISPLAY_P3), to_xyz(SRGB) @ light.T).T
    numbers = np.rint(255 * np.clip(wide, 0, 1) ** (1 / 2.2)).reshape(rgb.shape).astype(np.uint8)
    profile = matrix_profile(DISPLAY_P3, 2.2)
    return _encoded(Image.fromarray(numbers), icc_profile=profile)


def _transparent(rgb: Pixels) -> bytes:
    return _encoded(Image.fromarray(np.dstack([rgb, _mug()[1]])))


@pytest.mark.parametrize("encode", [_jpeg, _sixteen_bits, _display_p3, _transparent])
def test_files_of_any_kind_pass_in_their_right_colours(encode: Callable[[Pixels], bytes]) -> None:
    rgb, mask = _mug()

    outcome = _through(encode(rgb))

    assert outcome.doubts == {}
    assert score_mask(outcome.cutout.alpha, mask).iou > 0.95
    meant, found = (
        lab_of(pixels.mean(axis=0, dtype=np.float32)[None, None])
        for pixels in (rgb[mask == 255], outcome.shown)
    )
    assert float(np.linalg.norm(meant - found)) < 2.0


def test_guessed_print_colours_need_a_person() -> None:
    rgb, _ = _mug()

    outcome = _through(_encoded(Image.fromarray(rgb).convert("CMYK"), "JPEG", quality=95))

    assert outcome.doubts.keys() == {"source_colours"}
    assert "print (CMYK) picture" in outcome.doubts["source_colours"]


def _drawn(
    *things: tuple[np.ndarray, tuple[int, int, int]], ground: tuple[int, ...] = _PAPER
) -> Pixels:
    """Things on paper, lit from the left, with a camera's grain."""
    light = np.linspace(1.08, 0.8, 700)[None, :, None]
    picture = np.full((700, 700, 3), ground, np.float64)
    for mask, color in things:
        cover = cv2.GaussianBlur(mask, (0, 0), 1.0)[..., None] / 255.0
        picture = cover * np.array(color) * light + (1 - cover) * picture
    picture += np.random.default_rng(3).normal(0, 1.5, (700, 700, 1))
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def _boxes(*corners: tuple[int, int, int, int]) -> Pixels:
    mask = np.zeros((700, 700), np.uint8)
    for left, top, right, bottom in corners:
        cv2.rectangle(mask, (left, top), (right, bottom), 255, -1)
    return mask


def _glass(*, ground: tuple[int, ...]) -> Pixels:
    """A clear jar with a wooden lid: only its contour and its bottom can be seen."""
    picture = _drawn((_boxes((220, 140, 480, 210)), _WOOD), ground=ground)
    darker = tuple(int(0.86 * one) for one in ground)
    cv2.rectangle(picture, (240, 211), (460, 560), darker, 4, cv2.LINE_AA)
    cv2.ellipse(picture, (350, 520), (108, 28), 0, 0, 360, darker, 4, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize("ground", [(240, 240, 240), (120, 160, 140)], ids=["white", "green"])
def test_glass_never_passes_without_a_look(ground: tuple[int, ...]) -> None:
    outcome = _through(_jpeg(_glass(ground=ground)))

    assert outcome.report.verdict is Verdict.REVIEW
    assert {"left_out", "gap", "cutout"} & outcome.doubts.keys()


def test_a_fault_in_white_on_white_needs_a_person() -> None:
    mask = _boxes((200, 150, 450, 560))
    cv2.ellipse(mask, (455, 340), (90, 110), 0, 0, 360, 255, 34)

    outcome = _through(_jpeg(_drawn((mask, (240, 240, 238)))))

    # The small network alone fills the handle, and that is seen.
    assert score_mask(outcome.cutout.alpha, mask).iou < 0.95
    assert outcome.doubts.keys() == {"gap"}


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_product_cut_by_the_frame_needs_a_person(side: str) -> None:
    rgb, mask = _mug()
    rows, columns = (np.flatnonzero(mask.max(axis=axis) > 127) for axis in (1, 0))
    middle_y, middle_x = int(rows.mean()), int(columns.mean())
    part = {
        "left": rgb[:, middle_x:],
        "right": rgb[:, :middle_x],
        "top": rgb[middle_y:],
        "bottom": rgb[:middle_y],
    }[side]

    outcome = _through(_jpeg(np.ascontiguousarray(part)))

    assert outcome.report.verdict is Verdict.REVIEW
    assert "cuts the product off" in outcome.doubts["cut_off"]


def test_several_products_in_one_photo_need_a_person() -> None:
    things = _boxes((60, 160, 260, 600)), _boxes((380, 330, 650, 600))

    outcome = _through(_jpeg(_drawn((things[0], _WOOD), (things[1], _CLOTH))))

    assert outcome.report.verdict is Verdict.REVIEW
    assert SEVERAL in outcome.doubts["cutout"]


def test_a_person_in_the_photo_needs_a_person() -> None:
    face = cv2.ellipse(np.zeros((700, 700), np.uint8), (350, 120), (56, 74), 0, 0, 360, 255, -1)
    arms = _boxes((205, 240, 250, 520), (450, 240, 495, 520))
    shirt, legs = _boxes((252, 205, 448, 500)), _boxes((262, 500, 438, 680))

    outcome = _through(
        _jpeg(_drawn((face, _SKIN), (arms, _SKIN), (shirt, _CLOTH), (legs, (50, 48, 46))))
    )

    assert outcome.report.verdict is Verdict.REVIEW
    assert PERSON in outcome.doubts["cutout"]


def _logo(sheet: Pixels) -> None:
    cv2.circle(sheet, (350, 260), 150, (20, 80, 200), -1, cv2.LINE_AA)
    cv2.putText(sheet, "ACME", (110, 590), 0, 5.2, (30, 30, 30), 15, cv2.LINE_AA)


def _text(sheet: Pixels) -> None:
    for line in range(7):
        at = (30, 90 + 90 * line)
        cv2.putText(sheet, "Terms of delivery", at, 0, 2.0, (20, 20, 20), 4, cv2.LINE_AA)


@pytest.mark.parametrize("draw", [_logo, _text])
def test_a_graphic_needs_a_person(draw: Callable[[Pixels], None]) -> None:
    sheet = np.full((700, 700, 3), 250, np.uint8)
    draw(sheet)

    outcome = _through(_jpeg(sheet))

    assert outcome.report.verdict is Verdict.REVIEW
    assert "This looks like a graphic, not a photo." in outcome.doubts["cutout"]
