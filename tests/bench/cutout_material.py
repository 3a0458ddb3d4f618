"""Photographs made by code, with their true masks: what ten composites are too few to show.

Two kinds: the demo catalog's products moved onto other grounds at other sizes, and drawn
products of the sorts that networks get wrong (cords, spokes, meshes, hoops, white on white).

`python -m tests.bench.cutout_material DIR` writes them for `manage.py evaluate_cutout DIR`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.imaging.pixels import Gray, Rgb

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT / "integrations" / "sandbox" / "catalog" / "photos"
MASKS = ROOT / "tests" / "data" / "demo_masks"

SIDE = 1000
# Drawn at twice the size and averaged, so that edges are as soft as a lens leaves them.
_FINE = 2

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo (uint8 H x W x 3 sRGB) and its true mask (uint8 H x W)."""

    name: str
    rgb: Rgb
    mask: Gray


def samples() -> Iterator[Sample]:
    """Every sample, the same ones on every machine."""
    yield from moved_products()
    yield from drawn_products()


def moved_products() -> Iterator[Sample]:
    """Demo products on grounds that are not theirs, in three sizes in turn."""
    photos = sorted(path for path in PHOTOS.glob("*.jpg") if (MASKS / f"{path.stem}.png").exists())
    grounds = (paper, shaded_paper, pebbles, boards)
    for number, path in enumerate(photos):
        make = grounds[number % len(grounds)]
        share = (0.35, 0.55, 0.8)[number % 3]
        yield _moved(path, make, share=share, seed=number)


def drawn_products() -> Iterator[Sample]:
    """Drawn products on paper, in the shade of their own, and on pebbles."""
    for number, (name, draw) in enumerate(SHAPES.items()):
        for make in (paper, shaded_paper, pebbles) if name in _ANYWHERE else (paper, shaded_paper):
            mask = _drawn(draw)
            ground = make(mask, number)
            yield Sample(f"{name}-{make.__name__}", _shot(mask, _COLOURS[name], ground), mask)


def paper(mask: Gray, seed: int) -> Floats:
    """Light paper that falls off a little towards a corner; H x W x 3, 0..255."""
    height, width = mask.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    fall = 244 - 14 * (y / height) - 6 * np.abs(x / width - 0.4)
    return np.asarray(fall[..., None] * np.array([1, 0.997, 0.99], np.float32), dtype=np.float32)


def shaded_paper(mask: Gray, seed: int) -> Floats:
    """Paper with the product's own cast shadow, soft and up to a third darker."""
    unit = max(mask.shape)
    shifted = np.roll(mask, (int(0.03 * unit), int(0.05 * unit)), (0, 1)).astype(np.float32) / 255
    shade = cv2.GaussianBlur(shifted, (0, 0), 0.02 * unit)
    return np.asarray(paper(mask, seed) * (1 - 0.33 * shade[..., None]), dtype=np.float32)


def pebbles(mask: Gray, seed: int) -> Floats:
    """A busy ground of many tones, each a little coloured."""
    size = mask.shape[1], mask.shape[0]
    draw = np.random.default_rng(100 + seed)
    shape = size[1] // 24, size[0] // 24
    coarse = (draw.integers(60, 200, (*shape, 1)) + draw.integers(-12, 13, (*shape, 3))).astype(
        "f4"
    )
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def boards(mask: Gray, seed: int) -> Floats:
    """Wooden boards: long grain in one direction, dark joints."""
    height, width = mask.shape
    draw = np.random.default_rng(200 + seed)
    grain = draw.normal(0, 1, (height, width // 40)).astype(np.float32)
    long = cv2.GaussianBlur(cv2.resize(grain, (width, height)), (0, 0), sigmaX=12, sigmaY=1.5)
    tone = 1 + 0.35 * np.asarray(long)[..., None]
    tone[:: height // 6] *= 0.6
    return np.asarray(
        np.clip(np.array([168, 124, 84], np.float32) * tone, 0, 255), dtype=np.float32
    )


def _moved(path: Path, make: Callable[[Gray, int], Floats], *, share: float, seed: int) -> Sample:
    rgb = np.asarray(Image.open(path).convert("RGB"))
    mask = np.asarray(Image.open(MASKS / f"{path.stem}.png").convert("L"))
    rows, columns = np.nonzero(mask > 8)
    part = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = share * SIDE / max(np.ptp(rows), np.ptp(columns))
    # The outermost pixels hold the old ground's colour.
    cover = cv2.erode(mask[part], np.ones((5, 5), np.uint8))
    small = cv2.resize(rgb[part], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(cover, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    top, left = (int((SIDE - n) * at) for n, at in zip(small.shape, (0.6, 0.45), strict=False))
    here = np.s_[top : top + small.shape[0], left : left + small.shape[1]]
    true = np.zeros((SIDE, SIDE), np.uint8)
    true[here] = cover
    product = np.zeros((SIDE, SIDE, 3), np.float32)
    product[here] = small
    return Sample(f"{path.stem}-{make.__name__}", _mixed(product, true, make(true, seed)), true)


def _shot(mask: Gray, colour: tuple[int, int, int], ground: Floats) -> Rgb:
    """A drawn product in a light that falls from the left."""
    light = np.linspace(1.12, 0.72, mask.shape[1], dtype=np.float32)[None, :, None]
    return _mixed(
        np.array(colour, np.float32) * light * np.ones((*mask.shape, 1), np.float32), mask, ground
    )


def _mixed(product: Floats, mask: Gray, ground: Floats) -> Rgb:
    cover = mask[..., None].astype(np.float32) / 255
    grain = np.random.default_rng(7).normal(0, 1.5, (*mask.shape, 1)).astype(np.float32)
    mixed = np.clip(cover * product + (1 - cover) * ground + grain + 0.5, 0, 255).astype(np.uint8)
    # A shop's photo has been through JPEG.
    _, packed = cv2.imencode(".jpg", mixed[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))[..., ::-1])


class Pen:
    """Draws on a unit square, at twice the sample's size."""

    def __init__(self) -> None:
        self.plane = np.zeros((SIDE * _FINE,) * 2, np.uint8)

    def line(self, *points: tuple[float, float], wide: float) -> None:
        """Draw a line through points of the unit square."""
        path = np.array([self._at(x, y) for x, y in points], np.int32)
        cv2.polylines(self.plane, [path], False, 255, self._wide(wide), cv2.LINE_AA)

    def curve(self, *points: tuple[float, float], wide: float) -> None:
        """Draw a smooth line through points, by Catmull-Rom."""
        knots = np.array([points[0], *points, points[-1]], dtype=float)
        path = []
        for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
            for t in np.linspace(0, 1, 24):
                at = (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2) / 2
                path.append(at + (3 * b - a - 3 * c + d) * t**3 / 2)
        self.line(*((x, y) for x, y in path), wide=wide)

    def ring(self, x: float, y: float, radius: float, *, wide: float, tall: float = 1.0) -> None:
        """Draw an ellipse's outline."""
        unit = SIDE * _FINE
        axes = int(radius * unit), int(radius * tall * unit)
        cv2.ellipse(self.plane, self._at(x, y), axes, 0, 0, 360, 255, self._wide(wide), cv2.LINE_AA)

    def disc(self, x: float, y: float, radius: float, *, tall: float = 1.0) -> None:
        """Fill an ellipse."""
        unit = SIDE * _FINE
        axes = int(radius * unit), int(radius * tall * unit)
        cv2.ellipse(self.plane, self._at(x, y), axes, 0, 0, 360, 255, -1, cv2.LINE_AA)

    def block(self, left: float, top: float, right: float, bottom: float) -> None:
        """Fill a rectangle."""
        cv2.rectangle(self.plane, self._at(left, top), self._at(right, bottom), 255, -1)

    def cut(self, x: float, y: float, radius: float, *, tall: float = 1.0) -> None:
        """Clear an ellipse."""
        unit = SIDE * _FINE
        axes = int(radius * unit), int(radius * tall * unit)
        cv2.ellipse(self.plane, self._at(x, y), axes, 0, 0, 360, 0, -1, cv2.LINE_AA)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return int(x * SIDE * _FINE), int(y * SIDE * _FINE)

    def _wide(self, share: float) -> int:
        return max(int(share * SIDE * _FINE), 1)


def _drawn(draw: Callable[[Pen], None]) -> Gray:
    pen = Pen()
    draw(pen)
    small = cv2.resize(pen.plane, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.6), dtype=np.uint8)


def _charger(pen: Pen) -> None:
    pen.block(0.2, 0.45, 0.36, 0.68)
    path = ((0.36, 0.6), (0.5, 0.72), (0.62, 0.5), (0.74, 0.34), (0.84, 0.5), (0.8, 0.7))
    pen.curve(*path, wide=0.009)
    pen.block(0.785, 0.7, 0.815, 0.76)


def _wheel(pen: Pen) -> None:
    pen.ring(0.5, 0.5, 0.34, wide=0.03)
    pen.disc(0.5, 0.5, 0.035)
    for angle in np.arange(0, 2 * np.pi, np.pi / 9):
        end = 0.5 + 0.33 * float(np.cos(angle)), 0.5 + 0.33 * float(np.sin(angle))
        pen.line((0.5, 0.5), end, wide=0.005)


def _basket(pen: Pen) -> None:
    for step in np.linspace(0.25, 0.75, 11):
        pen.line((float(step), 0.4), (float(0.5 + (step - 0.5) * 0.7), 0.78), wide=0.006)
    for height in np.linspace(0.4, 0.78, 7):
        half = 0.25 - 0.075 * (float(height) - 0.4) / 0.38
        pen.line((0.5 - half, float(height)), (0.5 + half, float(height)), wide=0.006)
    pen.line((0.24, 0.4), (0.76, 0.4), wide=0.018)
    pen.curve((0.27, 0.4), (0.36, 0.2), (0.5, 0.16), (0.64, 0.2), (0.73, 0.4), wide=0.014)


def _bag(pen: Pen) -> None:
    pen.block(0.26, 0.45, 0.74, 0.84)
    pen.curve((0.36, 0.46), (0.38, 0.25), (0.5, 0.17), (0.62, 0.25), (0.64, 0.46), wide=0.016)


def _necklace(pen: Pen) -> None:
    path = ((0.3, 0.2), (0.27, 0.45), (0.38, 0.66), (0.5, 0.72), (0.62, 0.66), (0.73, 0.45))
    pen.curve(*path, (0.7, 0.2), wide=0.006)
    pen.disc(0.5, 0.77, 0.045, tall=1.2)


def _glasses(pen: Pen) -> None:
    for x in (0.33, 0.67):
        pen.ring(x, 0.5, 0.13, wide=0.016, tall=0.8)
    pen.curve((0.46, 0.48), (0.5, 0.46), (0.54, 0.48), wide=0.014)
    pen.line((0.2, 0.46), (0.15, 0.4), wide=0.014)
    pen.line((0.8, 0.46), (0.85, 0.4), wide=0.014)


def _lamp(pen: Pen) -> None:
    pen.disc(0.5, 0.84, 0.15, tall=0.25)
    pen.line((0.5, 0.84), (0.5, 0.5), (0.34, 0.3), wide=0.008)
    pen.disc(0.3, 0.26, 0.11, tall=0.8)


def _stool(pen: Pen) -> None:
    pen.block(0.28, 0.36, 0.72, 0.42)
    for top, foot in ((0.32, 0.26), (0.42, 0.4), (0.58, 0.6), (0.68, 0.74)):
        pen.line((top, 0.42), (foot, 0.86), wide=0.014)
    pen.line((0.29, 0.66), (0.71, 0.66), wide=0.01)


def _mug(pen: Pen) -> None:
    pen.ring(0.67, 0.52, 0.12, wide=0.035)
    pen.block(0.3, 0.3, 0.65, 0.74)


def _fork(pen: Pen) -> None:
    pen.line((0.5, 0.86), (0.5, 0.45), wide=0.02)
    pen.disc(0.5, 0.4, 0.06, tall=0.9)
    for x in (0.452, 0.484, 0.516, 0.548):
        pen.line((x, 0.4), (x, 0.16), wide=0.009)


def _ring(pen: Pen) -> None:
    pen.ring(0.5, 0.55, 0.2, wide=0.035)
    pen.disc(0.5, 0.33, 0.06)


def _headphones(pen: Pen) -> None:
    pen.curve((0.27, 0.55), (0.28, 0.3), (0.5, 0.18), (0.72, 0.3), (0.73, 0.55), wide=0.022)
    pen.disc(0.27, 0.6, 0.07, tall=1.4)
    pen.disc(0.73, 0.6, 0.07, tall=1.4)
    pen.curve((0.27, 0.69), (0.32, 0.82), (0.5, 0.86), (0.6, 0.78), (0.56, 0.7), wide=0.006)


SHAPES: Final[dict[str, Callable[[Pen], None]]] = {
    "charger": _charger, "wheel": _wheel, "basket": _basket, "bag": _bag, "necklace": _necklace,
    "glasses": _glasses, "lamp": _lamp, "stool": _stool, "mug": _mug, "fork": _fork,
    "ring": _ring, "headphones": _headphones, "white-mug": _mug, "white-charger": _charger,
}  # fmt: skip
_ANYWHERE = ("bag", "mug", "lamp", "headphones", "ring")
_COLOURS: Final[dict[str, tuple[int, int, int]]] = {
    "charger": (40, 42, 48), "wheel": (70, 72, 78), "basket": (120, 84, 50), "bag": (160, 58, 44),
    "necklace": (168, 126, 44), "glasses": (52, 34, 30), "lamp": (60, 92, 84),
    "stool": (134, 92, 58), "mug": (44, 84, 120), "fork": (128, 130, 134), "ring": (190, 150, 70),
    "headphones": (34, 34, 38), "white-mug": (226, 226, 226), "white-charger": (222, 222, 224),
}  # fmt: skip


def main() -> None:
    """Write every sample's photo and mask, and the manifest that lists them."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for sample in samples():
        row = {"image": f"{sample.name}.png", "mask": f"{sample.name}-mask.png"}
        Image.fromarray(sample.rgb).save(folder / row["image"], compress_level=1)
        Image.fromarray(sample.mask).save(folder / row["mask"], compress_level=1)
        rows.append(row)
    (folder / "manifest.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
