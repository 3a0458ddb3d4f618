"""A tailor's form and the garments it wears, in centimetres; the hips are at z = 0, front is -y.

A garment is two layers of cloth, so that it is seen from both sides, and it can be asked for
whole, or as its front or back half alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from productviz.lib.pathtrace.materials import Part, Surface, cloth, matte, metal
from productviz.lib.pathtrace.outlines import curve
from productviz.lib.pathtrace.shapes import Floats, Mesh, joined, revolve, sheet, skin, sweep
from productviz.lib.pathtrace.textures import mixed, tint, weave

from .labels import Line, Sheet

FRONT, BACK = (-np.pi, 0.0), (0.0, np.pi)
"""The halves of a garment, as angles about its axis."""

_THICK = 0.16
_ROWS, _COLUMNS = 220, 181
_HOLE = (6.6, 8.6, 45.2)  # half width and height of an armhole, and the height of its middle
_SQUARENESS = 2.3  # exponent of a slice's outline; 2 is an ellipse

Half = tuple[float, float]
Knots = tuple[tuple[float, float, float], ...]

# (height, half width, half depth)
_BODY: Knots = (
    (-14, 15.2, 10.0),
    (-5, 17.4, 11.5),
    (8, 15.0, 10.2),
    (18, 13.0, 9.0),
    (30, 15.0, 10.6),
    (38, 16.6, 11.6),
    (46, 18.0, 10.0),
    (52, 18.4, 8.4),
    (54.6, 14.6, 7.6),
    (56.8, 9.4, 6.6),
    (58.6, 6.6, 6.0),
    (61, 5.7, 5.8),
    (67, 5.4, 5.5),
)


@dataclass(frozen=True, slots=True)
class Cut:
    """How a garment is cut: `knots` as the body's; the neck's half width, the heights (cm) of
    its shoulder points, and its drop in front and behind; `point` makes a V, `sleeve` is a length.
    """

    knots: Knots
    neck: float
    shoulder: float
    drop: float
    rise: float
    point: bool = False
    sleeve: float = 0.0
    folds: float = 0.5
    armhole: bool = False


def form(surface: Surface, *, arms: bool) -> tuple[Part, ...]:
    """The mannequin: a torso with a capped neck on a pole, with arms to the wrist or without."""
    heights = np.linspace(_BODY[0][0], _BODY[-1][0], 160)
    angle = np.linspace(0, 2 * np.pi, 128, endpoint=False)
    torso = skin(np.array([_slice(_BODY, np.full(128, z), angle) for z in heights]))
    cap = revolve(np.array([(0, 66.8), (5.9, 66.8), (6.1, 67.6), (5.6, 68.4), (0, 69.0)]))
    pole = revolve(np.array([(0, -140), (1.3, -140), (1.3, -13), (0, -13)]))
    parts = [Part(torso, surface), Part(cap, metal("#b9b4ab", 0.3)), Part(pole, metal("#8d8a86"))]
    if arms:
        parts += [Part(_arm(side), surface) for side in (-1, 1)]
    return tuple(parts)


def garment(
    cut: Cut, surface: Surface, trim: Surface, *, half: Half | None = None
) -> tuple[Part, ...]:
    """The garment, or one half of it; `trim` binds its neck and its hem."""
    parts = [Part(_shell(cut, half), surface)]
    parts += [Part(tube, surface) for tube in _sleeves(cut, half)]
    return (*parts, *(Part(edge, trim) for edge in _bindings(cut, half)))


def label(cut: Cut, maker: str) -> tuple[Part, ...]:
    """The maker's label, sewn inside the back of the neck."""
    print_ = Sheet(400, 240, "#f4f1ea").write(
        Line(maker, 0.5, 0.24, "#2b2a28", 0.1, bold=True), Line("M", 0.85, 0.24, "#2b2a28")
    )
    height = cut.shoulder - cut.rise - 3.4
    depth = float(_slice(cut.knots, np.array([height]), np.array([np.pi / 2]))[0, 1])
    patch = sheet(4.2, 2.5, cells=2).turned("x", 90)
    return (Part(patch.moved(y=depth - 0.75, z=height), matte(print_.pixels())),)


def knit(colour: str, *, seed: int, stripe: str | None = None, words: str = "") -> Surface:
    """Cloth for a shell: u runs once round the body from its right side, v up from the hem."""
    tile, height = weave(colour, seed=seed, threads=150, slub=0.10)
    under = np.tile(tile, (2, 3, 1))[:1800, :2700]
    sheet_ = Sheet(2700, 1800, "#ffffff")
    if stripe is not None:
        for top in (0.26, 0.34):
            sheet_.band(top, top + 0.045, "#000000")
    if words:
        sheet_.write(Line(words, 0.52, 0.055, "#000000", 0.08, bold=True, x=0.25))
    drawn = 1 - sheet_.pixels(wear=0.0).mean(axis=-1)
    ink = tint(stripe or "#f3efe6") * (0.8 + 0.2 * under.mean(axis=-1, keepdims=True))
    return cloth(np.clip(mixed(under, ink, drawn), 0, 1), height, 6)


def _slice(knots: Knots, z: Floats, angle: Floats, grow: float | Floats = 0.0) -> Floats:
    """Points of the body's outline at heights `z` and angles about the axis, (n, 3)."""
    table = np.array(knots)
    wide, deep = (PchipInterpolator(table[:, 0], table[:, i])(z) + grow for i in (1, 2))
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = (np.sign(t) * np.abs(t) ** (2 / _SQUARENESS) for t in (cos, sin))
    return np.stack([wide * x, deep * y, z], axis=-1)


def _neckline(cut: Cut, angle: Floats) -> tuple[Floats, Floats]:
    """Heights of the neck's edge, and the angles at which it lies, for each column of cloth."""
    front, back = np.clip(-np.sin(angle), 0, 1), np.clip(np.sin(angle), 0, 1)
    dip = 1 - np.abs(np.cos(angle)) if cut.point else front
    z = cut.shoulder - cut.drop * np.where(front > 0, dip, 0) - cut.rise * back
    wide = PchipInterpolator(*np.array(cut.knots)[:, :2].T)(z)
    across = np.clip(cut.neck * np.cos(angle) / wide, -1, 1)
    squared = np.sign(across) * np.abs(across) ** (_SQUARENESS / 2)
    turned = np.arccos(np.clip(squared, -1, 1))
    return z, np.where(angle <= 0, -turned, turned)


def _shell(cut: Cut, half: Half | None) -> Mesh:
    low, high = half or (-np.pi, np.pi)
    angle = np.linspace(low, high, _COLUMNS if half else 2 * _COLUMNS - 1)
    outer, inner = (_cloth_rings(cut, angle, inward) for inward in (0.0, _THICK))
    layers = [skin(rings, closed=False, capped=False) for rings in (outer, inner)]
    u = (angle + np.pi) / (2 * np.pi)
    sides = [_textured(layer, u) for layer in layers]
    both = joined([sides[0], _reversed(sides[1])])
    return _without_armholes(both) if cut.armhole else both


def _textured(mesh: Mesh, u: Floats) -> Mesh:
    uv = mesh.uv.copy()
    uv[:, 0] = np.tile(u, len(uv) // len(u))
    return Mesh(mesh.vertices, mesh.faces, uv)


def _cloth_rings(cut: Cut, angle: Floats, inward: float) -> Floats:
    top, lean = _neckline(cut, angle)
    hem = cut.knots[0][0]
    rings = []
    for share in np.linspace(0, 1, _ROWS):
        blend = share**3
        z = hem + share * (top - hem)
        rings.append(_slice(cut.knots, z, angle + (lean - angle) * blend, -inward))
        rings[-1][:, :2] *= 1 + _folds(cut, angle, share)[:, None]
    return np.array(rings)


def _folds(cut: Cut, angle: Floats, share: float) -> Floats:
    """Share by which the cloth stands off: long folds from the chest down, small ones above."""
    hang = cut.folds * 0.045 * np.clip(1 - share / 0.75, 0, 1) ** 1.2
    long = np.sin(9 * angle + 1.3) + 0.6 * np.sin(14 * angle + 0.4 + 2 * share)
    cross = np.sin(5 * angle + 26 * share) * np.sin(3 * angle - 15 * share + 1)
    rest = 0.012 * cut.folds * np.clip(1 - share, 0, 1) ** 0.6 * np.clip(4 * (1 - share), 0, 1)
    waves: Floats = hang * long + rest * cross
    return waves


def _sleeves(cut: Cut, half: Half | None) -> list[Mesh]:
    if not cut.sleeve:
        return []
    return [_sleeve(cut, half, side) for side in (-1, 1)]


def _sleeve(cut: Cut, half: Half | None, side: int) -> Mesh:
    layers = [_sleeve_layer(cut, half, side, inward=inward) for inward in (0.0, _THICK)]
    # Mirrored, a sleeve is inside out.
    layers[(1 - side) // 2] = _reversed(layers[(1 - side) // 2])
    patch = np.array([0.45, 0.3])
    return joined(
        [
            _outside_body(cut, Mesh(layer.vertices, layer.faces, [0.52, 0.02] + layer.uv * patch))
            for layer in layers
        ]
    )


def _sleeve_layer(cut: Cut, half: Half | None, side: int, *, inward: float) -> Mesh:
    turn = np.linspace(*(half or (-np.pi, np.pi)), 91)
    lean = np.array([side * 0.62, 0.0, -0.78])
    across = np.array([side * 0.78, 0.0, 0.62])
    rings = []
    for share in np.linspace(0, 1, 120):
        centre = np.array([side * 12.3, 0.0, 48.6]) + lean * cut.sleeve * share
        wave = 0.35 * np.sin(3 * turn + 5 * share + side) * share - inward
        wide = np.interp(share, [0, 0.35, 1], [7.4, 7.6, 8.2]) + wave
        deep = np.interp(share, [0, 0.4, 1], [7.0, 6.4, 5.4]) + wave
        flat = np.outer(np.cos(turn) * wide, across)
        rings.append(centre + flat + np.outer(np.sin(turn) * deep, [0.0, 1.0, 0.0]))
    return skin(np.array(rings), closed=False, capped=False)


def _reversed(mesh: Mesh) -> Mesh:
    return Mesh(mesh.vertices, mesh.faces[:, ::-1], mesh.uv)


def _outside_body(cut: Cut, mesh: Mesh) -> Mesh:
    """Leave out what would lie inside the body of the garment."""
    wide = PchipInterpolator(*np.array(cut.knots)[:, :2].T)(mesh.vertices[:, 2])
    beyond = np.abs(mesh.vertices[:, 0]) > wide - 2.6
    return Mesh(mesh.vertices, mesh.faces[beyond[mesh.faces].all(axis=1)], mesh.uv)


def _bindings(cut: Cut, half: Half | None) -> list[Mesh]:
    """The ribs round the neck and the armholes."""
    angle = np.linspace(*(half or (-np.pi, np.pi)), 160)
    top, lean = _neckline(cut, angle)
    lines = [_slice(cut.knots, top - 0.25, lean, 0.05)]
    if cut.armhole:
        lines += [_hole_edge(cut, angle, side) for side in (-1, 1)]
    return [sweep(line, 0.5, sides=16) for line in lines]


def _hole_edge(cut: Cut, angle: Floats, side: int) -> Floats:
    y, z = np.sin(angle) * _HOLE[0], _HOLE[2] + np.cos(angle) * _HOLE[1]
    table = np.array(cut.knots)
    wide, deep = (PchipInterpolator(table[:, 0], table[:, i])(z) for i in (1, 2))
    reach = np.clip(1 - np.abs(y / deep) ** _SQUARENESS, 0, 1) ** (1 / _SQUARENESS)
    return np.stack([side * wide * reach, y, z], axis=-1)


def _without_armholes(mesh: Mesh) -> Mesh:
    x, y, z = mesh.vertices.T
    hole = (y / _HOLE[0]) ** 2 + ((z - _HOLE[2]) / _HOLE[1]) ** 2 < 1
    cut_out = hole & (np.abs(x) > 5)
    return Mesh(mesh.vertices, mesh.faces[~cut_out[mesh.faces].any(axis=1)], mesh.uv)


def _arm(side: int) -> Mesh:
    knots = [(13.4, 0, 48.6), (18.6, 0, 41.5), (22.6, 0, 32.5), (24.6, -1, 19.0), (25.0, -4, 4.0)]
    path = curve([(side * x, y, z) for x, y, z in knots], 90)
    return sweep(path, np.interp(np.linspace(0, 1, 90), [0, 0.2, 0.5, 1], [5.0, 4.6, 4.0, 2.9]))
