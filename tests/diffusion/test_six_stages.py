"""Painted pictures by real tiny models, through all six stages and a real GPU cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from productviz.env import ROOT
from tests.diffusion.six_stages_run import RECIPES

pytestmark = [pytest.mark.timeout(400), pytest.mark.torch]
COUNT = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data = tmp_path_factory.mktemp("six-stages")
    command = [sys.executable, "-m", "tests.diffusion.six_stages_run"]
    command += ["--data", str(data), "--count", str(COUNT)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    log = data / "worker.log"
    tail = log.read_text()[-3000:] if log.exists() else ""
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{tail}"
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_picture_is_handed_over_and_comes_to_an_end(made: dict[str, Any]) -> None:
    assert made["handed"] == COUNT * len(RECIPES)
    assert [row["kind"] for row in made["rows"]] == [kind for kind in RECIPES for _ in range(COUNT)]
    # Weights are random: what a model made of noise is for a person, never for a shop by itself.
    assert {row["status"] for row in made["rows"]} <= {"succeeded", "awaiting_review"}
    assert all("inference" in row["stages"] for row in made["rows"])


def test_light_alone_is_taken_from_a_relit_picture_so_even_noise_passes(
    made: dict[str, Any],
) -> None:
    relit = [row for row in made["rows"] if row["kind"] == "relight"]

    assert {row["status"] for row in relit} == {"succeeded"}
    assert all("store" in row["stages"] for row in relit)


def test_the_gates_see_that_the_model_did_not_paint_what_was_asked(made: dict[str, Any]) -> None:
    assert {"product_kept", "edit_kept"} <= set(made["failed_checks"])


def test_every_manifest_names_the_model_that_painted(made: dict[str, Any]) -> None:
    painters = [facts["painter"] for facts in made["facts"]]

    assert {painter["model"] for painter in painters} == {"tiny-sdxl", "tiny-klein"}
    assert all(painter["revision"] and painter["licences"] == ["Test"] for painter in painters)
    assert any(painter["batch"] > 1 for painter in painters), "some were painted together"
