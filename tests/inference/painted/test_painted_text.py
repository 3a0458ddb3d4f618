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
from generation.spec import Composition, Output, Painting, PresetSpec
from generation.types import Check, Report, Verdict
from tests.inference.painted.painter import FACTS as PAINTER, RoomPainter, worn
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


def _report(
    paint: object, reader: TextReader | None, limits: dict[str, float] | None = None
) -> Report:
    photo = replace(demo_photo("tote-navy", 1400), told=None)
    rendered = DiffusionEngine(paint).render(photo, SPEC, 1)  # type: ignore[arg-type]
    finished = finish(rendered, SPEC, FACTS, today=TODAY)
    return verify(photo, rendered, finished, SPEC, today=TODAY, reader=reader, overrides=limits)


def _check(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.name == name)


def test_a_garment_never_goes_on_without_a_person_though_all_is_there(reader: TextReader) -> None:
    report = _report(worn, reader, {"painted_strict": 0.0})

    assert _check(report, "painted_text").value == 1.0
    assert report.verdict is Verdict.REVIEW
    failed = [check.name for check in report.checks if check.verdict is not Verdict.PASS]
    assert failed == ["painted_by_person"]


@pytest.mark.parametrize(
    ("painted", "verdict"), [("GROW SLOWLY", Verdict.PASS), ("GROW SLOWER", Verdict.REVIEW)]
)
def test_one_changed_word_is_another_slogan(
    painted: str, verdict: Verdict, reader: TextReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("GOOD THINGS", painted)
    monkeypatch.setattr(
        "generation.quality.painted_text._read", lambda rgb, _: [(line, 1.0) for line in lines]
    )

    assert _check(_report(worn, reader), "painted_text").verdict is verdict


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
    assert _check(report, "painted_text").verdict is Verdict.REVIEW
    assert report.verdict is Verdict.REVIEW


SCENE = PresetSpec(
    kind="ai_scene",
    painting=Painting(prompt="a wooden table in a bright room"),
    composition=Composition(margin=0.16),
    outputs=(Output(name="main", width=900, height=900),),
)


@pytest.mark.parametrize("lettering", ["", "BUY NOW"])
def test_lettering_around_a_product_waits_for_a_person(lettering: str, reader: TextReader) -> None:
    photo = demo_photo("tote-navy")  # its own text is no doubt

    def paint(ask: Ask) -> Answer:
        answer = RoomPainter()(ask)
        assert isinstance(answer, Painted)
        rgb = answer.rgb.copy()
        cv2.putText(rgb, lettering, (20, 70), cv2.FONT_HERSHEY_DUPLEX, 1.6, (20, 20, 20), 3)
        return Painted(rgb, PAINTER)

    rendered = DiffusionEngine(paint).render(photo, SCENE, 1)
    finished = finish(rendered, SCENE, FACTS, today=TODAY)
    report = verify(photo, rendered, finished, SCENE, today=TODAY, reader=reader)

    check = _check(report, "painted_lettering")
    assert check.verdict is (Verdict.REVIEW if lettering else Verdict.PASS)
    assert lettering in check.message
    assert report.verdict is check.verdict
