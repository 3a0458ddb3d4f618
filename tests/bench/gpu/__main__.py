"""`make bench-gpu`: images a second by model, size and batch, against diffusers one at a time.

Prints a table and writes JSON. ``--tiny`` runs the same code on small models, on any machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from diffusers.utils import logging as diffusers_logging
from rich.console import Console
from rich.table import Table

from generation.inference.engines.diffusion.painting.keys import libraries
from tests.bench.gpu.measuring import (
    BenchPainter,
    Stopwatch,
    asks,
    bookkeeping,
    in_batches,
    one_at_a_time,
    stages,
)
from tests.bench.gpu.models import SUBJECTS, TINY, Subject, build

Row = dict[str, Any]
COLUMNS = ("model", "size", "batch", "images_per_second", "times_one_at_a_time", "peak_mb")
STAGES = ("text", "encode", "denoise", "decode", "host")


def main(words: Sequence[str] | None = None) -> list[Row]:
    """Measure what the command line names."""
    options = _options(words)
    diffusers_logging.set_verbosity_error()
    subjects = TINY if options.tiny else SUBJECTS
    device = torch.device("cpu" if options.tiny else options.device)
    sizes = [64] if options.tiny else options.buckets
    ends = time.monotonic() + options.budget
    rows: list[Row] = []
    for name in options.models:
        if time.monotonic() < ends:
            share = (ends - time.monotonic()) / (8 * len(options.models) * len(sizes))
            rows += _measure(subjects[name], device, sizes, options.batches, share, ends)
    _print(rows, device)
    report = {"device": _name(device), "libraries": libraries(), "rows": rows}
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    return rows


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-gpu", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="small models on the CPU: a smoke test")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--models", nargs="+", default=list(SUBJECTS), choices=list(SUBJECTS))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 2, 4, 8])
    parser.add_argument("--buckets", nargs="+", type=int, default=[768, 1024], help="pixels a side")
    parser.add_argument("--budget", type=float, default=540, help="seconds for all of it, about")
    parser.add_argument("--out", type=Path, default=Path("bench-gpu.json"))
    return parser.parse_args(words)


def _measure(
    subject: Subject,
    device: torch.device,
    sizes: Sequence[int],
    batches: Sequence[int],
    seconds: float,
    ends: float,
) -> Iterator[Row]:
    """One row a size and batch. The plain loop comes first: switches change shared weights."""
    base = build(subject, device).to(device)
    plain = {size: one_at_a_time(subject, base, size, seconds) for size in sizes}
    clock = Stopwatch(device)
    painter = BenchPainter(subject, base, device, clock)
    for size in sizes:
        for count in batches:
            if time.monotonic() > ends:
                break
            yield _row(painter, clock, asks(subject, size, count), plain[size], seconds)
    painter.close()


def _row(
    painter: BenchPainter, clock: Stopwatch, batch: Sequence[Any], plain: float, seconds: float
) -> Row:
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    speed = in_batches(painter, batch, seconds)
    return {
        "model": batch[0].model,
        "size": batch[0].width,
        "batch": len(batch),
        "passes_of": painter.most_at_once(batch[0]),
        "speed": list(painter.loaded(batch[0].model).switches.names),
        "images_per_second": speed,
        "plain_images_per_second": plain,
        "times_one_at_a_time": speed / plain,
        "peak_mb": _peak_mb(),
        "seconds_an_image": stages(painter, clock, batch),
        "bookkeeping_ms_an_image": bookkeeping(painter, batch, min(seconds, 0.5)),
    }


def _peak_mb() -> float:
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def _print(rows: Sequence[Row], device: torch.device) -> None:
    table = Table(
        *COLUMNS, *(f"{stage}_ms" for stage in STAGES), "bookkeeping_ms", title=_name(device)
    )
    for row in rows:
        spent = row["seconds_an_image"]
        table.add_row(
            *(f"{row[name]:.3g}" if isinstance(row[name], float) else str(row[name])
              for name in COLUMNS),
            *(f"{1000 * spent.get(stage, 0.0):.2f}" for stage in STAGES),
            f"{row['bookkeeping_ms_an_image']:.3f}",
        )  # fmt: skip
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
