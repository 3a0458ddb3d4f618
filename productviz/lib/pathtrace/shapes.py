"""Procedural geometry: turned, boxed, swept, lofted and cut-out bodies as triangle meshes in
centimetres.

Every solid is closed and its faces point outwards; `open_edges` and `volume` prove it. Nothing
here knows
about materials or the renderer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ripple = Callable[[Floats, Floats], Floats]
Height = Callable[[Floats, Floats], Floats]

WELD = 1e-6  # cm; vertices nearer than this are one point when normals and edges are worked out


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles: `vertices` (n, 3) cm with z up, `faces` (m, 3) counter-clockwise from outside,
    `uv` (n, 2).
    """

    vertices: Floats
    faces: Ints
    uv: Floats

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
        """The same body elsewhere (cm)."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def scaled(self, x: float, y: float, z: float) -> Mesh:
        """The same body stretched along the axes; factors are positive."""
        return replace(self, vertices=self.vertices * np.array([x, y, z]))

    def turned(self, axis: str, degrees: float) -> Mesh:
        """The same body rotated about the "x", "y" or "z" axis through the origin."""
        return replace(self, vertices=self.vertices @ rotation(axis, degrees).T)

    def tiled(self, u: float, v: float) -> Mesh:
        """The same body with its texture repeated `u` by `v` times."""
        return replace(self, uv=self.uv * np.array([u, v]))

    @property
    def size(self) -> Floats:
        """Width, depth and height of the bounding box, (3,) cm."""
        extent: Floats = np.ptp(self.vertices, axis=0)
        return extent


def rotation(axis: str, degrees: float) -> Floats:
    """The 3 x 3 rotation about a coordinate axis, right-handed."""
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    matrix[[first, second], [first, second]] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return matrix


def welded(mesh: Mesh) -> Ints:
    """For each vertex the number of the point it shares with its twins at texture seams, (n,)."""
    keys = np.round(mesh.vertices / WELD).astype(np.int64)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def normals(mesh: Mesh) -> Floats:
    """Unit normals, (n, 3): face normals weighted by area, so that flats beside a small bevel
    stay flat.
    """
    corner = mesh.vertices[mesh.faces]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    point = welded(mesh)
    total = np.zeros((point.max() + 1, 3))
    for column in range(3):
        np.add.at(total, point[mesh.faces[:, column]], face)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    unit: Floats = (total / np.maximum(length, 1e-12))[point]
    return unit


def volume(mesh: Mesh) -> float:
    """Enclosed volume in cubic centimetres; negative when the faces point inwards."""
    corner = mesh.vertices[mesh.faces]
    return float(np.einsum("ij,ij->", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6)


def open_edges(mesh: Mesh) -> int:
    """How many directed edges have no opposite partner; 0 for a closed body."""
    a, b, c = welded(mesh)[mesh.faces].T
    solid = (a != b) & (b != c) & (c != a)
    ends = np.concatenate([np.stack(pair)[:, solid] for pair in ((a, b), (b, c), (c, a))], axis=1)
    count = len(mesh.vertices)
    there, back = np.unique(ends[0] * count + ends[1]), ends[1] * count + ends[0]
    return int(np.isin(there, back, invert=True).sum())


def outward(mesh: Mesh) -> Mesh:
    """The closed body with its faces turned to the outside, whichever way they were."""
    return mesh if volume(mesh) > 0 else replace(mesh, faces=mesh.faces[:, ::-1])


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Several bodies as one mesh."""
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]
    vertices = np.concatenate([mesh.vertices for mesh in meshes])
    return Mesh(vertices, np.concatenate(faces), np.concatenate([mesh.uv for mesh in meshes]))


def skin(rings: Floats, *, closed: bool = True, capped: bool = True) -> Mesh:
    """The surface over `rings` (k, m, 3), each ring counter-clockwise seen from where the rings
    are heading.
    """
    count = rings.shape[0]
    if closed:
        rings = np.concatenate([rings, rings[:, :1]], axis=1)
    columns = rings.shape[1]
    step = np.linalg.norm(np.diff(rings, axis=0), axis=2).mean(axis=1)
    along = np.r_[0, np.cumsum(step)] / max(step.sum(), 1e-9)
    u, v = np.meshgrid(np.linspace(0, 1, columns), along)
    faces = _quads(count, columns)
    vertices, uv = rings.reshape(-1, 3), np.stack([u, v], axis=-1).reshape(-1, 2)
    if not capped:
        return Mesh(vertices, faces, uv)
    last = (count - 1) * columns + np.arange(columns)
    base = len(vertices)
    centres = np.stack([rings[0, :-1].mean(axis=0), rings[-1, :-1].mean(axis=0)])
    lids = [_fan(np.arange(columns)[::-1], base), _fan(last, base + 1)]
    return Mesh(
        np.concatenate([vertices, centres]),
        np.concatenate([faces, *lids]),
        np.concatenate([uv, [[0.5, 0.0], [0.5, 1.0]]]),
    )


def _quads(rows: int, columns: int) -> Ints:
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    pairs = [np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)]
    return np.concatenate([pair.reshape(-1, 3) for pair in pairs])


def _fan(rim: Ints, centre: int) -> Ints:
    return np.stack([rim[:-1], rim[1:], np.full(len(rim) - 1, centre)], axis=-1)


def revolve(
    profile: Floats, *, segments: int = 160, arc: float = 360.0, ripple: Ripple | None = None
) -> Mesh:
    """A turned body from `profile` (k, 2) of (radius, height): axis below, outside, axis above.

    `ripple(angle, height)` multiplies the radius; an `arc` below 360 degrees gives an open sheet
    facing -y in its middle, as a label on a bottle.
    """
    closed = arc >= 360
    middle = -90.0
    angle = np.radians(middle + np.linspace(-arc / 2, arc / 2, segments, endpoint=not closed))
    radius, height = np.meshgrid(profile[:, 0], np.ones(segments), indexing="ij")[0], profile[:, 1]
    tall = np.broadcast_to(height[:, None], radius.shape)
    turn = np.broadcast_to(angle, radius.shape)
    if ripple is not None:
        radius = radius * ripple(turn, tall)
    rings = np.stack([radius * np.cos(turn), radius * np.sin(turn), tall], axis=-1)
    return skin(rings, closed=closed, capped=False)


def sweep(
    path: Floats,
    radius: float | Floats,
    *,
    flatten: float = 1.0,
    up: tuple[float, float, float] = (0.0, 0.0, 1.0),
    sides: int = 32,
) -> Mesh:
    """A tube with round ends along `path` (k, 3); `flatten` scales the thickness along the
    carried `up` axis.
    """
    radii = np.broadcast_to(np.asarray(radius, dtype=float), (len(path),))
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    frames = _frames(tangent, np.asarray(up, dtype=float))
    bow = np.linspace(np.pi / 2, 0, 8)
    steps = [(0, -np.sin(a), np.cos(a)) for a in bow[:-1]]
    steps += [(index, 0.0, 1.0) for index in range(len(path))]
    steps += [(len(path) - 1, np.sin(a), np.cos(a)) for a in bow[::-1][1:]]
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle) * flatten])
    rings = []
    for index, ahead, wide in steps:
        side, top = np.cross(tangent[index], frames[index]), frames[index]
        centre = path[index] + tangent[index] * ahead * radii[index] * min(flatten, 1.0)
        ring = np.outer(circle[0], -side) + np.outer(circle[1], top)
        rings.append(centre + ring * radii[index] * max(wide, 1e-9))
    return skin(np.array(rings), capped=False)


def _frames(tangent: Floats, up: Floats) -> Floats:
    """The `up` axis carried along a path without twisting it, (k, 3)."""
    frames = []
    for direction in tangent:
        up = up - direction * (up @ direction)
        up = up / np.linalg.norm(up)
        frames.append(up)
    return np.array(frames)


def box(size: tuple[float, float, float], radius: float, *, cells: int = 12) -> Mesh:
    """A rounded box standing on z = 0; the texture is an atlas: front, right, back over left,
    top, bottom.
    """
    half = np.array(size) / 2
    inner = half - radius
    soft = np.sin(np.linspace(0, np.pi / 2, 7))
    grid = {}
    for axis in range(3):
        flat = np.linspace(-inner[axis], inner[axis], cells)
        end = inner[axis] + radius * soft[1:]
        grid[axis] = np.concatenate([-end[::-1], flat, end])
    sides = ((0, 1, -1), (1, 0, 1), (0, 1, 1), (1, 0, -1), (0, 2, 1), (0, 2, -1))
    return joined(
        [
            _face(grid, half, radius, across=a, axis=b, sign=c, cell=n)
            for n, (a, b, c) in enumerate(sides)
        ]
    ).moved(z=half[2])


def _face(
    grid: dict[int, Floats],
    half: Floats,
    radius: float,
    *,
    across: int,
    axis: int,
    sign: int,
    cell: int,
) -> Mesh:
    upward = 3 - across - axis
    wide, tall = np.meshgrid(grid[across], grid[upward])
    flip = {(0, 1, 1): -1, (1, 0, -1): -1, (0, 2, -1): 1}.get((across, axis, sign), 1)
    u, v = 0.5 + flip * wide / (2 * half[across]), 0.5 + tall / (2 * half[upward])
    points = np.zeros((*wide.shape, 3))
    points[..., across], points[..., upward], points[..., axis] = wide, tall, sign * half[axis]
    core = np.clip(points, radius - half, half - radius)
    away = points - core
    vertices = core + radius * away / np.linalg.norm(away, axis=-1, keepdims=True)
    uv = np.stack([(u + cell % 3) / 3, (v + 1 - cell // 3) / 2], axis=-1)
    faces = _quads(*wide.shape)
    mesh = Mesh(vertices.reshape(-1, 3), faces, uv.reshape(-1, 2))
    return mesh if volume(mesh) > 0 else replace(mesh, faces=faces[:, ::-1])


def settled(sites: Floats, heights: Floats, at: Floats) -> Floats:
    """Heights of a surface known at `sites` (n, 2), read at `at` (m, 2) from six neighbours."""
    gap, near = cKDTree(sites).query(at, k=6)
    weight = 1 / (gap**2 + 1e-3)
    values: Floats = (heights[near] * weight).sum(axis=1) / weight.sum(axis=1)
    return values


def sheet(width: float, depth: float, *, cells: int = 200, height: Height | None = None) -> Mesh:
    """An open, level cloth or table top facing up, centred on the origin."""
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, cells) * width, np.linspace(-0.5, 0.5, cells) * depth)
    z = height(x, y) if height is not None else np.zeros_like(x)
    uv = np.stack([x / width + 0.5, y / depth + 0.5], axis=-1)
    return Mesh(np.stack([x, y, z], axis=-1).reshape(-1, 3), _quads(*x.shape), uv.reshape(-1, 2))
