"""What scenes are built of: sweeps, walls, slabs, arches and fabrics that are more than one
scene's.

Lengths are units of the world (1.0 is a product's height).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from productviz.lib.pathtrace.outlines import dense, extrude, rounded
from productviz.lib.pathtrace.shapes import Floats, Height, Mesh, revolve, sheet, skin
from productviz.lib.pathtrace.textures import noise


def sweep_wall(
    *, floor: float = 0.0, back: float = 3.2, bend: float = 1.4, high: float = 7.0
) -> Mesh:
    """Floor and wall in one, joined by a bend at `back`; its texture repeats every 4 units."""
    line = rounded([(-9.0, floor, 0), (back, floor, bend), (back, high, 0)])
    line = np.concatenate([np.linspace(line[0], line[1], 60), line[2:]])
    across = np.linspace(9, -9, 4)
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    rings = np.zeros((len(line), len(across), 3))
    rings[..., 0], rings[..., 1], rings[..., 2] = across, line[:, :1], line[:, 1:]
    mesh = skin(rings[:, ::-1], closed=False, capped=False)
    up = np.broadcast_to(along[:, None], rings.shape[:2])
    uv = np.stack([rings[:, ::-1, 0], up], axis=-1).reshape(-1, 2)
    return replace(mesh, uv=uv / 4)


def table(
    *, width: float = 8.0, front: float = -5.0, back: float = 1.6, tile: float = 3.0, cells: int = 2
) -> Mesh:
    """A level top at z = 0; its texture repeats every `tile` units and is centred on the stand."""
    mesh = sheet(width, back - front, cells=cells).moved(y=(back + front) / 2)
    return replace(mesh, uv=mesh.vertices[:, :2] / tile + 0.5)


def wall(*, y: float, width: float = 14.0, high: float = 9.0, low: float = -3.0) -> Mesh:
    """A plane facing the camera; its texture repeats every 5 units."""
    mesh = sheet(width, high - low, cells=2).turned("x", 90).moved(y=y, z=(high + low) / 2)
    return replace(mesh, uv=mesh.vertices[:, [0, 2]] / 5)


def disk(
    radius: float,
    height: float,
    *,
    bevel: float = 0.02,
    rough: float = 0.0,
    seed: int = 1,
    scale: float = 1.0,
) -> Mesh:
    """A round slab with its top at z = 0, textured `scale` times a unit; `rough` breaks its rim."""
    line = rounded([(0, -height, 0), (radius, -height, bevel), (radius, 0, bevel), (0, 0, 0)])
    line = np.concatenate([line[:-1], [[radius * 0.5, 0.0]], line[-1:]])
    wobble = noise((1, 256), (0.01, 9.0), seed)[0] * rough

    def broken(angle: Floats, height: Floats) -> Floats:
        share = (angle / (2 * np.pi)) % 1 * 256
        bumps: Floats = 1 + np.interp(share, np.arange(257), np.r_[wobble, wobble[0]])
        return bumps

    return planar(revolve(line, segments=256, ripple=broken if rough else None), scale)


def planar(mesh: Mesh, scale: float = 1.0) -> Mesh:
    """The mesh textured from above on its level faces and around on the upright ones, `scale`
    times a unit.
    """
    corners = mesh.faces.reshape(-1)
    x, y, z = mesh.vertices[corners].T
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    side = np.cross(b - a, c - a)
    flat = np.abs(side[:, 2]) > 0.6 * np.linalg.norm(side, axis=1)
    around = mesh.uv[corners, 0] * 2 * np.pi * float(np.hypot(x, y).max())
    uv = np.where(
        np.repeat(flat, 3)[:, None], np.stack([x, y], axis=-1), np.stack([around, z], axis=-1)
    )
    faces = np.arange(len(corners)).reshape(-1, 3)
    return Mesh(mesh.vertices[corners], faces, uv * scale)


def arch(width: float, height: float, depth: float, *, opening: float = 0.0) -> Mesh:
    """An upright slab with a round top, standing on z = 0 with its face at y = 0; `opening` is
    the width of the arch cut out of it.
    """
    lines = [_arch_line(width, height, 0.0)]
    if opening:
        lines.append(_arch_line(opening, height - (width - opening) / 2, 0.12))
    body = extrude([dense(line, 0.05) for line in lines], depth, 0.02)
    return body.turned("x", 90).moved(y=depth)


def _arch_line(width: float, height: float, low: float) -> Floats:
    half = width / 2
    turn = np.linspace(0, np.pi, 60)
    top = np.stack([half * np.cos(turn), height - half + half * np.sin(turn)], axis=-1)
    return np.concatenate([[[-half, low], [half, low]], top])


def stairs(width: float, rise: float, run: float, count: int) -> Mesh:
    """Steps going up towards +y, standing on z = 0."""
    line = [(0.0, 0.0)]
    for index in range(count):
        line += [(index * run, (index + 1) * rise), ((index + 1) * run, (index + 1) * rise)]
    line.append((count * run, 0.0))
    body = extrude([dense(np.array(line), 0.04)], width, 0.012)
    return body.turned("x", 90).turned("z", 90).moved(x=-width / 2)


def ball(radius: float) -> Mesh:
    """A sphere standing on z = 0."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 48)
    line = np.stack([radius * np.cos(turn), radius * (1 + np.sin(turn))], axis=-1)
    return revolve(line, segments=96)


def hoop(radius: float, thick: float) -> Mesh:
    """An upright ring facing the camera, its lowest point on z = 0."""
    turn = np.linspace(0, 2 * np.pi, 48)
    line = np.stack([radius + thick * np.cos(turn), thick * np.sin(turn)], axis=-1)
    return revolve(line, segments=200).turned("x", 90).moved(z=radius + thick)


def column(radius: float, height: float, *, bevel: float = 0.03) -> Mesh:
    """A cylinder standing on z = 0."""
    return disk(radius, height, bevel=bevel).moved(z=height)


def field(shape: int, blur: float, seed: int, *, extent: float) -> Height:
    """A smooth random height over the square of `extent` units around the origin (deviation 1)."""
    grid = noise((shape, shape), (blur, blur), seed)

    def height(x: Floats, y: Floats) -> Floats:
        column, row = (np.clip((v / extent + 0.5) * (shape - 1), 0, shape - 1) for v in (x, y))
        values: Floats = grid[row.astype(int), column.astype(int)]
        return values

    return height
