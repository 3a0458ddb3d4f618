"""A plate's files: pictures within a byte budget, lossless masks, plate.json and thumbnails.

Every file is written whole or not at all, so that a render can be stopped and gone on with.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generation.imaging.recolour import tinted
from generation.inference.engines.studio.plate import FILE_NAME, Plate
from generation.types import Pixels

from .cameras import camera
from .render import Metered
from .scene import VIEWS, Level, Scene, Stand, View

VIEW_BYTES = 330_000  # picture and masks together: 36 of them travel inside the repository
BEST_QUALITY, WORST_QUALITY = 94, 70
THUMBNAIL = 320
_PALETTE = 5


def files_of(view: View) -> tuple[str, str]:
    """The names of a view's picture and masks."""
    stem = view.replace("_", "-")
    return f"{stem}.webp", f"{stem}-masks.webp"


def write_view(folder: Path, view: View, picture: Pixels, masks: Pixels) -> None:
    """Write one view's picture and masks, both uint8 (n, n, 3)."""
    image_name, masks_name = files_of(view)
    cover = _webp(masks, lossless=True, quality=100)
    write(folder / masks_name, cover)
    write(folder / image_name, _fitting(picture, VIEW_BYTES - len(cover)))


def write_plate(folder: Path, name: str, scene: Scene, meter: Metered) -> Plate:
    """Write plate.json for the views that lie in the folder, and read it back checked."""
    present = [v for v in VIEWS if all((folder / file).is_file() for file in files_of(v))]
    facts = _facts(name, scene, meter, present)
    facts["palette"] = _palette(_opened(folder / files_of(present[0])[0]))
    plate = Plate.model_validate(facts)
    write(folder / FILE_NAME, (json.dumps(facts, indent=1) + "\n").encode())
    return plate


def write_thumbnails(folder: Path, scene: Scene, name: str, thumbnails: Path) -> None:
    """Write one small picture a variation, of the first view there is."""
    view = next(v for v in VIEWS if (folder / files_of(v)[0]).is_file())
    picture, masks = (_opened(folder / file, THUMBNAIL) for file in files_of(view))
    for variation in scene.variations:
        shown = tinted(picture, masks, tints=variation.tints, light=variation.light)
        small = _webp(shown, lossless=False, quality=80)
        write(thumbnails / f"{name}-{variation.name}.webp", small)


def write(path: Path, data: bytes) -> None:
    """Replace the file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def as_bytes(shares: Iterable[Any]) -> Pixels:
    """Shares 0..1 as bytes, same shape."""
    return np.asarray(np.asarray(shares) * 255 + 0.5).astype(np.uint8)


def stand_facts(stand: Stand) -> dict[str, Any]:
    """The stand's shape as plate.json has it."""
    if stand.radius is None:
        return {"shape": "plane"}
    below = [_level(level) for level in stand.below]
    return {"shape": "disk", "radius": stand.radius, **({"below": below} if below else {})}


def _level(level: Level) -> dict[str, Any]:
    facts: dict[str, Any] = {"drop": level.drop, "mask": level.tint}
    if level.radius is not None:
        facts |= {"radius": level.radius, "centre": list(level.centre)}
    return facts


def _facts(name: str, scene: Scene, meter: Metered, views: Iterable[View]) -> dict[str, Any]:
    stand = scene.stand
    return {
        "schema": 1,
        "version": scene.version,
        "name": name,
        "title": scene.title,
        "summary": scene.summary,
        "stand": stand_facts(stand),
        "light": {
            "direction": [round(value, 5) for value in scene.key.direction],
            "angular_radius": round(scene.key.angular_radius, 2),
            "color": list(meter.key_colour),
        },
        "surface": {"roughness": stand.roughness, "reflectance": stand.reflectance},
        "views": {view: _view(scene, view, meter) for view in views},
        "variations": [
            {"name": v.name, "title": v.title, "tints": v.tints, "light": v.light}
            for v in scene.variations
        ],
    }


def _view(scene: Scene, view: View, meter: Metered) -> dict[str, Any]:
    framing = scene.framing(view)
    pinhole = camera(framing)
    image_name, masks_name = files_of(view)
    return {
        "image": image_name,
        "masks": masks_name,
        "elevation": framing.elevation,
        "camera": {
            "position": pinhole.position,
            "target": pinhole.target,
            "up": pinhole.up,
            "fov": pinhole.fov,
        },
        "safe_area": framing.safe,
        "key_share": round(meter.key_share, 3),
    }


def _fitting(picture: Pixels, budget: int) -> bytes:
    """The best quality within the budget; the worst one where even that is larger."""
    for quality in range(BEST_QUALITY, WORST_QUALITY, -3):
        data = _webp(picture, lossless=False, quality=quality)
        if len(data) <= budget:
            return data
    return _webp(picture, lossless=False, quality=WORST_QUALITY)


def _webp(pixels: Pixels, *, lossless: bool, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(
        buffer, "WEBP", lossless=lossless, quality=quality, method=4, exact=True
    )
    return buffer.getvalue()


def _opened(path: Path, size: int | None = None) -> Pixels:
    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
    if size is not None:
        rgb = rgb.resize((size, size), Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(rgb)


def _palette(picture: Pixels) -> list[str]:
    small = Image.fromarray(picture).resize((64, 64), Image.Resampling.BOX)
    reduced = small.quantize(_PALETTE, method=Image.Quantize.MEDIANCUT)
    count = np.bincount(np.asarray(reduced).ravel(), minlength=_PALETTE)
    flat = np.array((reduced.getpalette() or [])[: 3 * _PALETTE]).reshape(-1, 3)
    return ["#" + bytes(flat[index].tolist()).hex() for index in np.argsort(-count)[: len(flat)]]
