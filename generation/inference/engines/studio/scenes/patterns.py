"""Procedural surfaces of the scenes: plaster, veined and layered stone, terrazzo, water's light.

Colours are sRGB floats in 0..1, (n, n, 3), and tile; heights are world units, (n, n). What the
demo's photographs share is in the path tracer's own `textures`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from productviz.lib.pathtrace.shapes import Floats
from productviz.lib.pathtrace.textures import mixed, noise, tint


def layered(size: int, seed: int, *, coarse: float = 0.12, octaves: int = 5) -> Floats:
    """Cloudy noise of several octaves, (size, size), mean 0 and deviation near 1; `coarse` is the
    largest blur as a share of the size.
    """
    total = np.zeros((size, size))
    for octave in range(octaves):
        blur = max(size * coarse / 2**octave, 0.6)
        total += noise((size, size), (blur, blur), seed + octave) * 0.62**octave
    cloudy: Floats = total / total.std()
    return cloudy


def plaster(colour: str, *, seed: int, strength: float = 0.025, size: int = 1024) -> Floats:
    """Limewash: one colour with clouds in it."""
    shade = 1 + strength * layered(size, seed, coarse=0.09)
    return np.clip(tint(colour) * shade[..., None], 0, 1)


def veins(base: str, vein: str, *, seed: int, size: int = 2048) -> Floats:
    """White marble: grey clouds along few bold veins and many thin ones, all drifting one way."""
    cloud = layered(size, seed, coarse=0.10)
    warp = layered(size, seed + 20, coarse=0.09, octaves=7) * 0.022
    drift = noise((size, size), (size * 0.12, size * 0.12), seed + 70)
    y, x = np.mgrid[0:size, 0:size] / size
    share = np.clip(0.05 + 0.05 * cloud, 0, 0.3)
    for count, thick, weight in ((1, 0.022, 0.5), (2, 0.012, 0.34), (4, 0.007, 0.2)):
        phase = count * (x + y) + 0.16 * drift + count**0.5 * warp * 2.4 + 0.31 * count
        away = np.abs(np.sin(np.pi * phase))
        fade = np.clip(0.45 + 0.5 * np.roll(cloud, 311 * count, 0), 0.05, 1)
        share += weight * fade * (np.exp(-away / thick) + 0.45 * np.exp(-away / (9 * thick)))
    return mixed(tint(base), tint(vein), share)


def limestone(base: str, dark: str, *, seed: int, size: int = 1024) -> Floats:
    """Honed limestone: faint clouds, a fine grain and few small pits."""
    pits = np.clip(noise((size, size), (2.2, 3.4), seed + 2) - 2.3, 0, 1)
    share = (
        0.22 + 0.07 * layered(size, seed, coarse=0.06) + 0.06 * noise((size, size), (1, 1), seed)
    )
    return mixed(tint(base), tint(dark), np.clip(share, 0, 0.7) + 0.8 * pits)


def rings(light: str, dark: str, *, seed: int, count: float = 22.0, size: int = 1024) -> Floats:
    """A sawn trunk seen from above, its heart in the middle of the picture."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    away = np.hypot(x, y * 1.07) * (1 + 0.03 * layered(size, seed, coarse=0.2, octaves=2))
    phase = (away * count + 0.25 * noise((size, size), (40, 40), seed + 9)) % 1
    share = 0.15 + 0.4 * phase**2.5 + 0.05 * layered(size, seed + 3, octaves=6) + 0.2 * away**4
    return mixed(tint(light), tint(dark), share)


def terrazzo(
    ground: str, chips: Sequence[str], *, seed: int, size: int = 2048, share: float = 0.62
) -> Floats:
    """Stone chips of two sizes in a pale binder; `share` of the cells holds a chip."""
    picture = np.broadcast_to(tint(ground), (size, size, 3)) * (
        1 + 0.02 * layered(size, seed, octaves=6)[..., None]
    )
    for step, (cells, gap) in enumerate(((2600, 3.2), (330, 9.0))):
        picture = _chipped(picture, chips, cells=cells, gap=gap, seed=seed + step, share=share)
        share *= 0.55
    return np.clip(picture, 0, 1)


def _chipped(
    picture: Floats, chips: Sequence[str], *, cells: int, gap: float, seed: int, share: float
) -> Floats:
    size = picture.shape[0]
    rng = np.random.default_rng(seed)
    sites = rng.uniform(0, size, (cells, 2))
    kept = rng.uniform(size=cells) < share
    shrink = rng.uniform(1.0, 3.2, cells) * gap
    palette = np.array([tint(chip) for chip in chips])
    colour = palette[rng.integers(0, len(chips), cells)] * rng.uniform(0.9, 1.06, (cells, 1))
    rows, columns = np.mgrid[0:size, 0:size]
    grid = np.stack([rows.ravel(), columns.ravel()], axis=-1).astype(float)
    reach, near = cKDTree(sites, boxsize=size).query(grid, k=2)
    chip = near[:, 0]
    edge = (reach[:, 1] - reach[:, 0] - shrink[chip]) * kept[chip] - 9.0 * ~kept[chip]
    cover = np.clip(edge / 1.6 + 0.5, 0, 1).reshape(size, size)
    mottle = 1 + 0.03 * noise((size, size), (2, 2), seed + 5)[..., None]
    shown: Floats = colour[chip].reshape(size, size, 3) * mottle
    return mixed(picture, shown, cover)


def ripples(size: int, seed: int, *, blur: float = 0.03) -> Floats:
    """Small waves on shallow water, (size, size), deviation 1."""
    waves = noise((size, size), (size * blur, size * blur), seed)
    waves = waves + 0.35 * noise((size, size), (size * blur / 2.6,) * 2, seed + 1)
    return np.asarray(waves / waves.std(), dtype=np.float64)


def caustics(heights: Floats, *, depth: float, blur: float = 1.5) -> Floats:
    """Light that parallel rays throw on the ground through waves (mean 1): each pixel's ray is
    bent by the slope and lands `depth` pixels per unit slope away.
    """
    size = heights.shape[0]
    soft = gaussian_filter(heights, 2.0, mode="wrap")
    down, across = np.gradient(np.pad(soft, 1, mode="wrap"))
    fine = np.mgrid[0:size:0.5, 0:size:0.5]
    slopes = [
        map_coordinates(s[1:-1, 1:-1], fine, order=1, mode="grid-wrap") for s in (down, across)
    ]
    row, column = (
        (place + depth * slope).ravel() % size for place, slope in zip(fine, slopes, strict=True)
    )
    landed, _, _ = np.histogram2d(row, column, bins=size, range=[[0, size], [0, size]])
    light: Floats = gaussian_filter(landed, blur, mode="wrap")
    return np.asarray(light / light.mean(), dtype=np.float64)
