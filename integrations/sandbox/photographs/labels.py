"""Printed matter: labels, boxes and dials drawn with Pillow, with real text for the OCR checks to
read.

Only the font inside Pillow is used. Results are sRGB floats in 0..1, (h, w, 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from productviz.lib.pathtrace.textures import Floats, noise

SCALE = 2  # drawn twice as large and reduced, for smooth edges


@dataclass(frozen=True, slots=True)
class Line:
    """One centred line; `y` and `height` are shares of the label's height, `spacing` of the
    letter height.
    """

    text: str
    y: float
    height: float
    colour: str = "#2b2a28"
    spacing: float = 0.0
    bold: bool = False
    x: float = 0.5


class Sheet:
    """A piece of paper to print on; sizes in pixels, positions as shares of width and height."""

    def __init__(self, width: int, height: int, paper: str) -> None:
        self.width, self.height = width * SCALE, height * SCALE
        self.picture = Image.new("RGB", (self.width, self.height), paper)
        self.pen = ImageDraw.Draw(self.picture)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Shares to drawing pixels."""
        return x * self.width, y * self.height

    def write(self, *lines: Line) -> Sheet:
        """Print lines of text, letter-spaced and centred on their `x`."""
        for line in lines:
            self._write(line)
        return self

    def _write(self, line: Line) -> None:
        letter = line.height * self.height
        font = ImageFont.load_default(size=letter)
        gap = line.spacing * letter
        widths = [font.getlength(char) + gap for char in line.text]
        x = line.x * self.width - (sum(widths) - gap) / 2
        stroke = letter * 0.035 if line.bold else 0
        for char, width in zip(line.text, widths, strict=True):
            where = (x, line.y * self.height)
            self.pen.text(where, char, line.colour, font, "ls", stroke_width=stroke)
            x += width

    def frame(self, inset: float, colour: str, width: int = 3) -> Sheet:
        """A rectangle `inset` (share of the height) inside the edge."""
        edge = inset * self.height
        corners = (edge, edge, self.width - edge, self.height - edge)
        self.pen.rectangle(corners, outline=colour, width=width * SCALE)
        return self

    def rule(self, y: float, colour: str, *, left: float = 0.3, right: float = 0.7) -> Sheet:
        """A thin line across."""
        self.pen.line([self.at(left, y), self.at(right, y)], colour, 2 * SCALE)
        return self

    def band(self, top: float, bottom: float, colour: str) -> Sheet:
        """A filled stripe over the whole width."""
        self.pen.rectangle((0, top * self.height, self.width, bottom * self.height), fill=colour)
        return self

    def dot(self, x: float, y: float, radius: float, colour: str, *, ring: int = 0) -> Sheet:
        """A disc, or with `ring` > 0 a circle of that line width; the radius is a share of the
        height.
        """
        centre, reach = self.at(x, y), radius * self.height
        corners = (centre[0] - reach, centre[1] - reach, centre[0] + reach, centre[1] + reach)
        if ring:
            self.pen.ellipse(corners, outline=colour, width=ring * SCALE)
        else:
            self.pen.ellipse(corners, fill=colour)
        return self

    def sprig(self, x: float, y: float, length: float, colour: str, *, tilt: float = 0.0) -> Sheet:
        """A small branch with leaves; the length is a share of the height, the tilt in degrees."""
        base, span = self.at(x, y), length * self.height
        lean = math.radians(tilt)
        axis = (math.sin(lean), -math.cos(lean))
        tip = (base[0] + axis[0] * span, base[1] + axis[1] * span)
        self.pen.line([base, tip], colour, 2 * SCALE)
        for index in range(9):
            share = 0.18 + 0.8 * index / 8
            side = 1 if index % 2 else -1
            root = (base[0] + axis[0] * span * share, base[1] + axis[1] * span * share)
            self._leaf(root, lean + side * 0.85, span * 0.24, colour)
        return self

    def _leaf(self, root: tuple[float, float], angle: float, length: float, colour: str) -> None:
        ahead, across = (math.sin(angle), -math.cos(angle)), (math.cos(angle), math.sin(angle))
        outline = []
        for index in range(25):
            turn = 2 * math.pi * index / 24
            along = length * (0.5 - 0.5 * math.cos(turn))
            wide = 0.2 * length * math.sin(turn)
            outline.append(
                (
                    root[0] + ahead[0] * along + across[0] * wide,
                    root[1] + ahead[1] * along + across[1] * wide,
                )
            )
        self.pen.polygon(outline, fill=colour)

    def bars(self, x: float, y: float, *, width: float, height: float) -> Sheet:
        """A bar code on a white ground, its lower left corner at (x, y)."""
        left, low = self.at(x, y)
        span, tall = width * self.width, height * self.height
        self.pen.rectangle((left - 8, low - tall - 8, left + span + 8, low + 8), fill="#ffffff")
        widths = np.random.default_rng(7).integers(1, 5, size=60)
        edges = left + np.cumsum(widths) / widths.sum() * span
        for start, end in zip(edges[0::2], edges[1::2], strict=True):
            self.pen.rectangle((start, low - tall, end, low), fill="#111111")
        return self

    def pixels(self, *, wear: float = 0.02) -> Floats:
        """The print as sRGB floats, (h, w, 3), with paper fibre of strength `wear`."""
        size = (self.width // SCALE, self.height // SCALE)
        small = self.picture.resize(size, Image.Resampling.LANCZOS)
        values = np.asarray(small, dtype=np.float64) / 255
        fibre = noise(values.shape[:2], (1.2, 1.2), 3) + noise(values.shape[:2], (25.0, 25.0), 4)
        return np.clip(values * (1 + wear * 0.6 * fibre[..., None]), 0, 1)


def atlas(
    faces: Sequence[Sheet | None], paper: str, *, cell: tuple[int, int] = (800, 800)
) -> Floats:
    """Six faces of a box (front, right, back, left, top, bottom) as the texture `shapes.box`
    expects.
    """
    blank = Sheet(*cell, paper)
    cells = [
        Image.fromarray((((face or blank).pixels()) * 255).astype(np.uint8)).resize(cell)
        for face in faces
    ]
    rows = [np.concatenate([np.asarray(c) for c in cells[i : i + 3]], axis=1) for i in (0, 3)]
    return np.concatenate(rows, axis=0).astype(np.float64) / 255


def dial(ink: str, paper: str) -> Floats:
    """The face of a clock, square, with numerals, minute marks and a maker's name."""
    sheet = Sheet(900, 900, paper)
    for minute in range(60):
        turn, long = math.radians(6 * minute), 0.05 if minute % 5 == 0 else 0.022
        ends = [
            sheet.at(0.5 + r * math.sin(turn), 0.5 - r * math.cos(turn))
            for r in (0.47 - long, 0.47)
        ]
        sheet.pen.line(ends, ink, 10 if minute % 5 == 0 else 5)
    for hour in range(1, 13):
        turn = math.radians(30 * hour)
        x, y = 0.5 + 0.355 * math.sin(turn), 0.5 - 0.355 * math.cos(turn)
        sheet.write(Line(str(hour), y + 0.036, 0.1, ink, x=x, bold=True))
    sheet.write(
        Line("HALDEN", 0.36, 0.045, ink, 0.2, bold=True), Line("QUARTZ", 0.68, 0.026, ink, 0.3)
    )
    return sheet.pixels(wear=0.005)
