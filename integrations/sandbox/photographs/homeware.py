"""Things for the room: a lamp, a clock and a speaker, in centimetres."""

from __future__ import annotations

import numpy as np

from productviz.lib.pathtrace.materials import Part, cloth, gloss, matte, metal
from productviz.lib.pathtrace.outlines import curve, dense, extrude, rounded
from productviz.lib.pathtrace.shapes import Floats, Mesh, outward, revolve, sweep
from productviz.lib.pathtrace.textures import grainy, weave

from .labels import Line, Sheet, dial


def lamp() -> tuple[Part, ...]:
    """A reading lamp with two thin arms, brass joints and a sage shade."""
    paint = gloss("#7f9a86", 0.2, grainy(0.0015, seed=4), 3)
    base = revolve(rounded([(0, 0, 0), (7.5, 0, 0.2), (7.5, 1.5, 0.5), (0, 1.7, 0)]))
    foot, elbow, head = np.array([0.0, 0, 1.6]), np.array([-8.0, 0, 20.0]), np.array([7.0, 0, 33.0])
    sides = [np.array([0, y, 0]) for y in (-0.55, 0.55)]
    arms = [_rod(a + side, b + side) for a, b in ((foot, elbow), (elbow, head)) for side in sides]
    pin = [(0, -1.2, 0), (0.85, -1.2, 0.15), (0.85, 1.2, 0.15), (0, 1.2, 0)]
    joint = revolve(rounded(pin)).turned("x", 90)
    joints = [joint.moved(*place) for place in (foot + np.array([0, 0, 0.4]), elbow, head)]
    shade, bulb = (mesh.turned("y", -32).moved(8.6, 0, 31.6) for mesh in _shade())
    knots = [(-6.8, 2, 0.3), (-11, 5, 0.3), (-17, 4, 0.3), (-22, 12, 0.3), (-24, 20, 0.3)]
    return (
        Part(base, paint),
        *(Part(arm, paint) for arm in arms),
        Part(shade, paint),
        *(Part(mesh, metal("#c9a04e", 0.06)) for mesh in joints),
        Part(bulb, gloss("#f4f0e6", 0.2)),
        Part(sweep(curve(knots, 60), 0.28), matte("#3b3a37")),
    )


def _rod(start: Floats, end: Floats) -> Mesh:
    return sweep(np.linspace(start, end, 12), 0.26)


def _shade() -> tuple[Mesh, Mesh]:
    """The hollow cone and the bulb in it, opening downwards, the joint near the origin."""
    cone = [(0, 4.4, 0), (1.7, 4.4, 0.4), (2.4, 2.6, 0.5), (6.6, -6.2, 0.08)]
    inside = [(6.45, -6.2, 0.05), (2.2, 2.2, 0.4), (0, 3.6, 0)]
    bulb = [(0, -4.6, 0), (2.2, -4.2, 1.8), (2.4, -2, 1.6), (1, 1.5, 0.8), (0, 3, 0)]
    return outward(revolve(rounded(cone + inside))), outward(revolve(rounded(bulb)))


def clock() -> tuple[Part, ...]:
    """A round brass table clock on two feet, showing ten past ten."""
    ring = revolve(
        rounded(
            [
                (5.6, -1.6, 0),
                (6.3, -1.6, 0.3),
                (6.3, 1.5, 0.3),
                (5.9, 1.8, 0.25),
                (5.5, 1.4, 0.15),
                (5.5, -1.6, 0),
                (5.6, -1.6, 0),
            ]
        )
    ).turned("x", 90)
    back = revolve(rounded([(0, -1.5, 0), (5.7, -1.5, 0), (5.7, 0.9, 0), (0, 0.9, 0)]))
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    face = extrude([5.55 * np.stack([np.cos(turn), np.sin(turn)], axis=-1)], 0.1, 0.02).moved(z=0.9)
    hands = [
        _hand(3.0, 0.32, -52).moved(z=1.12),
        _hand(4.5, 0.24, 60).moved(z=1.22),
        _hand(4.8, 0.08, 200).moved(z=1.3),
    ]
    pin = revolve(rounded([(0, 1.0, 0), (0.32, 1.0, 0), (0.3, 1.45, 0.1), (0, 1.45, 0)]))
    leg = revolve(rounded([(0, 0, 0), (0.5, 0, 0.1), (0.55, 2.3, 0.1), (0, 2.3, 0)]))
    feet = [leg.turned("y", side * -18).moved(x=side * 4.2, z=0.13) for side in (-1, 1)]
    brass, ink = metal("#c59a4a", 0.05), gloss("#1a1a1a", 0.2)
    upright = [
        Part(mesh.turned("x", 90), surface)
        for mesh, surface in (
            (back, gloss("#2a2622", 0.3)),
            (face, gloss(dial("#20201e", "#f2ecdd"), 0.3)),
            *((hand, ink) for hand in hands),
            (pin, brass),
        )
    ]
    raised = [Part(part.mesh.moved(z=7.0), part.surface) for part in (*upright, Part(ring, brass))]
    return (*raised, *(Part(foot, brass) for foot in feet))


def _hand(length: float, width: float, degrees: float) -> Mesh:
    shape = np.array(
        [(-width / 2, -0.9), (width / 2, -0.9), (width / 4, length), (-width / 4, length)]
    )
    return extrude([dense(shape, 0.1)], 0.06, 0.015).turned("z", -degrees)


def speaker() -> tuple[Part, ...]:
    """A portable speaker in charcoal knit, with rubber ends and a leather loop."""
    knit, height = weave("#34373b", seed=60, threads=120, slub=0.2)
    tube = revolve(rounded([(0, -8.6, 0), (3.7, -8.6, 0.7), (3.7, 8.6, 0.7), (0, 8.6, 0)])).turned(
        "y", 90
    )
    ends = [
        revolve(
            rounded([(0, 0, 0), (3.8, 0, 0.4), (3.8, 1.0, 0.35), (2.9, 1.25, 0.2), (0, 1.1, 0)])
        )
        .turned("y", 90 * side)
        .moved(x=8.0 * side)
        for side in (-1, 1)
    ]
    rubber = gloss("#191a1b", 0.35, grainy(0.001, seed=3), 3)
    badge = Sheet(600, 200, "#b9b6ae").write(Line("ORBIT", 0.68, 0.46, "#1d1d1d", 0.3, bold=True))
    plate = extrude(
        [
            dense(
                rounded(
                    [(-1.7, -0.45, 0.2), (1.7, -0.45, 0.2), (1.7, 0.45, 0.2), (-1.7, 0.45, 0.2)],
                    closed=True,
                ),
                0.1,
            )
        ],
        0.08,
        0.02,
    )
    loop = sweep(
        curve(
            [
                (8.7, 0.0, 1.5),
                (10.0, -0.8, 1.0),
                (11.6, -2.6, -2.0),
                (11.4, -3.4, -3.3),
                (9.6, -2.6, -3.5),
                (8.9, -0.8, -1.5),
            ],
            60,
        ),
        0.32,
        flatten=0.5,
    )
    parts = (
        Part(tube.tiled(2.4, 2.0), cloth(knit, height * 0.8)),
        *(Part(end, rubber) for end in ends),
        Part(plate.turned("x", 90).moved(y=-3.66), gloss(badge.pixels(wear=0), 0.15)),
        Part(loop, gloss("#7a4a2a", 0.4)),
    )
    return tuple(Part(part.mesh.moved(z=3.8), part.surface) for part in parts)
