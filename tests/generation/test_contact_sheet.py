from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from generation.imaging.pixels import Upright
from generation.types import CutoutResult
from tests.props import can


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photographs, whose cut-outs are known, and a file that is none."""

    def known(image: Upright) -> CutoutResult:
        return can().cutout

    monkeypatch.setattr("generation.contact_sheet.cut_out", known)
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("one", "two"):
        Image.fromarray(can().image.rgb).save(folder / f"{name}.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    return folder


def test_it_draws_a_row_a_product_and_a_column_a_preset(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sheet.png"

    call_command(
        "contact_sheet",
        f"--photos={photos}",
        "--presets=white-background,group-shot",
        "--size=120",
        f"--out={out}",
    )

    assert "4 pictures, 2 that could not be made" in capsys.readouterr().out
    with Image.open(out) as sheet:
        assert sheet.size == (2 * 128 + 8, 34 + 3 * (120 + 34 + 8) + 8)
        pixels = np.asarray(sheet)
    broken, one = pixels[40:150, 14:120], pixels[202:312, 14:120]
    assert (broken == 0xC9).mean() > 0.5
    assert np.ptp(one, axis=2).max() > 100


def test_a_preset_that_is_not_there_is_named(photos: Path) -> None:
    with pytest.raises(CommandError, match='no ready preset "sepia"'):
        call_command("contact_sheet", f"--photos={photos}", "--presets=sepia")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No photographs in"):
        call_command("contact_sheet", f"--photos={tmp_path}")
