"""Render one scene with the cut-out known; prints seconds, cold and warm, and peak memory."""

from __future__ import annotations

import json
import resource

from generation.inference.render import render
from generation.spec import PresetSpec, Scene
from tests.bench.packshot import prepared, timed

SPEC = PresetSpec(kind="scene", scene=Scene(plate="podium"))


def main() -> None:
    """Measure; the first render also reads the plate."""
    source = prepared()
    cold, _ = timed(lambda: render(source, SPEC, 0), runs=1)
    warm, _ = timed(lambda: render(source, SPEC, 0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cold": cold, "warm": warm, "peak_mb": peak}))  # noqa: T201


if __name__ == "__main__":
    main()
