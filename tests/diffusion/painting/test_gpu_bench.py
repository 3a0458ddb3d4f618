"""The bench for GPUs: runs here at tiny size, and its true sizes are those of the checkpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch


def test_it_measures_every_model_at_tiny_size(tmp_path: Path) -> None:
    from tests.bench.gpu.__main__ import STAGES, main
    from tests.bench.gpu.models import TINY

    out = tmp_path / "bench.json"

    rows = main(["--tiny", "--batches", "1", "2", "--budget", "15", "--out", str(out)])

    written = json.loads(out.read_text())
    assert written["rows"] == json.loads(json.dumps(rows))
    assert [(row["model"], row["batch"]) for row in rows] == [
        (TINY[name].entry.name, batch) for name in TINY for batch in (1, 2)
    ]
    for row in rows:
        assert row["images_per_second"] > 0
        assert row["times_one_at_a_time"] > 0
        assert row["bookkeeping_ms_an_image"] > 0
        expected = set(STAGES) - ({"encode"} if row["model"] == "klein-edit" else set())
        assert set(row["seconds_an_image"]) == expected


@pytest.mark.parametrize(
    ("name", "billions"), [("sdxl", 2.57), ("klein", 3.88), ("klein-edit", 3.88), ("z-image", 6.15)]
)
def test_the_true_sizes_have_as_many_parameters(name: str, billions: float) -> None:
    from accelerate import init_empty_weights

    from generation.inference.engines.diffusion.painting.speed import core_of
    from tests.bench.gpu.models import SUBJECTS

    with init_empty_weights():
        core = core_of(SUBJECTS[name].build())

    count = sum(parameter.numel() for parameter in core.parameters())
    assert count / 1e9 == pytest.approx(billions, abs=0.01)
