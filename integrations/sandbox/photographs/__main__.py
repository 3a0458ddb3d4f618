"""Render the demo catalog's photographs and their true masks: `python -m
integrations.sandbox.photographs`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from productviz.lib.pathtrace.tracer import ScenesMissingError, passes, start

from .camera import develop, save_photo
from .products import PHOTOS, Photo
from .render import Shot, mask, trace

ROOT = Path(__file__).resolve().parents[3]
PHOTO_FOLDER = ROOT / "integrations" / "sandbox" / "catalog" / "photos"
MASK_FOLDER = ROOT / "tests" / "data" / "demo_masks"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line entry; returns the exit status."""
    options = _parser().parse_args(arguments)
    unknown = sorted(set(options.only) - {photo.name for photo in PHOTOS})
    if unknown:
        return _refuse(f"No such picture: {', '.join(unknown)}. See --help for the names.", 2)
    try:
        start()
    except ScenesMissingError as error:
        return _refuse(str(error), 1)
    chosen = [photo for photo in PHOTOS if not options.only or photo.name in options.only]
    photos, masks = _folders(options.out)
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as progress:
        for photo in chosen:
            shot = _shot(photo, options.size)
            total = passes(options.samples, shot.camera.size) + 1
            tick = partial(progress.advance, progress.add_task(photo.name, total=total))
            _shoot(photo, shot, options.samples, (photos, masks), tick=tick)
    return 0


def _refuse(reason: str, status: int) -> int:
    sys.stderr.write(f"{reason}\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m integrations.sandbox.photographs", description=__doc__
    )
    names = ", ".join(photo.name for photo in PHOTOS)
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help=f"render this picture only; repeatable. One of: {names}",
    )
    parser.add_argument(
        "--size", type=int, metavar="PIXELS", help="long side (default: as listed, about 1400)"
    )
    parser.add_argument("--samples", type=int, default=32, help="light paths a pixel (default 32)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="write photos/ and masks/ there instead of the repository's catalog and test data",
    )
    return parser


def _folders(out: Path | None) -> tuple[Path, Path]:
    photos, masks = (out / "photos", out / "masks") if out else (PHOTO_FOLDER, MASK_FOLDER)
    photos.mkdir(parents=True, exist_ok=True)
    masks.mkdir(parents=True, exist_ok=True)
    return photos, masks


def _shoot(
    photo: Photo,
    shot: Shot,
    samples: int,
    folders: tuple[Path, Path],
    *,
    tick: Callable[[], None],
) -> None:
    photos, masks = folders
    light = trace(shot, samples=samples, tick=tick)
    seed = PHOTOS.index(photo)
    save_photo(
        develop(light, photo.look, seed=seed),
        photos / f"{photo.name}.jpg",
        upside_down=photo.upside_down,
    )
    coverage = (mask(shot) * 255 + 0.5).astype(np.uint8)
    Image.fromarray(coverage).save(masks / f"{photo.name}.png", optimize=True)
    tick()


def _shot(photo: Photo, long_side: int | None) -> Shot:
    camera = photo.camera
    if long_side is not None:
        scale = long_side / max(camera.size)
        camera = replace(
            camera, size=(round(camera.size[0] * scale), round(camera.size[1] * scale))
        )
    turned = tuple(
        replace(part, mesh=part.mesh.turned("z", photo.turn)) for part in photo.product()
    )
    return Shot(turned, photo.stage(), camera)


if __name__ == "__main__":
    sys.exit(main())
