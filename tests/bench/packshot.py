"""Render, finish and verify one packshot with the cut-out known; prints seconds and peak memory."""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from generation.imaging.pixels import Upright
from generation.inference.render import render
from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.spec import WHITE_BACKGROUND
from generation.types import CutoutResult, Item, Prepared

SIDE = 1600
RUNS = 7
FACTS = {"sources": ["0" * 64], "cutout_model": "known@1", "cutout_licence": "none"}
Made = TypeVar("Made")


def prepared() -> Prepared:
    """A textured product on a plain ground, its cut-out known."""
    noise = np.random.default_rng(1).integers(0, 255, (SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
    texture = Image.fromarray(noise).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    mask = Image.new("L", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(mask)
    draw.rounded_rectangle((SIDE * 0.3, SIDE * 0.15, SIDE * 0.7, SIDE * 0.85), 60, fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(1.2))
    rgb = np.asarray(Image.composite(texture, Image.new("RGB", (SIDE, SIDE), "white"), mask))
    alpha = np.asarray(mask)
    cutout = CutoutResult(
        alpha=alpha,
        foreground=np.asarray(texture),
        model="known@1",
        confidence=1.0,
        agreement=1.0,
        coverage=float((alpha > 127).mean()),
        needs_review=False,
        reasons=(),
    )
    return Prepared((Item("0" * 64, Upright(rgb=rgb, alpha=None, format="JPEG"), cutout),))


def timed(make: Callable[[], Made], *, runs: int = RUNS) -> tuple[float, Made]:
    """Median seconds over the runs, and the last result."""
    spent = []
    for _ in range(runs):
        started = time.perf_counter()
        made = make()
        spent.append(time.perf_counter() - started)
    return statistics.median(spent), made


def main() -> None:
    """Measure."""
    source = prepared()
    spec = WHITE_BACKGROUND
    render_s, rendered = timed(lambda: render(source, spec, 0))
    finish_s, finished = timed(lambda: finish(rendered, spec, FACTS))
    verify_s, _ = timed(lambda: verify(source, rendered, finished, spec))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"render": render_s, "finish": finish_s, "verify": verify_s, "peak_mb": peak}
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main()
