"""A process lost right before any write of any stage: another one ends its generation, once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from productviz.env import ROOT
from tests.e2e.crash_run import has_budgets

Found = dict[str, list[dict[str, Any]]]
# What each scenario leaves, beside one generation and the one end that is told of it.
LEFT = {
    "made": {"status": "succeeded", "code": "", "assets": 1, "publications": 1, "spent": 1},
    "re-used": {"status": "succeeded", "code": "", "assets": 0, "publications": 1, "spent": 0},
    "failed": {
        "status": "failed",
        "code": "image_unreadable",
        "assets": 0,
        "publications": 0,
        "spent": 0,
    },
}
ONCE = {"generations": 1, "ends": 1, "places": 0, "reserved": False, "held": False}


@pytest.mark.timeout(900)
def test_it_ends_once_whichever_write_its_process_did_not_live_to_make(tmp_path: Path) -> None:
    found = _crashed_everywhere(tmp_path)

    for scenario, lost in found.items():
        expected = {**ONCE, **LEFT[scenario]}
        if not has_budgets():
            expected["spent"] = 0
        for number, left in enumerate(lost, start=1):
            got = {name: left[name] for name in expected}
            assert got == expected, f"{scenario}: before write {number}, in {left['stage']}"
    lost_in = {left["stage"] for left in found["made"]}
    assert lost_in == {"intake", "preprocess", "inference", "postprocess", "store", "deliver"}
    assert set(found) == set(LEFT)
    assert len(found["made"]) > 20


def _crashed_everywhere(data: Path) -> Found:
    """What became of every crash, by scenario."""
    command = [sys.executable, "-m", "tests.e2e.crash_run", "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    got: Found = json.loads(done.stdout.splitlines()[-1])
    return got
