"""kill -9 on real worker processes while a batch runs against a real HTTP store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from productviz.env import ROOT


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("products", "kills", "seed", "options"),
    [
        pytest.param(8, 5, 1, (), id="a few products"),
        pytest.param(200, 20, 1, ("--postgres", "--cut-out"), id="a catalog, PostgreSQL"),
    ],
)
def test_it_publishes_every_product_once_although_its_worker_is_killed(
    tmp_path: Path, products: int, kills: int, seed: int, options: tuple[str, ...]
) -> None:
    command = [sys.executable, "-m", "tests.e2e.kill_run", "--data", str(tmp_path), *options]
    command += ["--products", str(products), "--kills", str(kills), "--seed", str(seed)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    logs = [log.read_text()[-3000:] for log in tmp_path.glob("*.log")]
    assert done.returncode == 0, "\n".join([done.stderr[-2000:], *logs])
    got = json.loads(done.stdout.splitlines()[-1])
    assert got["killed"] >= 2 * kills, "each kill should have met a supervisor and its cluster"
    assert got["kills_at_work"] == kills or products < 100, "the batch was over before the kills"
    assert got["generations"] == {"succeeded": products}, got["reasons"]
    assert got["publications"] == {"published": products}
    assert got["ends"] == {"1": products}, "each generation ends once"
    assert got["gallery_writes"] == {"1": products}
    assert got["uploads"] == products
    assert got["pictures_in_galleries"] == {"1": products}
    assert (got["files"]["orphans"], got["files"]["missing"]) == (0, 0)
    if got["webhooks"] is not None:
        assert got["webhooks"]["missing"] == []
        assert got["webhooks"]["events"] >= 2 * products
