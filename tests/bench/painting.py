"""What painting costs besides the model: batching, the painter's bookkeeping, and six stages.

All on the CPU with tiny models; `make bench-gpu` measures the models themselves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from generation.inference.engines.diffusion.gathering import Gathering
from generation.inference.engines.diffusion.watching import silent
from tests.bench.figures import ROOT
from tests.diffusion.painters import NumpyPainter, ask

PICTURES, THREADS = 4000, 24  # as many in hand as a worker has
EACH_KIND = 8


def main() -> None:
    """Measure the three."""
    with tempfile.TemporaryDirectory() as folder:
        rows = _run(Path(folder) / "rows.json", "tests.bench.gpu", "--tiny", "--out")["rows"]
        stages = _run(Path(folder) / "data", "tests.diffusion.six_stages_run", "--count",
                      str(EACH_KIND), "--data")  # fmt: skip
    ended = Counter(row["status"] for row in stages["rows"])
    figures = {
        "gathering_ms": _gathering(),
        "bookkeeping_ms": max(row["bookkeeping_ms_an_image"] for row in rows),
        "six_stages_seconds": stages["prepare_seconds_each"] + stages["seconds_each"],
        "ended": ended,
    }
    print(json.dumps(figures))  # noqa: T201


def _gathering() -> float:
    """Processor milliseconds an ask that meets others in front of a painter, its answer included.

    With the threads that wait, and with a painter that does nothing but fill 8 x 8 pixels.
    """
    room = Gathering(NumpyPainter(most=8, steps=4))
    asks = [ask(number) for number in range(PICTURES)]
    with ThreadPoolExecutor(THREADS) as pool:
        began = time.process_time()
        list(pool.map(lambda one: room.paint_one(one, silent), asks))
        spent = time.process_time() - began
    room.close()
    return 1000 * spent / PICTURES


def _run(out: Path, module: str, *options: str) -> Any:
    """Run a module that writes JSON into ``out``, or prints it last."""
    command = [sys.executable, "-m", module, *options, str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(out.read_text() if out.is_file() else done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
