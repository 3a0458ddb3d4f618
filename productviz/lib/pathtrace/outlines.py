"""Lines that bodies are made from: smooth curves, rounded outlines, and plates cut along them.

Lengths are centimetres. The bodies themselves are `shapes.Mesh`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial import Delaunay

from .shapes import Floats, Mesh, joined, skin


def curve(points: Sequence[tuple[float, ...]], count: int = 48) -> Floats:
    """A smooth line through the points, (count, d), evenly parametrised by chord length."""
    knots = np.asarray(points, dtype=float)
    chord = np.r_[0, np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))]
    line: Floats = np.asarray(CubicSpline(chord, knots)(np.linspace(0, chord[-1], count)))
    return line


def rounded(points: Sequence[tuple[float, float, float]], *, closed: bool = False) -> Floats:
    """The polyline of (x, y, fillet radius in cm) with every corner replaced by an arc, (k, 2)."""
    flat = np.array([point[:2] for point in points], dtype=float)
    count = len(flat)
    line: list[Floats] = []
    for index, (_, _, radius) in enumerate(points):
        if radius <= 0 or (not closed and index in (0, count - 1)):
            line.append(flat[index][None])
            continue
        line.append(_arc(flat[index - 1], flat[index], flat[(index + 1) % count], radius=radius))
    return np.concatenate(line)


def _arc(before: Floats, corner: Floats, after: Floats, *, radius: float) -> Floats:
    """Nine points of the circle that touches both arms of a corner; limited to 48% of the
    shorter arm.
    """
    first, second = before - corner, after - corner
    reach = 0.48 * min(float(np.linalg.norm(first)), float(np.linalg.norm(second)))
    first, second = first / np.linalg.norm(first), second / np.linalg.norm(second)
    half = 0.5 * np.arccos(np.clip(first @ second, -0.99999, 0.99999))
    cut = min(float(radius / np.tan(half)), reach)
    middle = (first + second) / np.linalg.norm(first + second) * cut / np.cos(half) + corner
    start, end = corner + first * cut - middle, corner + second * cut - middle
    turn = np.arctan2(start[0] * end[1] - start[1] * end[0], start @ end)
    angles = np.linspace(0, turn, 9)
    across = np.array([-start[1], start[0]])
    arc: Floats = middle + np.outer(np.cos(angles), start) + np.outer(np.sin(angles), across)
    return arc


def extrude(outlines: Sequence[Floats], depth: float, bevel: float) -> Mesh:
    """A flat body with holes: outlines (k, 2), the outer one first; front and back at z = depth
    and 0.
    """
    turned = [_wound(line, clockwise=index > 0) for index, line in enumerate(outlines)]
    arc = np.linspace(0, np.pi / 2, 6)
    profile = [(bevel * (1 - np.sin(a)), bevel * (1 - np.cos(a))) for a in arc]
    rings = profile + [(inset, depth - z) for inset, z in profile[::-1]]
    rims = [
        skin(np.array([_inset(line, inset, z) for inset, z in rings]), capped=False)
        for line in turned
    ]
    lid = _lid([_inset(line, bevel, depth) for line in turned])
    floor = replace(lid, vertices=lid.vertices * [1, 1, 0], faces=lid.faces[:, ::-1])
    body = joined([*rims, lid, floor])
    low, span = body.vertices[:, :2].min(axis=0), np.ptp(body.vertices[:, :2], axis=0)
    return replace(body, uv=(body.vertices[:, :2] - low) / span)


def _wound(line: Floats, *, clockwise: bool) -> Floats:
    x, y = line.T
    area = np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    return line[::-1] if (area < 0) != clockwise else line


def _inset(line: Floats, distance: float, z: float) -> Floats:
    ahead = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    ahead = ahead / np.linalg.norm(ahead, axis=1, keepdims=True)
    flat = line + distance * np.stack([-ahead[:, 1], ahead[:, 0]], axis=-1)
    return np.concatenate([flat, np.full((len(line), 1), z)], axis=1)


def _lid(lines: Sequence[Floats]) -> Mesh:
    """Triangles between outlines; these must be sampled densely, as the triangulation is
    unconstrained.
    """
    points = np.concatenate(lines)
    faces = Delaunay(points[:, :2]).simplices.astype(np.int64)
    centre = points[faces, :2].mean(axis=1)
    keep = np.sum([_inside(centre, line[:, :2]) for line in lines], axis=0) % 2 == 1
    faces = faces[keep]
    a, b, c = (points[faces[:, i], :2] for i in range(3))
    left = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    faces = np.where(left[:, None] > 0, faces, faces[:, ::-1])
    return Mesh(points, faces, points[:, :2].copy())


def _inside(points: Floats, line: Floats) -> NDArray[np.bool_]:
    """Even-odd rule, (n,)."""
    x, y = points[:, :1], points[:, 1:]
    x0, y0 = line.T
    x1, y1 = np.roll(line, -1, axis=0).T
    crosses = (y0 > y) != (y1 > y)
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    hits = crosses & (x < x0 + (y - y0) * (x1 - x0) / rise)
    odd: NDArray[np.bool_] = np.sum(hits, axis=1) % 2 == 1
    return odd


def dense(line: Floats, step: float) -> Floats:
    """A closed outline with a point at least every `step` centimetres."""
    pieces = []
    for start, end in zip(line, np.roll(line, -1, axis=0), strict=True):
        count = max(1, int(np.ceil(np.linalg.norm(end - start) / step)))
        pieces.append(start + np.outer(np.arange(count) / count, end - start))
    return np.concatenate(pieces)
