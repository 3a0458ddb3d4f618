from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from generation.imaging.geometry import Region, warp
from generation.imaging.pixels import Upright
from generation.imaging.subjects import PERSON
from generation.inference.render import render
from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.spec import Background, Output, PresetSpec, Shadow
from generation.types import CutoutResult, Item, Pixels, Prepared, Rendered, Report, Verdict
from tests.props import FACTS, altered

_DATA = Path(__file__).parents[1] / "data" / "ghost"
_SIDE = 400
_SKIN = (224, 172, 150)


def _read(name: str) -> Pixels:
    return np.asarray(Image.open(_DATA / name).reduce(2))


def _item(rgb: Pixels, alpha: Pixels, role: str) -> Item:
    cut = CutoutResult(alpha, rgb, "truth@1", 0.9, 0.98, 0.3, False, ())
    return Item(role, Upright(rgb, None, "JPEG"), cut, role)


@cache
def _pair() -> Prepared:
    """A tank top on its mannequin, both in the cut-out, and its inside."""
    masks = _read("tank-front.png").astype(int)
    both = masks[..., 0] + masks[..., 1]
    front = np.where(both > 235, 255, both).astype(np.uint8)
    return Prepared(
        (
            _item(_read("tank-front.jpg"), front, "front"),
            _item(_read("tank-inside.jpg"), _read("tank-inside.png"), "inside"),
        )
    )


def _spec(**changes: object) -> PresetSpec:
    main = Output(name="main", width=_SIDE, height=_SIDE, format="png")
    return PresetSpec.model_validate({"kind": "ghost_mannequin", "outputs": (main,), **changes})


@cache
def _made() -> Rendered:
    return render(_pair(), _spec(), 0)


def _judge(shown: Rendered, claimed: Rendered | None = None) -> Report:
    """Judge a file by what the engine says of it."""
    finished = finish(shown, _spec(), FACTS)
    return verify(_pair(), claimed or shown, finished, _spec())


def _failed(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.verdict is not Verdict.PASS}


def _near(alpha: Pixels, pixels: int) -> np.ndarray:
    return cv2.dilate(alpha, np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)) > 127


def test_a_garment_without_its_form_passes_every_check() -> None:
    report = _judge(_made())

    assert _failed(report) == set()
    assert {"opening", "form", "cloth"} <= {check.name for check in report.checks}


def test_it_passes_mirrored_on_transparency() -> None:
    spec = _spec(background=Background(type="transparent"), shadow=Shadow(type="reflection"))
    rendered = render(_pair(), spec, 0)

    report = verify(_pair(), rendered, finish(rendered, spec, FACTS), spec)

    assert _failed(report) == set()


def test_a_person_in_the_front_photo_is_the_form_and_no_doubt() -> None:
    front, inside = _pair().items
    doubted = replace(front.cutout, needs_review=True, reasons=(PERSON,))
    made = _made()
    finished = finish(made, _spec(), FACTS)

    one = verify(Prepared((replace(front, cutout=doubted), inside)), made, finished, _spec())
    unsure = replace(doubted, reasons=(PERSON, "The outline moved."))
    other = verify(Prepared((replace(front, cutout=unsure), inside)), made, finished, _spec())

    assert _failed(one) == set()
    assert _failed(other) == {"cutout"}
    assert other.verdict is Verdict.REVIEW


def test_a_front_moved_by_three_pixels_is_rejected() -> None:
    made = _made()
    rgb = made.rgba[..., :3]
    front = made.placed[0].alpha[..., None] > 127

    report = _judge(altered(made, np.where(front, np.roll(rgb, 3, axis=1), rgb)))

    assert {"fidelity", "local_detail"} <= _failed(report)
    assert report.verdict is Verdict.REJECT


def test_a_front_of_another_hue_is_rejected() -> None:
    made = _made()
    rgb = made.rgba[..., :3].astype(np.float32) / 255
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB) + np.array([0, 3, 0], np.float32)
    tinted = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255, 0, 255).astype(np.uint8)
    front = made.placed[0].alpha[..., None] > 0

    report = _judge(altered(made, np.where(front, tinted, made.rgba[..., :3])))

    assert "colour" in _failed(report)
    assert report.verdict is Verdict.REJECT


def test_a_rim_of_skin_at_the_neck_is_rejected() -> None:
    made = _made()
    front, inside = (placed.alpha for placed in made.placed)
    rgb = made.rgba[..., :3].copy()
    rgb[_near(front, 4) & (front < 128) & (inside > 0)] = _SKIN

    report = _judge(altered(made, rgb), claimed=made)

    assert _failed(report) == {"opening"}
    assert report.verdict is Verdict.REJECT


def test_a_rim_of_the_form_that_the_engine_took_for_cloth_is_rejected() -> None:
    made = _made()
    front, inside = (placed.alpha.copy() for placed in made.placed)
    photo = warp(_pair().image.rgb, made.transform, Region(0, 0, _SIDE, _SIDE))
    rim = _near(front, 4) & (front < 128) & (inside > 0)
    rgb = np.where(rim[..., None], photo, made.rgba[..., :3])
    front[rim], inside[rim] = 255, 0
    placed = (replace(made.placed[0], alpha=front), replace(made.placed[1], alpha=inside))

    report = _judge(replace(altered(made, rgb), placed=placed))

    assert "form" in _failed(report)
    assert report.verdict is Verdict.REJECT


def test_a_lost_print_is_rejected() -> None:
    made = _made()
    box = (slice(190, 220), slice(160, 240))
    rgb = made.rgba[..., :3].copy()
    rgb[box] = rgb[box].reshape(-1, 3).mean(axis=0)

    assert "local_detail" in _failed(_judge(altered(made, rgb)))


def test_cloth_taken_for_the_form_is_rejected() -> None:
    made = _made()
    hole = (slice(190, 206), slice(190, 206))
    assert made.ground is not None
    rgb, front, product = (
        made.rgba[..., :3].copy(),
        made.placed[0].alpha.copy(),
        made.product.copy(),
    )
    rgb[hole], front[hole], product[hole] = made.ground[hole], 0, 0
    placed = (replace(made.placed[0], alpha=front), made.placed[1])

    report = _judge(replace(altered(made, rgb), product=product, placed=placed))

    assert "cloth" in _failed(report)
    assert report.verdict is Verdict.REJECT
