"""kill -9 on real worker processes while a batch runs against a real HTTP store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from productviz.env import ROOT

PRODUCTS = 8


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_it_publishes_every_product_once_although_its_worker_is_killed(
    tmp_path: Path, seed: int
) -> None:
    command = [sys.executable, "-m", "tests.e2e.kill_run", "--data", str(tmp_path)]
    command += ["--products", str(PRODUCTS), "--kills", "5", "--seed", str(seed)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    logs = [log.read_text()[-3000:] for log in tmp_path.glob("*.log")]
    assert done.returncode == 0, "\n".join([done.stderr[-2000:], *logs])
    got = json.loads(done.stdout.splitlines()[-1])
    assert got["killed"] >= 10, "each kill should have met a supervisor and its cluster"
    assert got["generations"] == {"succeeded": PRODUCTS}, got["reasons"]
    assert got["publications"] == {"published": PRODUCTS}
    assert got["completed_events"] == PRODUCTS
    assert got["gallery_writes"] == [1] * PRODUCTS
    assert got["uploads"] == PRODUCTS
    assert got["pictures_in_galleries"] == [1] * PRODUCTS
