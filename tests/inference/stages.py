"""A small plate made in code, its camera known: what the tests of scenes stand on."""

from __future__ import annotations

import io
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generation.spec import Output, PresetSpec
from generation.spec.parts import Scene
from generation.types import Pixels
from tests.props import prepared

SIDE = 400
DISTANCE = 5.0


def write_plate(folder: Path, name: str = "stage", **changes: Any) -> Path:
    """Write a plate with three views of a gradient floor; ``changes`` replace parts of its file."""
    home = folder / name
    home.mkdir(parents=True)
    views = {
        view: _view(view, elevation)
        for view, elevation in (("front", 8.0), ("three_quarter", 30.0), ("top", 90.0))
    }
    data: dict[str, Any] = {
        "schema": 1,
        "version": 3,
        "name": name,
        "title": "Stage",
        "summary": "A floor.",
        "stand": {"shape": "plane"},
        "light": {"direction": towards(-90.0, 45.0), "angular_radius": 4.0, "color": [1, 1, 1]},
        "surface": {"roughness": 0.9, "reflectance": 0.04},
        "views": views,
        "variations": [
            {"name": "plain", "title": "Plain", "tints": [[1, 1, 1]] * 3, "light": [1, 1, 1]},
            {
                "name": "sage",
                "title": "Sage",
                "tints": [[0.5, 0.8, 0.6], [1, 1, 1], [1, 1, 1]],
                "light": [1.0, 0.9, 0.8],
            },
        ],
        "palette": [],
    }
    for path, value in changes.items():
        _replace(data, path.split("__"), value)
    for view in views:
        (home / f"{view}.webp").write_bytes(_pictures()[0])
        (home / f"{view}-masks.webp").write_bytes(_pictures()[1])
    (home / "plate.json").write_text(json.dumps(data))
    return home


def spec(
    view: str = "auto", *, variation: str = "", size: tuple[int, int] = (SIDE, SIDE)
) -> PresetSpec:
    """A scene on the plate "stage", small enough for tests."""
    main = Output(name="main", width=size[0], height=size[1])
    scene = Scene.model_validate({"plate": "stage", "variation": variation, "view": view})
    return PresetSpec(kind="scene", scene=scene, outputs=(main,))


def floor() -> Pixels:
    """A light gradient from top to bottom, uint8 SIDE x SIDE x 3."""
    column = np.linspace(170, 230, SIDE)[:, None, None]
    return np.broadcast_to(column, (SIDE, SIDE, 3)).astype(np.uint8)


def masks() -> Pixels:
    """The first material on the left half, the second half covering the right."""
    shares = np.zeros((SIDE, SIDE, 3), np.uint8)
    shares[:, : SIDE // 2, 0] = 255
    shares[:, SIDE // 2 :, 1] = 128
    return shares


def towards(azimuth: float, elevation: float) -> list[float]:
    """A unit vector; azimuth 0 is away from the camera, 90 on its right."""
    around, up = math.radians(azimuth), math.radians(elevation)
    return [math.sin(around) * math.cos(up), math.cos(around) * math.cos(up), math.sin(up)]


def jar(elevation: float = 30.0, *, width: int = 360, height: int = 480) -> Pixels:
    """The alpha of a cylinder seen from some degrees above: two arcs and two straight sides."""
    ys, xs = np.mgrid[0:height, 0:width].astype(float)
    radius, middle = width * 0.3, width / 2
    bend = radius * math.sin(math.radians(elevation))
    top, bottom = height * 0.2, height * 0.9 - bend
    aside = np.clip(np.abs(xs - middle) / radius, 0, 1)
    arc = bend * np.sqrt(1 - aside**2)
    inside = (np.abs(xs - middle) <= radius) & (ys <= bottom + arc) & (ys >= top - arc)
    return np.where(inside, 255, 0).astype(np.uint8)


def photo_of(alpha: Pixels, rgb: tuple[int, int, int] = (60, 80, 120)) -> Any:
    """A prepared photo of a plain product with that outline."""
    color = np.empty((*alpha.shape, 3), np.uint8)
    color[...] = rgb
    return prepared(color, color, alpha)


@cache
def _pictures() -> tuple[bytes, bytes]:
    return _webp(floor()), _webp(masks())


def _webp(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", lossless=True)
    return out.getvalue()


def _view(name: str, elevation: float) -> dict[str, Any]:
    up = math.radians(elevation)
    is_top = name == "top"
    return {
        "image": f"{name}.webp",
        "masks": f"{name}-masks.webp",
        "elevation": elevation,
        "camera": {
            "position": [0.0, -DISTANCE * math.cos(up) * (not is_top), DISTANCE * math.sin(up)],
            "target": [0.0, 0.0, 0.0 if is_top else 0.35],
            "up": [0.0, 1.0, 0.0] if is_top else [0.0, 0.0, 1.0],
            "fov": 24.0,
        },
        "safe_area": [0.12, 0.08, 0.88, 0.85],
        "key_share": 0.6,
    }


def _replace(data: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value
