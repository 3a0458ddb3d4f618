"""Path tracing with Mitsuba: a photograph's light and the product's true mask.

Mitsuba and pyoidn come with the extra `scenes` and are imported only here, when a picture is
asked for.
"""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .camera import Camera
from .materials import Part, bsdf
from .rooms import panorama
from .scenes import Stage
from .shapes import Floats, Mesh, normals

MISSING = (
    "The photographs are path-traced with Mitsuba, which is not installed. "
    'Install the extra "scenes" (pip install "productviz[scenes]") and run the command again.'
)
SAMPLES_A_PASS = 8  # keeps the memory of one wave front near 2 GB at 1.5 megapixels
MASK_SAMPLES = 16
GUIDE_SAMPLES = 16  # fewer smear small print


class ScenesMissingError(RuntimeError):
    """Mitsuba or pyoidn is not installed."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """What is in front of the lens."""

    product: tuple[Part, ...]
    stage: Stage
    camera: Camera


def start() -> Any:
    """The Mitsuba module, on LLVM where `DRJIT_LIBLLVM_PATH` names it, else scalar.

    LLVM 19 works and 15 aborts, tried in September 2026 with Mitsuba 3.9.

    Raises `ScenesMissingError` when the extra is not installed.
    """
    try:
        mi = importlib.import_module("mitsuba")
        importlib.import_module("pyoidn")
    except ImportError as error:
        raise ScenesMissingError(MISSING) from error
    if mi.variant() is None:
        mi.set_variant("llvm_ad_rgb" if os.environ.get("DRJIT_LIBLLVM_PATH") else "scalar_rgb")
    return mi


def trace(shot: Shot, *, samples: int, tick: Callable[[], None] = lambda: None) -> Floats:
    """Denoised linear radiance, (h, w, 3); `tick` is called after each of `passes(samples)`
    passes.
    """
    mi = start()
    with tempfile.TemporaryDirectory() as folder:
        scene = mi.load_dict(_lit(mi, shot, Path(folder)))
        light = np.zeros(1)
        for seed in range(passes(samples)):
            light = light + np.array(mi.render(scene, spp=min(samples, SAMPLES_A_PASS), seed=seed))
            tick()
        # Traced together with the light, the guides would make each sample three times dearer.
        layers = {"type": "aov", "aovs": "albedo:albedo,normal:sh_normal"}
        guides = np.array(
            mi.render(scene, integrator=mi.load_dict(layers), spp=GUIDE_SAMPLES, seed=99)
        )
    return _denoised(light / passes(samples), guides)


def passes(samples: int) -> int:
    """How many times `trace` renders for this many samples a pixel."""
    return max(1, samples // SAMPLES_A_PASS)


def mask(shot: Shot) -> Floats:
    """How much of each pixel is product, (h, w) in 0..1, with the same lens, so blurred where
    the photo is.
    """
    mi = start()
    with tempfile.TemporaryDirectory() as folder:
        scene = mi.load_dict(_glowing(mi, shot, Path(folder)))
        seen = np.array(mi.render(scene, spp=MASK_SAMPLES, seed=0))
    return np.asarray(np.clip(seen[..., 0], 0, 1), dtype=np.float64)


def _denoised(light: Floats, guides: Floats) -> Floats:
    clean = importlib.import_module("pyoidn").denoise
    colour, albedo, normal = (
        np.ascontiguousarray(layer, dtype=np.float32)
        for layer in (np.nan_to_num(light), np.clip(guides[..., :3], 0, 1), guides[..., 3:6])
    )
    return np.asarray(clean(colour, albedo=albedo, normal=normal, hdr=True), dtype=np.float64)


def _lit(mi: Any, shot: Shot, folder: Path) -> dict[str, Any]:
    light = np.ascontiguousarray(panorama(shot.stage.room), dtype=np.float32)
    upright = mi.ScalarTransform4f().rotate([1, 0, 0], 90)
    return {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 9, "rr_depth": 4},
        "sensor": _sensor(mi, shot.camera),
        "room": {"type": "envmap", "bitmap": mi.Bitmap(light), "to_world": upright},
        **_bodies(folder, "product", shot.product, lambda part: {"bsdf": bsdf(mi, part.surface)}),
        **_bodies(folder, "stage", shot.stage.parts, lambda part: {"bsdf": bsdf(mi, part.surface)}),
    }


def _glowing(mi: Any, shot: Shot, folder: Path) -> dict[str, Any]:
    """Only the product shines, and only direct sight counts: what arrives is its coverage."""
    glow = {"emitter": {"type": "area", "radiance": {"type": "rgb", "value": 1.0}}}
    black = {"bsdf": {"type": "twosided", "bsdf": {"type": "diffuse"}}}
    return {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 1},
        "sensor": _sensor(mi, shot.camera),
        **_bodies(folder, "product", shot.product, lambda part: glow),
        **_bodies(folder, "stage", shot.stage.parts, lambda part: black),
    }


def _bodies(
    folder: Path, name: str, parts: Iterable[Part], finish: Callable[[Part], dict[str, Any]]
) -> dict[str, Any]:
    bodies = {}
    for index, part in enumerate(parts):
        path = folder / f"{name}-{index}.ply"
        write_ply(part.mesh, path)
        shape = {"type": "ply", "filename": str(path), "flip_tex_coords": True}
        bodies[f"{name}_{index}"] = {**shape, **finish(part)}
    return bodies


def _sensor(mi: Any, camera: Camera) -> dict[str, Any]:
    place = mi.ScalarTransform4f().look_at(
        origin=list(camera.origin), target=list(camera.target), up=list(camera.up)
    )
    film = {"type": "hdrfilm", "width": camera.size[0], "height": camera.size[1]}
    return {
        "type": "thinlens",
        "fov": camera.view,
        "fov_axis": "larger",
        "aperture_radius": camera.aperture,
        "focus_distance": camera.distance,
        "to_world": place,
        "film": {**film, "pixel_format": "rgb", "rfilter": {"type": "box"}},
        "sampler": {"type": "independent"},
    }


def write_ply(mesh: Mesh, path: Path) -> None:
    """The mesh with normals and texture coordinates as binary PLY."""
    columns = np.concatenate([mesh.vertices, normals(mesh), mesh.uv], axis=1).astype("<f4")
    faces = np.zeros(len(mesh.faces), dtype=[("count", "u1"), ("index", "<i4", 3)])
    faces["count"], faces["index"] = 3, mesh.faces
    names = "\n".join(
        f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz", "u", "v")
    )
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(columns)}\n{names}\n"
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    path.write_bytes(head.encode() + columns.tobytes() + faces.tobytes())
