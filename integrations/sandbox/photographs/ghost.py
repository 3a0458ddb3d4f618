"""Pairs of photographs for hollow garments, with the picture they should give.

`python -m integrations.sandbox.photographs.ghost` renders, for each garment, the front on a
mannequin, the inside with the front half taken away, the garment alone (which no camera can
take) and the true masks, into the tests' data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import grey_closing

from productviz.lib.pathtrace.materials import Part, Surface, matte
from productviz.lib.pathtrace.shapes import Floats, sheet
from productviz.lib.pathtrace.textures import mottled
from productviz.lib.pathtrace.tracer import start

from . import rooms
from .camera import Camera, Look, develop
from .garments import BACK, Cut, form, garment, knit, label
from .render import Shot, mask, trace
from .rooms import Room
from .scenes import Stage

FOLDER = Path(__file__).resolve().parents[3] / "tests" / "data" / "ghost"


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One garment, the mannequin it was photographed on, and how both pictures were taken."""

    name: str
    cut: Cut
    colour: str
    trim: str
    print_: tuple[str | None, str]
    body: Surface
    arms: bool
    room: Room
    front: Camera
    inside: Camera
    look: Look
    inside_look: Look


_TEE = Cut(
    (
        (1, 21.0, 13.4),
        (12, 19.6, 13.0),
        (24, 19.0, 12.9),
        (38, 19.4, 12.9),
        (46, 19.6, 11.4),
        (52, 19.4, 9.4),
        (54.8, 15.4, 8.4),
        (57.2, 9.9, 7.3),
        (59.4, 6.8, 6.8),
    ),
    neck=8.6,
    shoulder=57.6,
    drop=7.2,
    rise=1.6,
    sleeve=21.0,
)
_TANK = Cut(
    (
        (-2, 18.8, 12.6),
        (8, 17.2, 11.6),
        (18, 15.4, 10.4),
        (30, 16.4, 11.8),
        (38, 17.4, 12.4),
        (46, 18.6, 10.8),
        (52, 19.0, 9.2),
        (54.8, 15.3, 8.3),
        (57.2, 9.9, 7.3),
        (59.4, 6.8, 6.8),
    ),
    neck=10.2,
    shoulder=57.0,
    drop=14.0,
    rise=4.0,
    folds=0.35,
    armhole=True,
)
_DRESS = Cut(
    (
        (-52, 33.0, 25.0),
        (-30, 27.0, 20.0),
        (-8, 20.5, 15.0),
        (6, 16.6, 11.8),
        (18, 13.9, 9.9),
        (30, 16.0, 11.7),
        (38, 17.6, 12.7),
        (46, 19.0, 11.0),
        (52, 19.2, 9.3),
        (54.8, 15.4, 8.4),
        (57.2, 9.9, 7.3),
        (59.4, 6.8, 6.8),
    ),
    neck=8.8,
    shoulder=57.4,
    drop=19.0,
    rise=1.4,
    point=True,
    sleeve=13.0,
    folds=1.1,
)
_PLAIN = Look(1.0, 1.0, 1.0, grain=0.010, vignette=0.12)

PAIRS: tuple[Pair, ...] = (
    Pair(
        "tee",
        _TEE,
        "#3f6a8c",
        "#2f5270",
        ("#e9e4d6", "NORDHAVN"),
        matte("#ecebe8"),
        True,
        rooms.softbox(6, 26),
        Camera(4, 300, 0, (0, 0, 26), 20, 0.0, 0.2, (640, 800)),
        Camera(4, 300, 0, (0, 0, 26), 20, 0.0, 0.2, (640, 800)),
        _PLAIN,
        _PLAIN,
    ),
    Pair(
        "tank",
        _TANK,
        "#c08a2e",
        "#a97522",
        (None, ""),
        matte("#8f8d8a"),
        False,
        rooms.overcast(),
        Camera(3, 290, 0, (0, 0, 26), 18, 0.0, 0.2, (640, 800)),
        Camera(6, 250, 0, (1, 0, 30), 19, 1.5, 0.2, (640, 800)),
        _PLAIN,
        replace(_PLAIN, stops=1.3),
    ),
    Pair(
        "dress",
        _DRESS,
        "#24453b",
        "#1c382f",
        (None, ""),
        matte("#d8b08f"),
        True,
        rooms.daylight(285, 18, 0.9),
        Camera(3, 360, 0, (0, 0, 4), 22, 0.0, 0.2, (640, 900)),
        Camera(3, 330, 0, (-2, 0, 10), 22, -1.0, 0.2, (640, 900)),
        _PLAIN,
        _PLAIN,
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line entry; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[pair.name for pair in PAIRS], action="append")
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    start()
    options.out.mkdir(parents=True, exist_ok=True)
    for pair in PAIRS:
        if not options.only or pair.name in options.only:
            _shoot(pair, options.out, samples=options.samples)
    return 0


def _shoot(pair: Pair, folder: Path, *, samples: int) -> None:
    worn, body = garment(pair.cut, *_cloths(pair)), form(pair.body, arms=pair.arms)
    tag = label(pair.cut, "HALDEN")
    back = (*garment(pair.cut, *_cloths(pair), half=BACK), *tag)
    views = {
        "front": ((*worn, *tag, *body), pair.front, pair.look),
        "inside": (back, pair.inside, pair.inside_look),
        "hollow": ((*worn, *tag), pair.front, pair.look),
    }
    for number, (view, (parts, camera, look)) in enumerate(views.items()):
        light = trace(Shot(parts, _stage(pair), camera), samples=samples)
        picture = develop(light, look, seed=10 + number)
        picture.save(folder / f"{pair.name}-{view}.jpg", quality=88, optimize=True)
    _masks(pair, folder, worn=(*worn, *tag), body=body, back=back)


def _masks(
    pair: Pair,
    folder: Path,
    *,
    worn: tuple[Part, ...],
    body: tuple[Part, ...],
    back: tuple[Part, ...],
) -> None:
    """Write what each picture's pixels are: red garment, green mannequin; and the inner piece."""
    stage = _stage(pair)

    def seen(product: tuple[Part, ...], others: tuple[Part, ...], camera: Camera) -> Floats:
        around = Stage((*stage.parts, *others), stage.room)
        return mask(Shot(product, around, camera))

    cloth, form_ = seen(worn, body, pair.front), seen(body, worn, pair.front)
    inner = seen(back, (), pair.inside)
    hollow = seen(worn, (), pair.front)
    _save(np.stack([cloth, form_, hollow], axis=-1), folder / f"{pair.name}-front.png")
    _save(inner, folder / f"{pair.name}-inside.png")


def _save(shares: Floats, path: Path) -> None:
    # Bodies glow on their outside only: the lines where two layers of cloth meet stay dark.
    size = (5, 5, 1)[: shares.ndim]
    pixels = (np.clip(grey_closing(shares, size), 0, 1) * 255 + 0.5).astype(np.uint8)
    Image.fromarray(pixels).save(path, optimize=True)


def _cloths(pair: Pair) -> tuple[Surface, Surface]:
    stripe, words = pair.print_
    return knit(pair.colour, seed=7, stripe=stripe, words=words), knit(pair.trim, seed=9)


def _stage(pair: Pair) -> Stage:
    paper = mottled("#e9e7e2", "#e6e4de", seed=3, size=256)
    wall = sheet(1200, 1200, cells=2).turned("x", 90).moved(y=70.0)
    return Stage((Part(wall, matte(paper)),), pair.room)


if __name__ == "__main__":
    sys.exit(main())
