"""Mitsuba and Open Image Denoise: from bodies in front of a lens to clean linear light.

Both come with the extra `scenes` and are imported only here, when a picture is asked for. What is
in the picture, and how it is exposed, is the caller's business.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from .materials import Part, bsdf
from .shapes import Floats, Mesh, normals

MISSING = (
    "The pictures are path-traced with Mitsuba, which is not installed. "
    'Install the extra "scenes" (pip install "productviz[scenes]") and run the command again.'
)
PATHS_A_PASS = 12_000_000  # light paths in one wave front; keeps the process below 4 GB
GUIDE_SAMPLES = 16  # fewer smear small print
LLVM = Path("/usr/lib/x86_64-linux-gnu/libLLVM.so.19.1")  # Debian's libllvm19

Finish = Callable[[Part], dict[str, Any]]


class ScenesMissingError(RuntimeError):
    """Mitsuba or pyoidn is not installed."""


@dataclass(frozen=True, slots=True)
class Lens:
    """A thin lens at `origin` looking at `target`, in focus at distance `focus`.

    `view` is the angle over the picture's longer side in degrees, `aperture` the lens radius,
    `size` is width and height in pixels.
    """

    origin: tuple[float, float, float]
    target: tuple[float, float, float]
    up: tuple[float, float, float]
    view: float
    aperture: float
    focus: float
    size: tuple[int, int]


def start() -> Any:
    """The Mitsuba module, on LLVM where `DRJIT_LIBLLVM_PATH` names it or Debian's LLVM 19 is
    installed, else scalar.

    LLVM 19 works and 15 aborts, tried in September 2026 with Mitsuba 3.9.

    Raises `ScenesMissingError` when the extra is not installed.
    """
    try:
        mi = importlib.import_module("mitsuba")
        importlib.import_module("pyoidn")
    except ImportError as error:
        raise ScenesMissingError(MISSING) from error
    if mi.variant() is None:
        if LLVM.exists():
            os.environ.setdefault("DRJIT_LIBLLVM_PATH", str(LLVM))
        mi.set_variant("llvm_ad_rgb" if os.environ.get("DRJIT_LIBLLVM_PATH") else "scalar_rgb")
    return mi


def passes(samples: int, size: tuple[int, int]) -> int:
    """How many times `trace` renders for this many samples a pixel."""
    return max(1, -(-samples * size[0] * size[1] // PATHS_A_PASS))


def trace(
    scene: Any,
    *,
    samples: int,
    size: tuple[int, int],
    guides: int = GUIDE_SAMPLES,
    tick: Callable[[], None] = lambda: None,
) -> Floats:
    """Denoised linear radiance, (h, w, 3), of a loaded scene.

    `guides` are the samples of albedo and normals that steer the denoiser; `tick` is called after
    each of `passes(samples, size)` passes.
    """
    mi = start()
    count = passes(samples, size)
    each = max(1, round(samples / count))
    light = np.zeros(1)
    for seed in range(count):
        light = light + np.array(mi.render(scene, spp=each, seed=seed))
        tick()
    # Traced together with the light, the guides would make each of its samples three times dearer.
    layers = _seen(scene, "albedo:albedo,normal:sh_normal", samples=guides, size=size)
    return _denoised(light / count, layers)


def coverage(scene: Any, *, samples: int, size: tuple[int, int]) -> Floats:
    """The colours of `flat` bodies as the lens sees them, (h, w, 3): how much of each pixel is
    whose, with the same blur as the picture.
    """
    return np.clip(_seen(scene, "albedo:albedo", samples=samples, size=size), 0, 1)


def _seen(scene: Any, layers: str, *, samples: int, size: tuple[int, int]) -> Floats:
    mi = start()
    first_hit = mi.load_dict({"type": "aov", "aovs": layers})
    count = passes(samples, size)
    each = max(1, round(samples / count))
    total = np.zeros(1)
    for index in range(count):
        total = total + np.array(mi.render(scene, integrator=first_hit, spp=each, seed=99 + index))
    return total / count


def _denoised(light: Floats, guides: Floats) -> Floats:
    clean = importlib.import_module("pyoidn").denoise
    colour, albedo, normal = (
        np.ascontiguousarray(layer, dtype=np.float32)
        for layer in (np.nan_to_num(light), np.clip(guides[..., :3], 0, 1), guides[..., 3:6])
    )
    return np.asarray(clean(colour, albedo=albedo, normal=normal, hdr=True), dtype=np.float64)


def lit(mi: Any) -> Finish:
    """Bodies with their true surfaces, for a picture."""
    return lambda part: {"bsdf": bsdf(mi, part.surface)}


def flat(colour: Callable[[Part], tuple[float, float, float]]) -> Finish:
    """Bodies in one flat colour each, for `coverage`."""

    def finish(part: Part) -> dict[str, Any]:
        reflectance = {"type": "rgb", "value": list(colour(part))}
        return {
            "bsdf": {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": reflectance}}
        }

    return finish


def bodies(folder: Path, name: str, parts: Iterable[Part], finish: Finish) -> dict[str, Any]:
    """The parts as shapes of a Mitsuba scene; their meshes are written to `folder`, which must
    stay until the scene is loaded.
    """
    shapes = {}
    for index, part in enumerate(parts):
        path = folder / f"{name}-{index}.ply"
        write_ply(part.mesh, path)
        shape = {"type": "ply", "filename": str(path), "flip_tex_coords": True}
        shapes[f"{name}_{index}"] = {**shape, **finish(part)}
    return shapes


def sensor(mi: Any, lens: Lens) -> dict[str, Any]:
    """The lens as a Mitsuba sensor with a linear RGB film."""
    place = mi.ScalarTransform4f().look_at(
        origin=list(lens.origin), target=list(lens.target), up=list(lens.up)
    )
    film = {"type": "hdrfilm", "width": lens.size[0], "height": lens.size[1]}
    return {
        "type": "thinlens",
        "fov": lens.view,
        "fov_axis": "larger",
        "aperture_radius": lens.aperture,
        "focus_distance": lens.focus,
        "to_world": place,
        "film": {**film, "pixel_format": "rgb", "rfilter": {"type": "box"}},
        "sampler": {"type": "independent"},
    }


@lru_cache(maxsize=64)
def _normals(mesh: Mesh) -> Floats:
    """Worked out once for a body that is loaded for several pictures and masks."""
    return normals(mesh)


def write_ply(mesh: Mesh, path: Path) -> None:
    """The mesh with normals and texture coordinates as binary PLY."""
    columns = np.concatenate([mesh.vertices, _normals(mesh), mesh.uv], axis=1).astype("<f4")
    faces = np.zeros(len(mesh.faces), dtype=[("count", "u1"), ("index", "<i4", 3)])
    faces["count"], faces["index"] = 3, mesh.faces
    names = "\n".join(
        f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz", "u", "v")
    )
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(columns)}\n{names}\n"
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    path.write_bytes(head.encode() + columns.tobytes() + faces.tobytes())
