"""A photograph's light and the product's true mask, by the shared path tracer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from productviz.lib.pathtrace import tracer
from productviz.lib.pathtrace.materials import Part
from productviz.lib.pathtrace.shapes import Floats

from .camera import Camera
from .rooms import panorama
from .scenes import Stage

MASK_SAMPLES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """What is in front of the lens."""

    product: tuple[Part, ...]
    stage: Stage
    camera: Camera


def trace(shot: Shot, *, samples: int, tick: Callable[[], None] = lambda: None) -> Floats:
    """Denoised linear radiance, (h, w, 3); `tick` is called after each of the tracer's passes."""
    mi = tracer.start()
    with tempfile.TemporaryDirectory() as folder:
        scene = mi.load_dict(_lit(mi, shot, Path(folder)))
    return tracer.trace(scene, samples=samples, size=shot.camera.size, tick=tick)


def mask(shot: Shot) -> Floats:
    """How much of each pixel is product, (h, w) in 0..1, with the same lens, so blurred where
    the photo is.
    """
    mi = tracer.start()
    with tempfile.TemporaryDirectory() as folder:
        scene = mi.load_dict(_flat(mi, shot, Path(folder)))
    seen = tracer.coverage(scene, samples=MASK_SAMPLES, size=shot.camera.size)
    return np.asarray(seen[..., 0], dtype=np.float64)


def _lit(mi: Any, shot: Shot, folder: Path) -> dict[str, Any]:
    light = np.ascontiguousarray(panorama(shot.stage.room), dtype=np.float32)
    upright = mi.ScalarTransform4f().rotate([1, 0, 0], 90)
    return {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 9, "rr_depth": 4},
        "sensor": tracer.sensor(mi, shot.camera.lens),
        "room": {"type": "envmap", "bitmap": mi.Bitmap(light), "to_world": upright},
        **tracer.bodies(folder, "product", shot.product, tracer.lit(mi)),
        **tracer.bodies(folder, "stage", shot.stage.parts, tracer.lit(mi)),
    }


def _flat(mi: Any, shot: Shot, folder: Path) -> dict[str, Any]:
    white, black = tracer.flat(lambda _: (1, 1, 1)), tracer.flat(lambda _: (0, 0, 0))
    return {
        "type": "scene",
        "sensor": tracer.sensor(mi, shot.camera.lens),
        **tracer.bodies(folder, "product", shot.product, white),
        **tracer.bodies(folder, "stage", shot.stage.parts, black),
    }
