"""The painter's rules that need no torch: batch sizes, and limits that are learnt."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.inference.engines.diffusion.painting.batches import (
    chunks,
    filled,
    largest_within,
    size_for,
)
from generation.inference.engines.diffusion.painting.limits import UP_SECONDS, Limits


@pytest.mark.parametrize(
    ("count", "size"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (8, 8), (9, 8)]
)
def test_a_count_gets_the_next_size(count: int, size: int) -> None:
    assert size_for(count) == size


@pytest.mark.parametrize(("limit", "size"), [(0, 1), (1, 1), (3, 2), (7, 4), (64, 8)])
def test_a_limit_gets_the_size_below_it(limit: int, size: int) -> None:
    assert largest_within(limit) == size


def test_a_batch_is_filled_with_its_last() -> None:
    assert filled(["a", "b", "c"]) == ["a", "b", "c", "c"]
    assert list(chunks([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]


def test_limits_go_down_and_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "new" / "limits.json"
    limits = Limits(file)

    limits.lower("a", 64, 64, 4)
    limits.lower("a", 64, 64, 8)
    limits.lower("b", 64, 64, 0)

    again = Limits(file)
    assert again.size("a", 64, 64, 8) == 4
    assert again.size("a", 64, 64, 2) == 2
    assert again.size("a", 128, 64, 8) == 8
    assert again.size("b", 64, 64, 8) == 1
    assert Limits(file, "a larger device").size("a", 64, 64, 8) == 8
    assert [path.name for path in file.parent.iterdir()] == ["limits.json"]


def test_one_size_more_is_tried_after_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    limits = Limits(tmp_path / "limits.json")
    limits.lower("a", 64, 64, 2)

    now += UP_SECONDS - 1
    assert limits.size("a", 64, 64, 8) == 2
    now += 2
    assert Limits(tmp_path / "limits.json").size("a", 64, 64, 8) == 4
    limits.lower("a", 64, 64, 2)
    assert limits.size("a", 64, 64, 8) == 2, "it did not fit, so the hour begins again"
    now += 3 * UP_SECONDS
    assert limits.size("a", 64, 64, 8) == 8
    now -= 9 * UP_SECONDS
    assert limits.size("a", 64, 64, 8) == 2, "a clock that was put back lifts nothing"


def test_limits_that_cannot_be_written_are_remembered_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "painter").write_text("a file in the way")
    limits = Limits(tmp_path / "painter" / "limits.json")

    limits.lower("a", 64, 64, 2)

    assert limits.size("a", 64, 64, 8) == 2
    assert "until the painter ends" in caplog.text


@pytest.mark.parametrize("text", ["", "[1]", '{" a 64x64": "many"}', '{" a 64x64": 2}', "{"])
def test_limits_that_cannot_be_read_are_learnt_again(text: str, tmp_path: Path) -> None:
    file = tmp_path / "limits.json"
    file.write_text(text)

    assert Limits(file).size("a", 64, 64, 8) == 8
    Limits(file).lower("a", 64, 64, 2)
    assert Limits(file).size("a", 64, 64, 8) == 2


def test_packages_without_torch_say_which_versions_there_are() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from generation.inference.engines.diffusion.painting import keys;"
        "assert keys.libraries().startswith('torch-');"
        "sys.exit(any(name in sys.modules for name in ('torch', 'diffusers', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
