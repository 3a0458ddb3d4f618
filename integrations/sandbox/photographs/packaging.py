"""Printed packs: a carton, a pouch, a candle and a flask, in centimetres on z = 0."""

from __future__ import annotations

import numpy as np

from productviz.lib.pathtrace.materials import Part, gloss, matte, metal
from productviz.lib.pathtrace.outlines import curve, rounded
from productviz.lib.pathtrace.shapes import Mesh, box, revolve, settled, skin, sweep
from productviz.lib.pathtrace.textures import grainy, mottled, noise, wood, wrinkles

from .bottles import paper, wrap
from .labels import Line, Sheet, atlas


def tea_box() -> tuple[Part, ...]:
    """A printed carton of tea bags, 12.5 x 7 x 8 cm."""
    front = Sheet(1250, 800, "#1f4a45").frame(0.05, "#d9c48f", 4)
    front.write(Line("HARBOUR & SONS", 0.2, 0.085, "#d9c48f", 0.16, bold=True)).rule(
        0.26, "#d9c48f"
    )
    front.write(
        Line("EARL GREY", 0.5, 0.2, "#f6efdd", 0.06, bold=True),
        Line("black tea with oil of bergamot", 0.62, 0.062, "#f6efdd"),
    )
    front.write(
        Line("20 PYRAMID BAGS", 0.8, 0.06, "#d9c48f", 0.2),
        Line("Net 50 g (1.76 oz)", 0.88, 0.045, "#f6efdd"),
    )
    front.sprig(0.11, 0.86, 0.36, "#4f8276", tilt=12).sprig(0.89, 0.86, 0.36, "#4f8276", tilt=-12)
    side = (
        Sheet(700, 800, "#f6efdd")
        .write(Line("HOW TO BREW", 0.14, 0.065, "#1f4a45", 0.12, bold=True))
        .rule(0.19, "#1f4a45")
    )
    for row, text in enumerate(
        (
            "1 bag per cup (250 ml)",
            "water just off the boil, 96 C",
            "steep for 3 to 4 minutes",
            "milk or lemon, as you like",
            "",
            "Ingredients: black tea (97%),",
            "natural bergamot flavouring.",
            "Store cool and dry.",
        )
    ):
        side.write(Line(text, 0.29 + 0.062 * row, 0.045, "#2a3a37"))
    side.bars(0.22, 0.94, width=0.56, height=0.11)
    top = Sheet(1250, 700, "#1f4a45").write(
        Line("EARL GREY", 0.58, 0.2, "#f6efdd", 0.08, bold=True),
        Line("HARBOUR & SONS", 0.76, 0.08, "#d9c48f", 0.2),
    )
    art = atlas([front, side, front, side, top, None], "#1f4a45")
    carton = box((12.5, 7, 8), 0.09)
    return (Part(carton.turned("z", 24), gloss(art, 0.26, grainy(0.0012, seed=12, blur=3), 2)),)


def coffee_pouch() -> tuple[Part, ...]:
    """A quarter kilogram of coffee in a stand-up kraft pouch, sealed and a little crumpled."""
    heights = np.r_[np.linspace(0, 0.92, 70), np.linspace(0.925, 1, 40)]
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    dents = noise((128, 128), (7.0, 9.0), 21) * 0.26 + noise((128, 128), (2.5, 5.0), 22) * 0.06
    rings = []
    for share in heights:
        half = 5.9 + 0.25 * np.sin(np.pi * share) - 0.15 * share
        belly = 3.4 * np.clip(1 - share / 0.93, 0, 1) ** 0.62 * np.clip(0.78 + share * 1.2, 0, 1)
        thick = belly + 0.09 + (0.04 * np.sin(110 * share) if share > 0.93 else 0.0)
        power = 2.0 / (2.6 - 0.6 * share)
        x = half * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
        y = thick * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (1.0 + 0.2 * share)
        rows = (int(share * 127), (angle / (2 * np.pi) * 127).astype(int))
        dent = dents[rows] * np.clip(thick, 0, 1) * np.clip(share * 8, 0, 1)
        rings.append(
            np.stack(
                [
                    x,
                    y + np.sign(np.sin(angle)) * np.abs(np.sin(angle)) * dent,
                    np.full_like(x, share * 19.5),
                ],
                axis=-1,
            )
        )
    body = skin(np.array(rings))
    foil = gloss(
        mottled("#b58f63", "#a17a4f", seed=8, grain=1.5), 0.34, wrinkles(0.02, seed=31, blur=26), 1
    )
    label = Sheet(720, 900, "#f3efe6").band(0, 0.2, "#1d1d1d")
    label.write(
        Line("NORDLYS", 0.135, 0.09, "#f3efe6", 0.24, bold=True),
        Line("COFFEE ROASTERS", 0.27, 0.038, "#1d1d1d", 0.28),
    )
    label.dot(0.5, 0.42, 0.1, "#c4572e").dot(0.5, 0.445, 0.1, "#f3efe6")
    label.write(
        Line("ETHIOPIA", 0.6, 0.1, "#1d1d1d", 0.1, bold=True),
        Line("GUJI / WASHED", 0.67, 0.05, "#c4572e", 0.16),
    )
    label.write(
        Line("apricot, jasmine, cane sugar", 0.75, 0.038, "#3a3a38"),
        Line("roasted 14 March", 0.81, 0.036, "#3a3a38"),
    )
    label.write(Line("whole bean  250 g", 0.92, 0.052, "#1d1d1d", bold=True))
    return Part(body.tiled(2, 2), foil), Part(
        _on_front(body, width=7.4, low=4.0, high=13.4), paper(label)
    )


def _on_front(body: Mesh, *, width: float, low: float, high: float) -> Mesh:
    """A label that follows the front of a body: its vertices there, moved 0.05 cm towards the
    camera.
    """
    front = body.vertices[body.vertices[:, 1] < 0]
    x, z = np.meshgrid(np.linspace(-width / 2, width / 2, 50), np.linspace(low, high, 50))
    at = np.stack([x.ravel(), z.ravel()], axis=-1)
    y = settled(front[:, ::2], front[:, 1], at) - 0.05
    rings = np.stack([x, y.reshape(x.shape), z], axis=-1)
    return skin(rings, closed=False, capped=False)


def candle() -> tuple[Part, ...]:
    """A scented candle in a glossy black ceramic cup."""
    cup = [
        (0, 0.2, 0),
        (3.3, 0.2, 0.1),
        (3.6, 0, 0.2),
        (4.1, 0.2, 0.5),
        (4.1, 9.4, 0.16),
        (3.75, 9.4, 0.16),
        (3.7, 7.9, 0),
        (0, 7.9, 0),
    ]
    wax = [
        (0, 7.6, 0),
        (3.72, 7.6, 0),
        (3.72, 8.35, 0),
        (3.5, 8.15, 0.3),
        (0.5, 8.05, 0.3),
        (0, 8.05, 0),
    ]
    wick = sweep(curve([(0.0, 0.0, 7.9), (0.03, 0.02, 8.6), (0.12, 0.05, 9.2)], 12), 0.09, sides=12)
    label = Sheet(900, 640, "#171514").frame(0.05, "#c9a35a", 4)
    label.write(Line("MAISON ORLE", 0.28, 0.1, "#c9a35a", 0.25, bold=True)).rule(0.36, "#c9a35a")
    label.write(
        Line("FIG & CEDAR", 0.57, 0.13, "#f3ead8", 0.1, bold=True),
        Line("scented soy candle", 0.7, 0.065, "#f3ead8"),
    )
    label.write(Line("220 g  45 hours", 0.85, 0.06, "#c9a35a", 0.08))
    return (
        Part(revolve(rounded(cup)), gloss("#0d0c0c", 0.05, grainy(0.002, seed=9, blur=16))),
        Part(revolve(rounded(wax)), gloss("#efe3c8", 0.35)),
        Part(wick, matte("#e9e2d0")),
        Part(wrap(4.115, 2.6, 6.9, 95), gloss(label.pixels(), 0.3)),
    )


def flask() -> tuple[Part, ...]:
    """A powder-coated steel flask with a bamboo lid."""
    line = [
        (0, 0.3, 0),
        (3.0, 0.2, 0.3),
        (3.4, 0, 0.2),
        (3.65, 0.3, 0.3),
        (3.65, 18.0, 2.4),
        (2.55, 21.3, 0.5),
        (2.5, 22.0, 0.05),
        (0, 22.0, 0),
    ]
    neck = [(0, 21.8, 0), (2.42, 21.8, 0), (2.42, 23.0, 0.1), (0, 23.0, 0)]
    lid = [(0, 22.5, 0), (2.7, 22.5, 0.15), (2.7, 25.0, 0.3), (0, 25.05, 0)]
    loop = sweep(
        curve(
            [
                (-2.0, 0.0, 24.6),
                (-2.2, 0.0, 26.4),
                (0.0, 0.0, 27.6),
                (2.2, 0.0, 26.4),
                (2.0, 0.0, 24.6),
            ],
            60,
        ),
        0.32,
    )
    logo = Sheet(700, 1400, "#2d4a3a").write(
        Line("FJELL", 0.4, 0.1, "#e9e6dc", 0.2, bold=True),
        Line("750 ml", 0.47, 0.03, "#e9e6dc", 0.1),
    )
    logo.pen.polygon(
        [
            logo.at(0.2, 0.3),
            logo.at(0.42, 0.17),
            logo.at(0.5, 0.22),
            logo.at(0.6, 0.15),
            logo.at(0.8, 0.3),
        ],
        "#e9e6dc",
    )
    powder = grainy(0.004, seed=15, blur=1.8)
    return (
        Part(revolve(rounded(line)).tiled(4, 4), gloss("#2d4a3a", 0.3, powder)),
        Part(wrap(3.656, 2.0, 16.2, 110), gloss(logo.pixels(wear=0.0), 0.3, powder, 2)),
        Part(revolve(rounded(neck)), metal("#cfcdca", 0.06)),
        Part(revolve(rounded(lid)), gloss(wood("#d9b678", "#b5894a", seed=33, rings=3), 0.35)),
        Part(loop, metal("#cfcdca", 0.05)),
    )
