"""The product's own colour in half-transparent pixels, freed from the ground it was shot on.

Multi-level estimation after Germer, Uelwer, Conrad and Harmeling, "Fast multi-level foreground
estimation" (2020), worked out on the soft pixels only: everywhere else the answer is known.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Gray, Mask, Plane, Rgb
from .resample import sample_at

# The paper's weights: neighbours count by their difference in alpha, and a little anyway.
_SMOOTHNESS = 1e-5
_GRADIENT_WEIGHT = 1.0
_COARSE_SIDE = 48
_COARSE_ITERATIONS = 24
_FINE_ITERATIONS = 3
# How far the coarse colours may move when the full-size picture is matched.
_TRANSFER_WEIGHT = 0.1
_PIXELS_AT_ONCE = 1_000_000

Colors = NDArray[np.float32]


def estimate_colors(rgb: Rgb, alpha: Plane) -> tuple[Colors, Colors]:
    """Give object and ground colours (float32 H x W x 3, 0..1) so that rgb = mix(object, ground).

    `alpha` is float32 H x W, 0..1. Each is exact where it is seen alone and spread onwards
    from there.
    """
    image = rgb.astype(np.float32) / 255.0
    levels = _pyramid(image, alpha)
    front = back = levels[0][0]
    for number, (pixels, cover) in enumerate(levels):
        front, back = _fit(front, cover), _fit(back, cover)
        soft = np.ones(cover.shape, bool) if number == 0 else _soft(cover)
        rounds = _COARSE_ITERATIONS if number == 0 else _FINE_ITERATIONS
        _relax(pixels, cover, front, back, soft, rounds=rounds)
        np.copyto(front, pixels, where=(cover >= 1.0)[..., None])
        np.copyto(back, pixels, where=(cover <= 0.0)[..., None])
    return front, back


def transfer_foreground(rgb: Rgb, alpha: Gray, front: Colors, back: Colors) -> Rgb:
    """Give the foreground (uint8 H x W x 3) of a full-size picture from colours of a smaller one.

    Where alpha is 0 or 255 the pixels are the source's own, unchanged. In soft pixels the small
    colours are moved just enough to explain the pixel; the minimum of
    |a F + (1-a) B - I|^2 + w (|F - F0|^2 + |B - B0|^2) has this closed form.
    """
    result = rgb.copy()
    soft = np.flatnonzero((alpha > 0) & (alpha < 255))
    for part in np.array_split(soft, len(soft) // _PIXELS_AT_ONCE + 1):
        y, x = np.divmod(part, alpha.shape[1])
        cover = (alpha[y, x, None] / 255.0).astype(np.float32)
        first, second = (sample_at(plane, y, x, alpha.shape) for plane in (front, back))
        error = rgb[y, x] / np.float32(255.0) - cover * first - (1.0 - cover) * second
        share = cover / (cover**2 + (1.0 - cover) ** 2 + _TRANSFER_WEIGHT)
        result[y, x] = _to_bytes(first + share * error)
    return result


def _to_bytes(colors: Colors) -> NDArray[np.uint8]:
    return (np.clip(colors, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def _pyramid(image: Colors, alpha: Plane) -> list[tuple[Colors, Plane]]:
    """Give levels from coarse to fine; skipping keeps a pixel's colour and alpha together."""
    levels = [(image, alpha)]
    while max(levels[-1][1].shape) > _COARSE_SIDE:
        pixels, cover = levels[-1]
        levels.append((pixels[::2, ::2], cover[::2, ::2]))
    return levels[::-1]


def _fit(colors: Colors, like: Plane) -> Colors:
    size = (like.shape[1], like.shape[0])
    return cast("Colors", cv2.resize(colors, size, interpolation=cv2.INTER_LINEAR)).copy()


def _soft(alpha: Plane) -> Mask:
    partly = ((alpha > 0.0) & (alpha < 1.0)).astype(np.uint8)
    return cv2.dilate(partly, np.ones((3, 3), np.uint8)).astype(bool)


def _relax(
    pixels: Colors, alpha: Plane, front: Colors, back: Colors, where: Mask, *, rounds: int
) -> None:
    """Improve both colours in place at the marked pixels, all at once, `rounds` times."""
    y, x = np.nonzero(where)
    height, width = alpha.shape
    here = alpha[y, x]
    neighbours = [
        (np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1))
        for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1))
    ]
    weights = [_SMOOTHNESS + _GRADIENT_WEIGHT * np.abs(here - alpha[at]) for at in neighbours]
    total = np.sum(weights, axis=0)
    through = here * (1.0 - here)
    of_front, of_back = here**2 + total, (1.0 - here) ** 2 + total
    scale = (1.0 / (of_front * of_back - through**2))[:, None]
    of_front, of_back, through = of_front[:, None], of_back[:, None], through[:, None]
    color = pixels[y, x]
    for _ in range(rounds):
        pull_front = here[:, None] * color
        pull_back = color - pull_front
        for weight, at in zip(weights, neighbours, strict=True):
            pull_front = pull_front + weight[:, None] * front[at]
            pull_back = pull_back + weight[:, None] * back[at]
        front[y, x] = np.clip((of_back * pull_front - through * pull_back) * scale, 0.0, 1.0)
        back[y, x] = np.clip((of_front * pull_back - through * pull_front) * scale, 0.0, 1.0)
