"""Text on what a model painted: read by the real networks, or honestly not read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pytest

from generation.imaging.text_lines import TextReader
from generation.inference.engines.diffusion.ask import Answer, Ask, Painted
from generation.inference.engines.diffusion.engine import DiffusionEngine
from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.reading import text_reader
from generation.spec import Output, Painting, PresetSpec
from generation.types import Check, Report, Verdict
from tests.inference.painted.painter import FACTS as PAINTER, worn
from tests.inference.painted.photos import demo_photo
from tests.props import FACTS

TODAY = date(2026, 11, 29)
SPEC = PresetSpec(
    kind="virtual_model",
    painting=Painting(person="per_" + "0" * 26),
    outputs=(Output(name="main", width=896, height=1120),),
)


@pytest.fixture(scope="module")
def reader() -> TextReader:
    found = text_reader()
    assert found is not None, "run make test-models"
    return found


def _report(paint: object, reader: TextReader | None) -> Report:
    photo = replace(demo_photo("tote-navy", 1400), told=None)
    rendered = DiffusionEngine(paint).render(photo, SPEC, 1)  # type: ignore[arg-type]
    finished = finish(rendered, SPEC, FACTS, today=TODAY)
    return verify(photo, rendered, finished, SPEC, today=TODAY, reader=reader)


def _check(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.name == name)


def test_a_garment_whose_text_and_colours_are_all_there_needs_no_person(
    reader: TextReader,
) -> None:
    report = _report(worn, reader)

    assert _check(report, "painted_text").value == 1.0
    assert report.verdict is Verdict.PASS


def test_a_garment_that_lost_its_text_waits_for_a_person(reader: TextReader) -> None:
    def smeared(ask: Ask) -> Answer:
        answer = worn(ask)
        assert isinstance(answer, Painted)
        soft = np.asarray(cv2.GaussianBlur(answer.rgb, (0, 0), 7), np.uint8)
        grain = np.random.default_rng(1).normal(0, 4, soft.shape)
        return Painted(np.clip(soft + grain, 0, 255).astype(np.uint8), PAINTER)

    report = _report(smeared, reader)

    assert _check(report, "painted_text").verdict is Verdict.REVIEW
    assert "Text on the product was lost or changed" in _check(report, "painted_text").message
    assert report.verdict is Verdict.REVIEW


def test_without_a_reader_the_report_says_that_nobody_read() -> None:
    report = _report(worn, None)

    assert "was not checked" in _check(report, "painted_text").message
    assert report.verdict is Verdict.REVIEW
