"""Things for the table: mugs, a bowl, a teapot, mills, a vase and a board, standing on z = 0 in
centimetres.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from productviz.lib.pathtrace.materials import Part, gloss, matte, metal
from productviz.lib.pathtrace.outlines import curve, dense, extrude, rounded
from productviz.lib.pathtrace.shapes import Floats, Mesh, revolve, skin, sweep
from productviz.lib.pathtrace.textures import (
    brushed,
    grainy,
    mixed,
    mottled,
    noise,
    speckled,
    tint,
    wood,
)


def mug(glaze: str, spots: str) -> tuple[Part, ...]:
    """A thrown stoneware mug, 9 cm tall, with an unglazed foot and a hand-pulled handle."""
    outside = [(0, 0.25, 0), (3.1, 0.25, 0.2), (3.3, 0, 0.1), (3.7, 0, 0.25), (4.15, 1.4, 0.8)]
    wall = [(4.25, 8.9, 0.16), (3.85, 8.95, 0.16), (3.75, 1.5, 0.9), (3.0, 0.7, 0.8), (0, 0.6, 0)]
    thrown = noise((1, 64), (0.01, 3.0), 5)[0] * 0.004

    def uneven(angle: Floats, height: Floats) -> Floats:
        lines: Floats = 1 + np.interp(height, np.linspace(0, 9, 64), thrown) * (height > 1)
        return lines + 0.006 * np.cos(2 * angle + 0.4)

    body = revolve(_spun(outside + wall), ripple=uneven)
    knots = [
        (3.9, 0.0, 2.1),
        (5.4, 0.0, 2.0),
        (6.6, 0.0, 3.3),
        (6.9, 0.0, 5.2),
        (6.0, 0.0, 7.2),
        (3.9, 0.0, 7.6),
    ]
    ear = sweep(
        curve(knots, 60),
        np.interp(np.linspace(0, 1, 60), [0, 0.2, 0.8, 1], [0.8, 0.6, 0.62, 0.95]),
        flatten=0.62,
        up=(0, 0, -1),
    )
    foot = revolve(
        rounded(
            [(0, -0.02, 0), (3.0, -0.02, 0), (3.72, -0.02, 0.2), (3.76, 0.3, 0.05), (0, 0.3, 0)]
        )
    )
    glazed = gloss(speckled(glaze, spots, seed=3), 0.11, grainy(0.004, seed=8, blur=14))
    bare = matte(mottled("#b99a78", "#a3835f", seed=4))
    return (
        Part(body.tiled(2, 1.4), glazed),
        Part(ear.tiled(0.6, 0.6), glazed),
        Part(foot.moved(z=0.02), bare),
    )


def _spun(points: list[tuple[float, float, float]]) -> Floats:
    """A rounded profile with extra points on the straight parts, so that unevenness shows."""
    line = rounded(points)
    pieces = [line[:1]]
    for start, end in pairwise(line):
        count = max(1, int(np.linalg.norm(end - start) / 0.25))
        pieces.append(start + np.outer(np.arange(1, count + 1) / count, end - start))
    return np.concatenate(pieces)


def bowl() -> tuple[Part, ...]:
    """A wide breakfast bowl, sand outside and reactive blue inside."""
    shell = [
        (0, 0.3, 0),
        (3.0, 0.3, 0.1),
        (3.2, 0, 0.12),
        (3.7, 0, 0.2),
        (4.2, 0.9, 0.5),
        (7.2, 3.6, 4.0),
        (8.3, 6.9, 0.14),
    ]
    inside = [(7.95, 6.9, 0.14), (6.9, 3.8, 4.0), (4.0, 1.2, 1.5), (0, 0.8, 0)]
    body = revolve(_spun(shell + inside), segments=200)
    sand, blue = (
        speckled("#d8c9ae", "#5b4330", seed=13),
        speckled("#2f5f7d", "#0f2a3d", seed=17, amount=2.0),
    )
    rows = np.linspace(1, 0, sand.shape[0])[:, None] + 0.012 * noise((1024, 1024), (30, 60), 4)
    share = np.clip((rows - 0.555) / 0.02, 0, 1)
    glaze = mixed(sand, blue, share)
    rim = np.exp(-(((rows - 0.535) / 0.02) ** 2))
    return (
        Part(
            body,
            gloss(mixed(glaze, tint("#8a6a4c"), 0.7 * rim), 0.1, grainy(0.004, seed=2, blur=12)),
        ),
    )


def teapot() -> tuple[Part, ...]:
    """A side-handled kyusu in unglazed iron-red clay."""
    clay = mottled("#6e3b2b", "#57291d", seed=9, grain=3)
    skin_of = gloss(clay, 0.36, grainy(0.003, seed=6, blur=1.6))
    belly = [
        (0, 0.2, 0),
        (3.4, 0.2, 0.2),
        (3.6, 0, 0.2),
        (4.2, 0, 0.5),
        (6.2, 2.6, 2.4),
        (5.9, 6.2, 2.6),
        (3.6, 7.7, 0.4),
    ]
    body = revolve(
        _spun([*belly, (3.4, 7.9, 0.1), (3.2, 7.9, 0.1), (3.2, 7.2, 0.1), (0, 7.2, 0)]),
        segments=200,
    )
    lid = revolve(
        rounded(
            [
                (0, 7.3, 0),
                (3.15, 7.3, 0.1),
                (3.15, 7.8, 0.05),
                (3.5, 7.95, 0.12),
                (3.3, 8.3, 0.2),
                (0.9, 9.0, 0.6),
                (0.6, 9.4, 0.3),
                (1.05, 9.9, 0.5),
                (0.8, 10.4, 0.4),
                (0, 10.45, 0),
            ]
        )
    )
    grip = sweep(
        curve([(5.0, 0.0, 5.0), (8.0, 0.0, 6.0), (11.5, 0.0, 7.4)], 40), np.linspace(0.95, 1.35, 40)
    )
    spout = _spout().turned("z", -90)
    parts = (body.tiled(3, 2), lid.tiled(2, 0.6), grip.tiled(1, 0.6), spout.tiled(0.6, 0.5))
    return tuple(Part(mesh, skin_of) for mesh in parts)


def _spout() -> Mesh:
    path = curve([(4.6, 0.0, 3.6), (6.6, 0.0, 5.0), (7.9, 0.0, 7.2), (8.9, 0.0, 8.3)], 40)
    outer = sweep(path, np.linspace(1.9, 0.85, 40), sides=40).vertices.reshape(-1, 41, 3)
    rings = outer[7:47, :40]
    middle = rings.mean(axis=1, keepdims=True)
    inner = middle + (rings - middle) * 0.72
    lip = (
        middle[-1:]
        + (rings[-1:] - middle[-1:]) * 0.88
        + (rings[-1].mean(axis=0) - rings[-2].mean(axis=0)) * 0.6
    )
    return skin(np.concatenate([rings, lip, inner[::-1][:20]]))


def mills() -> tuple[Part, ...]:
    """A pair of turned mills, one in beech and one in walnut, with steel knobs."""
    pair = (("#d9b482", "#a8743f", 5, -3.4, 1.2), ("#6f4a30", "#352013", 6, 3.3, -0.8))
    parts: list[Part] = []
    for light, dark, seed, x, y in pair:
        grain = wood(light, dark, seed=seed, rings=5)
        oiled = gloss(grain, 0.24, (grain.mean(axis=-1) - 0.5) * 0.012)
        base = [
            (0, 0, 0),
            (2.7, 0, 0.25),
            (2.75, 1.2, 0.3),
            (2.5, 1.5, 0.15),
            (1.75, 6.5, 5.0),
            (2.45, 11.2, 1.2),
            (2.3, 11.7, 0.1),
            (0, 11.7, 0),
        ]
        head = [
            (0, 11.9, 0),
            (2.25, 11.9, 0.15),
            (2.4, 12.6, 0.6),
            (2.1, 14.6, 1.4),
            (0.9, 15.6, 0.6),
            (0, 15.6, 0),
        ]
        knob = [
            (0, 15.5, 0),
            (0.6, 15.5, 0.1),
            (0.45, 16.1, 0.2),
            (0.85, 16.7, 0.5),
            (0.6, 17.3, 0.4),
            (0, 17.35, 0),
        ]
        groove = [(0, 11.5, 0), (2.1, 11.5, 0), (2.1, 12.0, 0), (0, 12.0, 0)]
        for line, surface in ((base, oiled), (head, oiled)):
            parts.append(Part(revolve(_spun(line)).tiled(1, 0.8).moved(x=x, y=y), surface))
        parts.append(Part(revolve(rounded(knob)).moved(x=x, y=y), metal("#c8c6c2", 0.05)))
        parts.append(Part(revolve(rounded(groove)).moved(x=x, y=y), matte("#1c1815")))
    return tuple(parts)


def vase() -> tuple[Part, ...]:
    """A tall fluted vase in matt clay with a narrow neck."""
    line = curve(
        [(3.4, 0.3), (4.6, 3.5), (5.9, 9.0), (5.3, 15.0), (2.7, 20.5), (2.1, 23.5), (2.9, 26.0)], 90
    )
    inside = line[::-1][:40] - np.array([0.35, 0.0])
    profile = np.concatenate(
        [[[0, 0.1], [2.8, 0.1], [3.1, 0.0], [3.3, 0.08]], line, [[2.8, 26.12]], inside, [[0, 16]]]
    )

    def flutes(angle: Floats, height: Floats) -> Floats:
        strength = 0.045 * np.clip((height - 0.8) / 2.5, 0, 1) * np.clip((21.5 - height) / 5, 0, 1)
        waves: Floats = 1 - strength * np.abs(np.sin(11 * angle + 0.05 * np.sin(height))) ** 0.8
        return waves + 0.006 * np.cos(2 * angle)

    clay = mottled("#cdbba0", "#b59f80", seed=19, grain=4)
    return (
        Part(
            revolve(profile, segments=440, ripple=flutes).tiled(2, 2),
            matte(clay, grainy(0.006, seed=3), 2),
        ),
    )


def board() -> tuple[Part, ...]:
    """An oak serving board with a handle and a hole, 24 x 42 cm, standing on its short edge."""
    shape = [
        (-12, 0, 2.2),
        (12, 0, 2.2),
        (12, 29, 3.0),
        (3.0, 31.5, 3.2),
        (2.6, 41, 2.4),
        (-2.6, 41, 2.4),
        (-3.0, 31.5, 3.2),
        (-12, 29, 3.0),
    ]
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    hole = np.stack([1.0 * np.cos(turn), 38.0 + 1.0 * np.sin(turn)], axis=-1)
    body = extrude([dense(rounded(shape, closed=True), 0.4), dense(hole, 0.2)], 2.0, 0.35)
    grain = wood("#c99f6c", "#80552f", seed=14, rings=8)
    oiled = gloss(
        grain, 0.3, (grain.mean(axis=-1) - 0.5) * 0.02 + brushed(0.0006, seed=4, size=1024)
    )
    return (Part(body.moved(z=-1).turned("x", 90).turned("z", 0).turned("x", -11), oiled),)
