"""Things one carries: notebooks, canvas bags and earrings, in centimetres on z = 0."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import zoom

from productviz.lib.pathtrace.materials import Part, cloth, matte
from productviz.lib.pathtrace.outlines import curve, dense, extrude, rounded
from productviz.lib.pathtrace.shapes import Floats, Mesh, box, outward, settled, skin, sweep
from productviz.lib.pathtrace.textures import mixed, noise, tint, weave

from .labels import Line, Sheet

CANVAS_REPEAT = 5  # tiles of woven canvas over one bag


def notebook(cover: str, ink: str) -> tuple[Part, ...]:
    """A cloth-bound A5 notebook lying down, with an elastic band and a ribbon."""
    texture, height = weave(cover, seed=40, threads=130, slub=0.08)
    front = box((14.8, 21.0, 0.28), 0.1)
    pages = box((14.2, 20.4, 1.5), 0.05)
    edge = 0.92 + 0.05 * noise((512, 512), (0.7, 200.0), 6)
    paper = mixed(tint("#efe6d2") * 0.86, tint("#f7f1e2"), np.clip(edge - 0.5, 0, 1))
    spine = box((1.3, 21.0, 2.06), 0.45).moved(x=-7.0)
    band = box((0.6, 21.5, 2.3), 0.25)
    ribbon = sweep(
        curve([(1.0, -9.8, 1.0), (1.2, -11.2, 0.7), (1.8, -12.6, 0.1), (3.0, -13.6, 0.06)], 30),
        0.3,
        flatten=0.08,
    )
    bound = cloth(texture, height * 0.5)
    stamp = Sheet(1000, 300, cover).write(
        Line("FIELD NOTES", 0.5, 0.3, ink, 0.12, bold=True),
        Line("160 pages, dotted", 0.8, 0.15, ink, 0.1),
    )
    plate = extrude(
        [
            dense(
                rounded(
                    [(-3.2, -1, 0.1), (3.2, -1, 0.1), (3.2, 1, 0.1), (-3.2, 1, 0.1)], closed=True
                ),
                0.2,
            )
        ],
        0.03,
        0.01,
    )
    return (
        Part(front.tiled(4.5, 4.5), bound),
        Part(front.tiled(4.5, 4.5).moved(z=1.78), bound),
        Part(spine.tiled(1, 4), bound),
        Part(pages.moved(x=0.2, z=0.28), matte(paper)),
        Part(band.moved(x=5.6, z=-0.11), cloth("#20201f")),
        Part(ribbon, cloth("#8f2f2f")),
        Part(plate.moved(x=-1.0, y=4.5, z=2.055), matte(stamp.pixels())),
    )


def tote(colour: str, ink: str) -> tuple[Part, ...]:
    """A canvas tote lying flat, slightly filled, its two handles thrown upwards."""
    corners = [(-18, -20, 1.6), (18, -20, 1.6), (18.6, 20, 0.8), (-18.6, 20, 0.8)]
    canvas, height = weave(colour, seed=52, threads=110, slub=0.12)
    creases = noise((256, 256), (14.0, 22.0), 8) + 0.7 * noise((256, 256), (26.0, 7.0), 9)
    body = _cushion(dense(rounded(corners, closed=True), 0.5), 1.5, creases)
    handles = (_strap(8.6, 16.0, 0.30), _strap(8.0, 13.0, 0.62))
    top = body.vertices[body.vertices[:, 2] > 0.2]
    along = np.linspace(-18.3, 18.3, 80)
    seam = np.stack([along, np.full(80, 17.2)], axis=-1)
    seam = np.column_stack([seam, settled(top[:, :2], top[:, 2], seam)])
    printed = cloth(_printed(canvas, ink), height, CANVAS_REPEAT)
    return (
        Part(body, printed),
        *(Part(strap.tiled(0.4, 6), cloth(canvas, height)) for strap in handles),
        Part(sweep(seam, 0.06, sides=10), cloth(colour)),
    )


def _printed(canvas: Floats, ink: str) -> Floats:
    """The whole bag's canvas with the print on it, 2000 pixels square."""
    sheet = Sheet(2000, 2000, "#ffffff").dot(0.5, 0.44, 0.13, "#000000", ring=16)
    for tilt, length in ((0, 0.18), (34, 0.15), (-34, 0.15)):
        sheet.sprig(0.5, 0.535, length, "#000000", tilt=tilt)
    sheet.write(Line("GOOD THINGS", 0.68, 0.062, "#000000", 0.06, bold=True))
    sheet.write(Line("GROW SLOWLY", 0.75, 0.062, "#000000", 0.06, bold=True))
    drawn = 1 - sheet.pixels(wear=0.0).mean(axis=-1)
    worn = drawn * np.clip(0.9 + 0.08 * noise((2000, 2000), (2, 2), 5), 0, 1)
    tile = zoom(canvas, (2000 / CANVAS_REPEAT / canvas.shape[0],) * 2 + (1,), order=1)
    under = np.clip(np.tile(tile, (CANVAS_REPEAT, CANVAS_REPEAT, 1)), 0, 1)
    return mixed(under, tint(ink) * (0.75 + 0.25 * under.mean(axis=-1, keepdims=True)), worn)


def _cushion(outline: Floats, thick: float, creases: Floats) -> Mesh:
    """A filled bag: rings shrinking from the outline to the middle, above and below."""
    rings: list[Floats] = []
    for share in np.concatenate([np.linspace(0.02, 1, 46), np.linspace(1, 0.02, 46)[1:]]):
        top = len(rings) >= 45
        swell = np.sqrt(np.clip(1 - share**6, 0, 1)) * thick
        flat = outline * share
        row = np.clip((flat[:, 1] / 44 + 0.5) * 255, 0, 255).astype(int)
        column = np.clip((flat[:, 0] / 44 + 0.5) * 255, 0, 255).astype(int)
        fold = 0.30 * creases[row, column] * np.clip(swell, 0, 1)
        z = 0.1 + (swell * 0.85 + fold if top else np.zeros(len(flat)))
        rings.append(np.concatenate([flat, np.reshape(z, (-1, 1))], axis=1))
    mesh = skin(np.array(rings))
    span = np.ptp(mesh.vertices[:, :2], axis=0)
    return outward(Mesh(mesh.vertices, mesh.faces, mesh.vertices[:, :2] / span + 0.5))


def _strap(reach: float, rise: float, height: float) -> Mesh:
    """A handle that comes out of the bag's mouth at y = 20 and lies on the floor behind it."""
    knots = [
        (-reach, 16.0, 0.55),
        (-reach * 1.01, 21.0, height),
        (-reach * 0.75, 20 + rise * 0.7, height),
        (0.6, 20 + rise, height),
        (reach * 0.8, 20 + rise * 0.66, height),
        (reach * 1.01, 21.0, height),
        (reach * 0.98, 16.0, 0.55),
    ]
    return sweep(curve(knots, 120), 1.25, flatten=0.12)
