"""A real GPU cluster: killed, its painter killed, stopped; every picture ends exactly once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from productviz.env import ROOT
from tests.diffusion.drain.cluster_run import ROWS

pytestmark = pytest.mark.timeout(400)


def run(data: Path, do: str) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "tests.diffusion.drain.cluster_run",
        "--data",
        str(data),
        "--do",
        do,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    log = data / "worker.log"
    tail = log.read_text()[-3000:] if log.exists() else ""
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{tail}"
    got: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return got


@pytest.mark.parametrize("do", ["worker", "painter"])
def test_every_picture_ends_once_whoever_is_killed_in_the_middle(tmp_path: Path, do: str) -> None:
    got = run(tmp_path, do)

    assert got["statuses"] == {"succeeded": ROWS}
    assert got["ends"] == {"1": ROWS}
    assert got["assets"] == ROWS
    assert got["held"] == 0
    assert got["hosts"] == 1


def test_a_picture_that_kills_the_painter_takes_no_other_down(tmp_path: Path) -> None:
    got = run(tmp_path, "deadly")

    assert (got["deadly"], got["code_of_deadly"]) == ("failed", "model_unavailable")
    assert got["statuses"] == {"succeeded": ROWS - 1, "failed": 1}
    assert got["ends"] == {"1": ROWS}


@pytest.mark.parametrize("do", ["stop", "plain"])
def test_it_finishes_what_is_begun_and_hands_the_rest_back_when_it_is_stopped(
    tmp_path: Path, do: str
) -> None:
    got = run(tmp_path, do)

    assert got["code"] == 0
    assert (got["held"], got["counted"]) == (0, 0)
    assert got["ends"].get("1", 0) == got["statuses"].get("succeeded", 0) == got["assets"]
    assert (got["hosts"], got["loaded"]) == (1, []), "it has signed off"
    if do == "stop":
        assert got["statuses"]["processing"] >= 4, "it went on until all were done"
