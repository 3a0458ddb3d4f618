"""The database restarts under a running worker, as at an update: nothing is lost or done twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from productviz.env import ROOT
from tests.e2e.database_run import PRODUCTS


@pytest.mark.timeout(600)
def test_a_batch_goes_on_when_its_database_comes_back(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.e2e.database_run", "--data", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    log = (tmp_path / "worker.log").read_text()[-5000:]
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{log}"
    got = json.loads(done.stdout.splitlines()[-1])
    assert got["outlived"], "the worker ended with its database"
    assert got["generations"] == {"succeeded": PRODUCTS}, got["reasons"]
    assert got["publications"] == {"published": PRODUCTS}
    assert got["ends"] == {"1": PRODUCTS}
    assert got["gallery_writes"] == {"1": PRODUCTS}
    assert got["uploads"] == PRODUCTS
    assert (got["files"]["orphans"], got["files"]["missing"]) == (0, 0)
