"""Bottles and jars with printed labels, in centimetres on z = 0."""

from __future__ import annotations

import numpy as np

from productviz.lib.pathtrace.materials import Part, Surface, glass, gloss, matte, metal
from productviz.lib.pathtrace.outlines import curve, rounded
from productviz.lib.pathtrace.shapes import Floats, Mesh, revolve, sweep
from productviz.lib.pathtrace.textures import grainy

from .labels import Line, Sheet

PAPER_BUMP = grainy(0.0015, seed=77)


def wrap(radius: float, low: float, high: float, arc: float) -> Mesh:
    """The open sheet of a label around a bottle, its middle towards the camera."""
    return revolve(np.array([[radius, low], [radius, high]]), segments=96, arc=arc)


def paper(sheet: Sheet, roughness: float = 0.0) -> Surface:
    """A printed sheet as a surface: matt paper, or varnished with the given roughness."""
    if roughness:
        return gloss(sheet.pixels(), roughness, PAPER_BUMP, 3)
    return matte(sheet.pixels(), PAPER_BUMP, 3)


def oil_bottle() -> tuple[Part, ...]:
    """Half a litre of olive oil in dark green glass."""
    line = [
        (0, 0.4, 0),
        (2.6, 0.3, 0.4),
        (3.2, 0, 0.4),
        (3.6, 0.6, 0.4),
        (3.6, 17.5, 2.2),
        (1.55, 21.5, 1.6),
        (1.35, 26.0, 0.2),
        (1.6, 26.2, 0.15),
        (1.6, 27.0, 0.2),
        (0, 27.0, 0),
    ]
    cap = [(0, 25.9, 0), (1.75, 25.9, 0.08), (1.75, 29.2, 0.25), (0, 29.25, 0)]
    sheet = Sheet(1020, 950, "#efe7d3").frame(0.035, "#4c5a2c", 3).frame(0.055, "#4c5a2c", 1)
    sheet.sprig(0.5, 0.33, 0.23, "#5d6e35").sprig(0.5, 0.33, 0.2, "#7b8a4c", tilt=38).sprig(
        0.5, 0.33, 0.2, "#7b8a4c", tilt=-38
    )
    sheet.write(Line("DOMAINE AURELIE", 0.46, 0.064, "#2e3320", 0.1, bold=True))
    sheet.write(Line("HUILE D'OLIVE VIERGE EXTRA", 0.545, 0.036, "#2e3320", 0.12))
    sheet.rule(0.585, "#4c5a2c").write(
        Line("Extra virgin olive oil, cold pressed", 0.66, 0.046, "#3b3b2a")
    )
    sheet.write(Line("Harvest 2025   Lot 117   Provence", 0.73, 0.04, "#3b3b2a"))
    sheet.write(
        Line("500 ml", 0.86, 0.085, "#2e3320", 0.05, bold=True),
        Line("16.9 fl oz", 0.92, 0.035, "#3b3b2a"),
    )
    neck = Sheet(700, 160, "#4c5a2c").write(
        Line("AURELIE  1924  AURELIE", 0.64, 0.38, "#efe7d3", 0.1)
    )
    return (
        Part(revolve(rounded(line)), glass("#5f7a2c")),
        Part(wrap(3.62, 4.2, 14.2, 170), paper(sheet)),
        Part(wrap(1.78, 25.98, 27.2, 359), paper(neck, 0.3)),
        Part(revolve(rounded(cap)), gloss("#16150f", 0.16)),
    )


def honey_jar() -> tuple[Part, ...]:
    """A squat jar of honey with a gold lid."""
    line = [
        (0, 0.3, 0),
        (3.0, 0.25, 0.3),
        (3.6, 0, 0.4),
        (4.2, 0.7, 0.7),
        (4.2, 7.2, 1.1),
        (3.5, 8.4, 0.5),
        (3.4, 9.2, 0.1),
        (0, 9.2, 0),
    ]
    lid = [
        (0, 8.55, 0),
        (3.72, 8.55, 0.1),
        (3.78, 8.9, 0.1),
        (3.75, 10.1, 0.3),
        (3.3, 10.25, 0.1),
        (0, 10.2, 0),
    ]
    sheet = Sheet(1200, 620, "#fbf6e6").band(0.0, 0.06, "#d19a2a").band(0.94, 1.0, "#d19a2a")
    sheet.write(
        Line("WALDHONIG", 0.36, 0.135, "#3a2a12", 0.1, bold=True),
        Line("FOREST HONEY", 0.49, 0.075, "#8a5d14", 0.25),
    )
    sheet.rule(0.55, "#d19a2a").write(
        Line("from the hives of Imkerei Brandt, Black Forest", 0.65, 0.055, "#3a2a12")
    )
    sheet.write(Line("Net weight 500 g   Best before: see lid", 0.75, 0.05, "#3a2a12"))
    sheet.write(Line("raw   unfiltered   cold spun", 0.86, 0.055, "#8a5d14", 0.05))
    for x in (0.12, 0.88):
        for dx, dy in ((0, 0), (0.045, 0.0), (0.0225, 0.075), (0.0225, -0.075)):
            sheet.dot(x + dx - 0.022, 0.28 + dy, 0.045, "#d19a2a", ring=4)
    return (
        Part(revolve(rounded(line)), glass("#e8a02c")),
        Part(wrap(4.22, 1.4, 6.2, 200), paper(sheet, 0.28)),
        Part(revolve(rounded(lid), ripple=_knurl), metal("#d6b25e", 0.035)),
    )


def _knurl(angle: Floats, height: Floats) -> Floats:
    side = np.clip((height - 8.6) / 0.3, 0, 1) * np.clip((9.9 - height) / 0.3, 0, 1)
    ribs: Floats = 1 + 0.008 * side * np.cos(60 * angle)
    return ribs


def soap_pump() -> tuple[Part, ...]:
    """A hand wash in an amber bottle with a black pump."""
    line = [
        (0, 0.2, 0),
        (2.9, 0.15, 0.3),
        (3.3, 0, 0.4),
        (3.5, 0.5, 0.4),
        (3.5, 11.5, 1.7),
        (1.5, 13.4, 0.7),
        (1.4, 14.2, 0.1),
        (0, 14.2, 0),
    ]
    collar = [
        (0, 13.5, 0),
        (1.75, 13.5, 0.08),
        (1.7, 15.3, 0.25),
        (0.75, 15.5, 0.2),
        (0.7, 16.0, 0.1),
        (0, 16.0, 0),
    ]
    stem = [(0, 15.8, 0), (0.35, 15.8, 0), (0.35, 17.4, 0), (0, 17.4, 0)]
    head = [(0, 17.2, 0), (0.9, 17.2, 0.1), (1.05, 17.6, 0.2), (1.0, 18.5, 0.35), (0, 18.6, 0)]
    nozzle = sweep(
        curve([(0.0, 0.0, 18.0), (2.6, 0.0, 18.15), (4.0, 0.0, 17.9), (4.5, 0.0, 17.2)], 40),
        np.linspace(0.6, 0.34, 40),
    )
    black = gloss("#141414", 0.18, grainy(0.0008, seed=5), 3)
    sheet = Sheet(1000, 800, "#f4f1ea").write(
        Line("NORDVIK", 0.2, 0.11, "#1d1d1b", 0.35, bold=True)
    )
    sheet.rule(0.26, "#1d1d1b", left=0.1, right=0.9).write(
        Line("HAND WASH", 0.42, 0.09, "#1d1d1b", 0.2)
    )
    sheet.write(
        Line("sea salt & juniper", 0.53, 0.062, "#54504a"), Line("no. 04", 0.64, 0.06, "#54504a")
    )
    sheet.write(Line("Mild cleansing hand wash. Apply to wet hands,", 0.77, 0.034, "#54504a"))
    sheet.write(Line("work into a lather and rinse. Avoid eye contact.", 0.82, 0.034, "#54504a"))
    sheet.write(Line("300 ml / 10.1 fl oz", 0.93, 0.05, "#1d1d1b", bold=True))
    solid = tuple(Part(revolve(rounded(profile)), black) for profile in (collar, stem, head))
    return (
        Part(revolve(rounded(line)), glass("#c9752a")),
        Part(wrap(3.52, 2.0, 10.0, 190), paper(sheet)),
        *solid,
        Part(nozzle.turned("z", -28), black),
    )


def serum() -> tuple[Part, ...]:
    """A frosted cobalt dropper bottle."""
    line = [
        (0, 0.1, 0),
        (1.4, 0.1, 0.1),
        (1.7, 0, 0.25),
        (1.75, 0.3, 0.2),
        (1.75, 6.0, 0.8),
        (0.85, 6.9, 0.3),
        (0.8, 7.6, 0.05),
        (0, 7.6, 0),
    ]
    collar = [(0, 7.0, 0), (1.05, 7.0, 0.05), (1.05, 8.6, 0.1), (0.7, 8.7, 0.1), (0, 8.7, 0)]
    bulb = [
        (0, 8.6, 0),
        (0.72, 8.6, 0.05),
        (0.68, 9.6, 0.2),
        (0.6, 10.8, 0.4),
        (0.35, 11.4, 0.3),
        (0, 11.45, 0),
    ]
    sheet = Sheet(900, 760, "#ffffff").write(Line("LUMEN", 0.24, 0.15, "#15306b", 0.25, bold=True))
    sheet.write(
        Line("VITAMIN C 15%", 0.42, 0.085, "#15306b", 0.08),
        Line("brightening serum", 0.54, 0.07, "#3c3f48"),
    )
    sheet.rule(0.61, "#15306b", left=0.15, right=0.85).write(
        Line("with hyaluronic acid", 0.71, 0.055, "#3c3f48")
    )
    sheet.write(
        Line("fragrance free / vegan", 0.79, 0.055, "#3c3f48"),
        Line("30 ml  1.0 fl oz", 0.93, 0.065, "#15306b", bold=True),
    )
    return (
        Part(revolve(rounded(line)), glass("#4a78c4", 0.12)),
        Part(wrap(1.765, 1.0, 5.0, 180), paper(sheet, 0.2)),
        Part(
            revolve(
                rounded(collar),
                ripple=lambda a, z: 1 + 0.012 * np.cos(40 * a) * (z > 7.2) * (z < 8.4),
            ),
            metal("#d8d8d6", 0.06),
        ),
        Part(revolve(rounded(bulb)), gloss("#f0efec", 0.3)),
    )
