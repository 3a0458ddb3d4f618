"""SIGTERM to a real worker: what is in hand is finished or handed back, and nothing new begun."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from productviz.env import ROOT
from tests.e2e.stop_run import PRODUCTS


def _stopped(data: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.e2e.stop_run", "--data", str(data), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    log = (data / "worker.log").read_text()[-3000:]
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{log}"
    got: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return got


@pytest.mark.timeout(300)
def test_it_finishes_what_is_in_hand_and_begins_nothing_new(tmp_path: Path) -> None:
    got = _stopped(tmp_path)

    assert got["code"] == 0
    assert got["seconds"] < 30
    assert (got["held"], got["begun_and_waiting"], got["counted"]) == (0, 0, 0)
    assert 0 < got["waiting"] < PRODUCTS - 1, "it went on until the batch was over"
    assert got["alive"] == 0


@pytest.mark.timeout(300)
def test_it_hands_back_what_takes_too_long_and_does_not_count_it(tmp_path: Path) -> None:
    got = _stopped(tmp_path, "--hang")

    assert got["code"] == 0
    assert (got["held"], got["counted"]) == (0, 0)
    assert 1 <= got["begun_and_waiting"] <= 2, "what each of two workers had in hand"
    assert got["alive"] == 0
