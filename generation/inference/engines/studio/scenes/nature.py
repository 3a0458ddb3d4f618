"""Leaves, twigs, pebbles and small lights as meshes, many in one.

Lengths are units of the world.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from productviz.lib.pathtrace.outlines import curve
from productviz.lib.pathtrace.shapes import Floats, Ints, Mesh, joined, sweep

_UP = np.array([0.0, 0.0, 1.0])


def aimed(mesh: Mesh, at: Floats, ahead: Floats, up: Floats = _UP) -> Mesh:
    """The mesh with its +y along `ahead`, its +z towards `up`, and its origin at `at`."""
    ahead = ahead / np.linalg.norm(ahead)
    right = np.cross(ahead, up)
    right = right / max(float(np.linalg.norm(right)), 1e-9)
    axes = np.stack([right, ahead, np.cross(right, ahead)], axis=1)
    return Mesh(mesh.vertices @ axes.T + at, mesh.faces, mesh.uv)


def leaf(length: float, width: float, *, droop: float = 0.3, fold: float = 0.25) -> Mesh:
    """A blade from the origin along +y, facing up; `droop` bends its tip down, `fold` lifts its
    sides.
    """
    along, across = np.meshgrid(np.linspace(0, 1, 14), np.linspace(-1, 1, 5), indexing="ij")
    wide = width / 2 * np.sin(np.pi * along**0.75) ** 0.8
    x, y = across * wide, along * length
    z = fold * np.abs(x) - droop * length * along**2
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    return Mesh(points, _grid(14, 5), np.stack([across, along], axis=-1).reshape(-1, 2))


def _grid(rows: int, columns: int) -> Ints:
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    pairs = [np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)]
    return np.concatenate([pair.reshape(-1, 3) for pair in pairs])


def sprig(
    points: Sequence[tuple[float, float, float]],
    *,
    leaves: int,
    length: float,
    width: float,
    seed: int,
    thick: float = 0.012,
) -> Mesh:
    """A stem through the points with leaves in pairs, smaller towards its tip."""
    rng = np.random.default_rng(seed)
    path = curve(points, 40)
    parts = [sweep(path, np.linspace(thick, thick * 0.4, 40), up=(0.3, 0.2, 1), sides=8)]
    for index in range(leaves):
        share = 0.12 + 0.88 * index / leaves
        step = int(share * 38)
        ahead = path[step + 1] - path[step]
        side = np.cross(ahead, rng.normal(size=3))
        out = side / np.linalg.norm(side) + 0.7 * ahead / np.linalg.norm(ahead)
        scale = (1.1 - 0.55 * share) * rng.uniform(0.8, 1.15)
        blade = leaf(length * scale, width * scale, droop=rng.uniform(0, 0.4))
        parts.append(aimed(blade, path[step], out, _UP + 0.4 * rng.normal(size=3)))
    return joined(parts)


def needles(roots: Floats, ahead: Floats, *, length: float, thick: float) -> Mesh:
    """Thin three-sided spikes from `roots` (n, 3) along unit vectors `ahead` (n, 3)."""
    helper = np.where(np.abs(ahead[:, 2:]) < 0.9, _UP, np.array([1.0, 0.0, 0.0]))
    side = np.cross(ahead, helper)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(ahead, side)
    turn = np.arange(3) * 2 * np.pi / 3
    ring = (
        np.cos(turn)[None, :, None] * side[:, None] + np.sin(turn)[None, :, None] * other[:, None]
    )
    base = roots[:, None] + ring * thick
    middle = base + ahead[:, None] * length * 0.7
    tip = (roots + ahead * length)[:, None]
    points = np.concatenate([base, middle, tip], axis=1)
    one = [(i, j, 3 + j) for i, j in ((0, 1), (1, 2), (2, 0))]
    one += [(i, 3 + j, 3 + i) for i, j in ((0, 1), (1, 2), (2, 0))]
    one += [(3 + i, 3 + j, 6) for i, j in ((0, 1), (1, 2), (2, 0))]
    faces = np.array(one)[None] + 7 * np.arange(len(roots))[:, None, None]
    return Mesh(points.reshape(-1, 3), faces.reshape(-1, 3), np.zeros((7 * len(roots), 2)))


def fir(
    points: Sequence[tuple[float, float, float]], *, seed: int, twigs: int = 9, reach: float = 0.5
) -> Mesh:
    """A fir branch through the points, its side twigs in one plane, dense with needles."""
    rng = np.random.default_rng(seed)
    spine = curve(points, 60)
    flat = np.cross(spine[-1] - spine[0], _UP)
    flat /= np.linalg.norm(flat)
    lines = [spine]
    for index in range(twigs):
        share = 0.1 + 0.8 * index / twigs
        root, ahead = spine[int(share * 58)], spine[int(share * 58) + 1] - spine[int(share * 58)]
        ahead = ahead / np.linalg.norm(ahead)
        long = reach * (1.05 - 0.75 * share) * rng.uniform(0.8, 1.1)
        tip = root + long * (0.75 * ahead + (1 if index % 2 else -1) * 0.75 * flat)
        bend = (root + tip) / 2 + [0, 0, 0.04 * long] + 0.02 * rng.normal(size=3)
        lines.append(curve([tuple(root), tuple(bend), tuple(tip - [0, 0, 0.05])], 30))
    stems = [
        sweep(line, np.linspace(0.011, 0.004, len(line)), up=(0.2, 0.1, 1), sides=6)
        for line in lines
    ]
    return joined([*stems, *(_needled(line, flat, rng) for line in lines)])


def _needled(line: Floats, flat: Floats, rng: np.random.Generator) -> Mesh:
    step = np.linalg.norm(np.diff(line, axis=0), axis=1)
    long = float(step.sum())
    place = np.sort(rng.uniform(0.04, 1, int(long * 620)))
    share = np.r_[0, np.cumsum(step)] / long
    roots = np.stack([np.interp(place, share, line[:, i]) for i in range(3)], axis=-1)
    ahead = np.stack([np.interp(place, share, np.gradient(line[:, i])) for i in range(3)], axis=-1)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    sides = rng.choice([-1.0, 1.0], (len(place), 1)) * flat
    out = 0.75 * ahead + sides * rng.uniform(0.4, 1, (len(place), 1))
    out = out + _UP * rng.uniform(-0.25, 0.5, (len(place), 1))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return needles(roots, out, length=0.085, thick=0.0035)


def balls(centres: Floats, radii: Floats, *, rings: int = 12, sides: int = 18) -> Mesh:
    """Many spheres as one mesh."""
    tall = np.linspace(-np.pi / 2, np.pi / 2, rings)[:, None]
    turn = np.linspace(0, 2 * np.pi, sides)[None]
    unit = np.stack(
        np.broadcast_arrays(np.cos(tall) * np.cos(turn), np.cos(tall) * np.sin(turn), np.sin(tall)),
        axis=-1,
    ).reshape(-1, 3)
    points = centres[:, None] + radii[:, None, None] * unit[None]
    faces = _grid(rings, sides)[None] + len(unit) * np.arange(len(centres))[:, None, None]
    return Mesh(points.reshape(-1, 3), faces.reshape(-1, 3), np.zeros((points.size // 3, 2)))


def pebbles(
    places: Floats, sizes: Floats, *, seed: int, flat: float = 0.45, rings: int = 24
) -> Mesh:
    """River stones lying at `places` (n, 3), half their height above it; `sizes` (n,) are
    half-lengths.
    """
    rng = np.random.default_rng(seed)
    unit = balls(np.zeros((1, 3)), np.ones(1), rings=rings, sides=rings * 3 // 2)
    parts = []
    for place, size in zip(places, sizes, strict=True):
        waves = rng.normal(size=(3, 3)) * 0.9
        bump = 1 + 0.07 * np.sin(unit.vertices @ waves.T + rng.uniform(0, 6, 3)).sum(axis=1)
        grown = (
            unit.vertices
            * bump[:, None]
            * [1, rng.uniform(0.62, 0.9), flat * rng.uniform(0.75, 1.2)]
        )
        stone = Mesh(grown * size, unit.faces, unit.uv).turned("z", rng.uniform(0, 360))
        parts.append(stone.moved(*place))
    return joined(parts)
