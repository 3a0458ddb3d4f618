from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from generation.quality.verify import verify
from generation.spec import Background
from generation.types import Prepared, Verdict
from tests.props import made, prepared, white

_BLUE = Background(type="color", color="#335577")


def _filled_hoop(paper: int, **cutout: Any) -> Prepared:
    """A dark red hoop on paper of some brightness, cut out without its hole."""
    noise = np.random.default_rng(4).normal(0, 2, (600, 600, 3))
    alpha, hole = (
        cv2.circle(np.zeros((600, 600), np.uint8), (300, 300), radius, 255, -1, cv2.LINE_AA)
        for radius in (200, 170)
    )
    cover = (alpha.astype(np.float32) - hole)[..., None] / 255.0
    rgb = cover * np.array((140, 40, 40)) + (1 - cover) * paper
    photo = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    return prepared(photo, photo, np.asarray(alpha, np.uint8), **cutout)


@pytest.mark.parametrize(
    ("paper", "background", "verdict"),
    [
        pytest.param(170, Background(), Verdict.REVIEW, id="grey paper on white"),
        pytest.param(250, _BLUE, Verdict.REVIEW, id="white paper on blue"),
        pytest.param(250, Background(), Verdict.PASS, id="white paper on white is not seen"),
    ],
)
def test_the_old_ground_in_a_hoop_needs_a_person(
    paper: int, background: Background, verdict: Verdict
) -> None:
    photo, spec = _filled_hoop(paper), white(background=background)

    report = verify(photo, *made(photo, spec), spec)
    check = next(one for one in report.checks if one.name == "gap")

    assert check.verdict is verdict
    if verdict is Verdict.REVIEW:
        assert "show through the product: in an opening, such as a handle" in check.message


def test_a_merchants_own_transparency_has_no_old_ground() -> None:
    photo, spec = _filled_hoop(170, model="source-alpha@3"), white()

    report = verify(photo, *made(photo, spec), spec)

    assert report.verdict is Verdict.PASS
    assert not {"gap", "outline", "left_out"} & {check.name for check in report.checks}
