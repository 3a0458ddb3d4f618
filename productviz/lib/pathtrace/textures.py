"""Procedural surfaces: wood, cloth, stone, glaze and metal as bitmaps with their bump heights.

Colours are sRGB floats in 0..1, (h, w, 3); heights are centimetres, (h, w). All of them tile. No
files are read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Colour = Sequence[float]


def tint(hexa: str) -> Floats:
    """ "#rrggbb" as sRGB floats, (3,)."""
    return np.array([int(hexa[index : index + 2], 16) for index in (1, 3, 5)]) / 255


def noise(shape: tuple[int, int], blur: tuple[float, float], seed: int) -> Floats:
    """Tileable Gaussian noise with mean 0 and deviation 1; `blur` is the deviation in pixels
    down and across.
    """
    white = np.random.default_rng(seed).standard_normal(shape)
    down, across = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    filt = np.exp(-2 * np.pi**2 * ((blur[0] * down) ** 2 + (blur[1] * across) ** 2))
    filt[0, 0] = 0.0
    soft = np.fft.irfft2(np.fft.rfft2(white) * filt, s=shape)
    result: Floats = soft / max(float(soft.std()), 1e-9)
    return result


def mixed(first: Colour | Floats, second: Colour | Floats, share: Floats) -> Floats:
    """From the first colour (share 0) to the second (share 1), (h, w, 3)."""
    weight = np.clip(share, 0, 1)[..., None]
    return np.asarray(first) * (1 - weight) + np.asarray(second) * weight


def wood(light: str, dark: str, *, seed: int, rings: float = 9.0, size: int = 1024) -> Floats:
    """Plain-sawn boards with the grain running down the picture."""
    y, x = np.mgrid[0:size, 0:size] / size
    drift = noise((size, size), (size / 4, size / 18), seed)
    heart = np.abs(np.sin(np.pi * (x - 0.2 - 0.05 * np.sin(2 * np.pi * y)))) * rings
    phase = (heart + 0.35 * drift) % 1.0
    late = np.where(phase < 0.78, (phase / 0.78) ** 2.2, (1 - phase) / 0.22)
    fibre = noise((size, size), (30.0, 0.8), seed + 1)
    pores = np.clip(noise((size, size), (9.0, 0.7), seed + 2) - 1.5, 0, 1)
    share = 0.18 + 0.45 * late + 0.10 * fibre + 0.5 * pores
    share += 0.12 * noise((size, size), (size / 3, size / 6), seed + 3)
    return mixed(tint(light), tint(dark), share)


def planks(light: str, dark: str, *, seed: int, count: int = 5, size: int = 1024) -> Floats:
    """Boards side by side, each from another part of the tree, with a dark gap between."""
    rng = np.random.default_rng(seed)
    wide = size // count
    boards = []
    for index in range(count):
        grain = wood(light, dark, seed=seed + 10 * index, size=size)
        start = int(rng.integers(0, size - wide))
        board = np.roll(grain, int(rng.integers(0, size)), axis=0)[:, start : start + wide]
        board = board * rng.uniform(0.86, 1.06)
        board[:, :2] *= 0.35
        boards.append(board)
    return np.clip(np.concatenate(boards, axis=1), 0, 1)


def weave(
    colour: str, *, seed: int, threads: int = 64, size: int = 1024, slub: float = 0.16
) -> tuple[Floats, Floats]:
    """Plain weave with uneven threads: colour and height (up to 0.02 cm when one tile is 8 cm)."""
    y, x = np.mgrid[0:size, 0:size] / size * threads
    bend = 0.12 * noise((size, size), (12.0, 12.0), seed)
    x, y = x + bend, y + np.roll(bend, size // 3, axis=1)
    over = (np.floor(x) + np.floor(y)) % 2
    warp, weft = np.sin(np.pi * (x % 1)), np.sin(np.pi * (y % 1))
    bow_x, bow_y = np.sin(np.pi * (y % 1)), np.sin(np.pi * (x % 1))
    height = np.where(over > 0, warp * (0.45 + 0.55 * bow_x), weft * (0.45 + 0.55 * bow_y))
    rng = np.random.default_rng(seed + 1)
    tone_x, tone_y = (rng.standard_normal(threads + 2) for _ in range(2))
    column, row = np.floor(x).astype(int) % threads, np.floor(y).astype(int) % threads
    tone = np.where(over > 0, tone_x[column], tone_y[row])
    streak = np.where(
        over > 0,
        noise((size, size), (40.0, 1.5), seed + 2),
        noise((size, size), (1.5, 40.0), seed + 3),
    )
    shade = 0.72 + 0.30 * height + slub * 0.4 * tone + slub * 0.5 * streak
    return np.clip(tint(colour) * shade[..., None], 0, 1), height * 0.02


def speckled(base: str, spot: str, *, seed: int, amount: float = 2.35, size: int = 1024) -> Floats:
    """A stoneware glaze: soft clouds and iron spots of two sizes."""
    cloud = 0.5 + 0.12 * noise((size, size), (50.0, 50.0), seed)
    fine = np.clip(4 * (noise((size, size), (1.3, 1.3), seed + 1) - amount), 0, 1)
    coarse = np.clip(3 * (noise((size, size), (3.2, 3.2), seed + 2) - amount - 0.35), 0, 1)
    ground = mixed(tint(base) * 0.94, np.minimum(tint(base) * 1.05, 1), cloud)
    return mixed(ground, tint(spot), np.maximum(fine * 0.75, coarse * 0.9)[...])


def mottled(base: str, other: str, *, seed: int, grain: float = 6.0, size: int = 1024) -> Floats:
    """Concrete, plaster, kraft paper: clouds at several scales and a fine grain."""
    share = np.full((size, size), 0.5)
    for step, (blur, weight) in enumerate([(120, 0.16), (40, 0.12), (grain, 0.08), (1.0, 0.07)]):
        share = share + weight * noise((size, size), (blur, blur), seed + step)
    return mixed(tint(base), tint(other), share)


def marble(base: str, vein: str, *, seed: int, size: int = 1024) -> Floats:
    """Polished stone with thin, drifting veins."""
    ground = mottled(base, vein, seed=seed, size=size) * 0.35 + tint(base) * 0.65
    field = noise((size, size), (70.0, 110.0), seed + 5) + 0.25 * noise(
        (size, size), (14, 20), seed + 6
    )
    line = np.exp(-((field / 0.06) ** 2)) + 0.4 * np.exp(-(((field - 0.7) / 0.03) ** 2))
    strength = np.clip(0.5 + 0.5 * noise((size, size), (90.0, 90.0), seed + 7), 0, 1)
    return mixed(ground, tint(vein), 0.75 * line * strength)


def grainy(height: float, *, seed: int, blur: float = 2.0, size: int = 512) -> Floats:
    """Bump heights (cm) of a skin that is not quite smooth: powder coat, paper, matt glaze."""
    return noise((size, size), (blur, blur), seed) * height


def brushed(height: float, *, seed: int, size: int = 512) -> Floats:
    """Bump heights (cm) of metal or wood with lines running across the picture."""
    return noise((size, size), (0.8, 60.0), seed) * height


def wrinkles(height: float, *, seed: int, blur: float = 40.0, size: int = 512) -> Floats:
    """Bump heights (cm) of paper or foil that was handled: creases along the zero lines of a
    noise.
    """
    first, second = (noise((size, size), (blur, blur), seed + i) for i in range(2))
    ridge = np.exp(-np.abs(first) / 0.18) - 0.6 * np.exp(-np.abs(second) / 0.25)
    return (ridge + 0.4 * noise((size, size), (blur / 4, blur / 4), seed + 2)) * height
