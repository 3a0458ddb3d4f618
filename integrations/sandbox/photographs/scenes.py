"""Where a small merchant takes pictures: paper sweeps, desks, linen and window sills, and the
light there.

A `Stage` is what stands around the product; a `Room` is the light, painted as a panorama around
it. The
product stands at the origin on z = 0, the camera looks roughly along +y, lengths are centimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from productviz.lib.pathtrace import textures
from productviz.lib.pathtrace.materials import Part, Surface, cloth, gloss, matte
from productviz.lib.pathtrace.outlines import curve, rounded
from productviz.lib.pathtrace.shapes import Floats, Mesh, box, revolve, sheet, skin, sweep
from productviz.lib.pathtrace.textures import mottled, noise, planks

from .rooms import Room


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """The ground and the things in the background."""

    parts: tuple[Part, ...]
    room: Room


def paper_sweep(colour: str = "#eeece7", *, seed: int = 1, back: float = 22.0) -> tuple[Part, ...]:
    """A roll of paper pulled up behind the product, with the faint waves paper has."""
    flat = [(-75.0, 0.0, 0.0), (back, 0.0, 16.0), (back + 14, 85.0, 0.0)]
    line = rounded([(y, z, r) for y, z, r in flat])
    across = np.linspace(70, -70, 120)
    wave = np.interp(across, np.linspace(-70, 70, 80), noise((1, 80), (0.01, 6.0), seed)[0])
    rings = np.zeros((len(line), len(across), 3))
    rings[..., 0] = across
    rings[..., 1] = line[:, :1] + 0.35 * wave * (line[:, 1:] > 2)
    rings[..., 2] = line[:, 1:]
    skin_mesh = skin(rings, closed=False, capped=False).tiled(6, 6)
    shade = (
        mottled(colour, colour, seed=seed, size=256)
        * (1 + 0.008 * noise((256, 256), (2, 2), seed))[..., None]
    )
    return (
        Part(
            skin_mesh, matte(np.clip(shade, 0, 1), noise((512, 512), (1.5, 1.5), seed) * 0.0012, 3)
        ),
    )


def tabletop(surface: Surface, *, tile: float = 60.0, back: float = 34.0) -> tuple[Part, ...]:
    """A table from the photographer's edge to `back` cm behind the product, grain running left
    to right.
    """
    top = box((170, 110, 3), 0.4)
    flat = np.stack([top.vertices[:, 1] / tile, top.vertices[:, 0] / tile], axis=-1)
    mesh = Mesh(top.vertices, top.faces, flat)
    return (Part(mesh.moved(y=back - 55, z=-3), surface),)


def oak_desk(seed: int = 11) -> tuple[Part, ...]:
    """An oiled oak table."""
    texture = planks("#c69c6d", "#8a5f36", seed=seed, count=4)
    return tabletop(gloss(texture, 0.32, _grain_bump(texture, 0.010)))


def walnut_desk(seed: int = 23) -> tuple[Part, ...]:
    """A dark, satin table."""
    texture = planks("#7a5236", "#3d2616", seed=seed, count=5)
    return tabletop(gloss(texture, 0.26, _grain_bump(texture, 0.008)))


def pine_floor(seed: int = 31) -> tuple[Part, ...]:
    """Worn floorboards, for pictures taken from above."""
    texture = planks("#d8b98a", "#a87c4a", seed=seed, count=6)
    return tabletop(gloss(texture, 0.38, _grain_bump(texture, 0.012)), tile=75, back=55)


def laminate(colour: str = "#d9d6d0", seed: int = 5) -> tuple[Part, ...]:
    """A pale office desk."""
    texture = mottled(colour, "#cfcbc4", seed=seed, grain=2)
    return tabletop(gloss(texture, 0.22, textures.grainy(0.0006, seed=seed)), tile=40)


def marble_counter(seed: int = 41) -> tuple[Part, ...]:
    """A polished kitchen counter."""
    return tabletop(gloss(textures.marble("#e6e4e0", "#8d8f93", seed=seed), 0.08), tile=80)


def concrete(seed: int = 51, *, back: float = 26.0) -> tuple[Part, ...]:
    """A slab of grey cement."""
    texture = mottled("#a5a29c", "#86837d", seed=seed)
    return tabletop(matte(texture, textures.grainy(0.004, seed=seed)), tile=50, back=back)


def linen(
    colour: str = "#cbbfa9", *, seed: int = 61, folds: float = 0.9, clear: float = 9.0
) -> tuple[Part, ...]:
    """A creased cloth; within `clear` cm of the product it lies flat."""
    texture, height = textures.weave(colour, seed=seed, threads=96)
    waves = noise((256, 256), (16.0, 34.0), seed) + 0.45 * noise((256, 256), (30.0, 9.0), seed + 1)
    crease = np.exp(-np.abs(noise((256, 256), (26.0, 20.0), seed + 2)) / 0.12)
    field = folds * (np.clip(waves + 0.4, 0, None) * 0.55 + 0.35 * crease)

    def rise(x: Floats, y: Floats) -> Floats:
        row = np.clip((y / 130 + 0.5) * 255, 0, 255).astype(int)
        column = np.clip((x / 130 + 0.5) * 255, 0, 255).astype(int)
        near = np.clip((np.hypot(x, y) - clear) / 8, 0, 1)
        lifted: Floats = _smooth(field)[row, column] * near**2 * (3 - 2 * near)
        return lifted

    cloth_mesh = sheet(130, 130, cells=256, height=rise).tiled(130 / 9, 130 / 9)
    return (Part(cloth_mesh, cloth(texture, height)),)


def _smooth(field: Floats) -> Floats:
    steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    soft: Floats = np.mean([np.roll(field, step, (0, 1)) for step in steps], axis=0)
    return soft


def _grain_bump(texture: Floats, height: float) -> Floats:
    grey = texture.mean(axis=-1)
    bump: Floats = (grey - grey.mean()) * height * 2
    return bump


def wall(colour: str = "#dcd6cb", *, y: float = 60.0, seed: int = 3) -> tuple[Part, ...]:
    """A painted wall behind the table."""
    plaster = (
        mottled(colour, colour, seed=seed, size=256)
        * (1 + 0.012 * noise((256, 256), (30, 30), seed))[..., None]
    )
    mesh = sheet(400, 240, cells=2).turned("x", 90).moved(y=y, z=60)
    return (
        Part(mesh.tiled(4, 3), matte(np.clip(plaster, 0, 1), textures.grainy(0.004, seed=seed), 8)),
    )


def books(x: float, y: float, *, seed: int = 5) -> tuple[Part, ...]:
    """A short row of standing books, for the blur behind a product."""
    rng = np.random.default_rng(seed)
    covers = ("#2f4858", "#a23b3b", "#d9b44a", "#e8e0d0", "#4c5b3a", "#6b4a6e", "#c9c3b4")
    parts = []
    for index in rng.permutation(len(covers)):
        thick, tall = rng.uniform(1.6, 3.6), rng.uniform(17, 24)
        body = box((thick, 15, tall), 0.25, cells=2).moved(x=x + thick / 2, y=y)
        parts.append(Part(body, gloss(covers[index], 0.35)))
        x += thick + 0.15
    return tuple(parts)


def plant(x: float, y: float, *, seed: int = 9) -> tuple[Part, ...]:
    """A small potted plant, for the blur behind a product."""
    rng = np.random.default_rng(seed)
    pot = revolve(
        rounded([(0, 0, 0), (4.5, 0, 0.5), (6, 10, 0.3), (5.4, 10, 0.2), (5.2, 9, 0.1), (0, 9, 0)])
    )
    parts = [Part(pot.moved(x=x, y=y), matte("#b5694a"))]
    for index in range(26):
        turn, lean = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.8)
        length = rng.uniform(12, 20)
        out = np.array([np.cos(turn), np.sin(turn)])
        knots = [
            (0.0, 9.0),
            (lean * length * 0.4, 9 + length * 0.6),
            (lean * length, 9 + length * (1 - lean * 0.4)),
        ]
        flat = curve(knots, 14)
        path = np.concatenate([flat[:, :1] * out, flat[:, 1:]], axis=1)
        width = 1.3 * np.sin(np.linspace(0.15, np.pi - 0.05, 14)) + 0.05
        from_side = (-out[0], -out[1], 0.4)
        leaf = sweep(path, width, flatten=0.08, up=from_side, sides=16)
        parts.append(Part(leaf.moved(x=x, y=y), gloss("#4d6b35" if index % 3 else "#6d8a45", 0.3)))
    return tuple(parts)


def window_frame(x: float = -48.0, *, height: float = 70.0) -> tuple[Part, ...]:
    """A casement standing left of the table; its bars throw their shadow over it."""
    wood_white = gloss("#e9e6df", 0.25)
    posts = [box((4, 4, height), 0.3).moved(x=x, y=y) for y in (-30.0, 0.0, 30.0)]
    rails = [box((4, 64, 4), 0.3).moved(x=x, z=z) for z in (0.0, height / 2, height - 4)]
    return tuple(Part(body, wood_white) for body in posts + rails)
