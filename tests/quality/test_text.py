from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytest_django.fixtures import Settings

from generation.imaging.text_lines import TextReader
from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.reading import text_reader
from generation.types import Check, Pixels, Rendered, Report, Verdict
from productviz.health import check_reading
from tests.props import FACTS, altered, can, made, white


@pytest.fixture(scope="module")
def reader() -> TextReader:
    found = text_reader()
    assert found is not None, "Run `manage.py fetch_model text-finder text-reader` for the tests."
    return found


def _text(report: Report) -> Check:
    return next(check for check in report.checks if check.name == "text")


def _judge(rendered: Rendered, reader: TextReader | None) -> Check:
    return _text(verify(can(), rendered, finish(rendered, white(), FACTS), white(), reader=reader))


def _painted(rgb: Pixels, rows: slice, columns: slice) -> Pixels:
    changed = rgb.copy()
    changed[rows, columns] = changed[rows.start - 4, columns.start]
    return changed


def test_it_reads_what_is_printed_on_the_product(reader: TextReader) -> None:
    photo = can().image.rgb

    lines = reader.read(photo, reader.find(photo, longest=736))

    assert {line.text for line in lines} == {"TOMATO", "No 12"}
    assert min(line.confidence for line in lines) > 0.9


def test_it_reads_a_line_that_runs_upwards(reader: TextReader) -> None:
    turned = np.ascontiguousarray(np.rot90(can().image.rgb))

    lines = reader.read(turned, reader.find(turned, longest=736))

    # So small and turned it may stutter; what is not laid down reads as no word at all.
    assert any(line.text.startswith("TOMA") for line in lines)


def test_it_finds_no_text_where_there_is_none(reader: TextReader) -> None:
    assert reader.find(np.full((300, 200, 3), 128, np.uint8), longest=736) == ()


def test_kept_text_passes(reader: TextReader) -> None:
    rendered, _ = made(can(), white())

    check = _judge(rendered, reader)

    assert (check.value, check.verdict) == (1.0, Verdict.PASS)
    assert check.message == "All 2 lines of text are as in the photo."


def test_a_lost_word_is_rejected_and_quoted(reader: TextReader) -> None:
    rendered, _ = made(can(), white())
    rgb = rendered.rgba[..., :3]
    word = np.argwhere(cv2.absdiff(rgb, rgb[:, ::-1]).max(axis=2) > 120)
    bare = _painted(rgb, slice(word[:, 0].min(), 250), slice(170, 330))

    check = _judge(altered(rendered, bare), reader)

    assert (check.value, check.verdict) == (0.5, Verdict.REJECT)
    assert "“TOMATO”" in check.message


def test_text_too_small_to_be_read_is_not_asked_for(reader: TextReader) -> None:
    spec = white(64)
    rendered, finished = made(can(), spec)

    check = _text(verify(can(), rendered, finished, spec, reader=reader))

    assert check.verdict is Verdict.PASS


def test_text_behind_another_product_is_not_asked_for(reader: TextReader) -> None:
    rendered, _ = made(can(), white())
    hidden = rendered.placed[0].alpha.copy()
    hidden[:255] = 0

    check = _judge(replace(rendered, placed=(replace(rendered.placed[0], alpha=hidden),)), reader)

    assert check.message == "The text is as in the photo."


def test_without_networks_the_report_says_that_nothing_was_checked(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MODEL_DIR = tmp_path
    rendered, _ = made(can(), white())

    check = _judge(rendered, text_reader())

    assert (check.value, check.verdict) == (-1.0, Verdict.PASS)
    assert "was not checked" in check.message
    assert check_reading().level == "warning"
    assert "fetch_model text-finder text-reader" in check_reading().fix
