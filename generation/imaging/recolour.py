"""Light on eight-bit pictures: tinting, shading, and bytes again without banding.

Everything multiplies linear light and is dithered before it is rounded, because the smooth
gradients of a studio backdrop show every step. A pixel that nothing touches keeps its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

from .color import to_linear

_Float = NDArray[np.float32]

_BAND_ROWS = 96
_TILE = 128
_STEPS = 65535


def tinted(
    rgb: Pixels,
    masks: Pixels,
    *,
    tints: Sequence[Sequence[float]],
    light: Sequence[float],
) -> Pixels:
    """Give a picture (uint8 H x W x 3 sRGB) with its materials and its light in other colours.

    ``masks`` is uint8 H x W x 3: channel i says how much of a pixel is material i. Linear light
    is multiplied by the product over i of (1 + mask_i * (tint_i - 1)), then by ``light``.
    """
    out = np.empty_like(rgb)
    shares = np.arange(256, dtype=np.float32)[:, None] / np.float32(255.0)
    tables = [1.0 + shares * (np.array(tint, dtype=np.float32) - 1.0) for tint in tints]
    lamp = np.array(light, dtype=np.float32)
    for rows in bands(rgb.shape[0]):
        lit = linear(rgb[rows]) * lamp
        for channel, table in enumerate(tables):
            share = masks[rows, :, channel]
            if share.any() and np.any(table != 1.0):
                lit *= table[share]
        out[rows] = dithered(lit, row=rows.start)
    return out


def linear(rgb: Pixels) -> _Float:
    """Give linear light 0..1 (float32 H x W x 3) for sRGB bytes, as fast as a table can."""
    return np.asarray(cv2.LUT(np.ascontiguousarray(rgb), _linear_table()), dtype=np.float32)


def dithered(light: _Float, *, row: int = 0, column: int = 0) -> Pixels:
    """Give sRGB bytes (uint8 H x W x 3) for linear light, clipped, with a fixed pattern of noise.

    The noise is under one step and depends on the pixel's place alone (``row`` and ``column``
    of the first one), so that equal inputs give equal bytes. Light of an exact byte gives that
    byte.
    """
    index = np.clip(light * np.float32(_STEPS) + np.float32(0.5), 0, _STEPS).astype(np.uint16)
    fine = _encode_table()[index]
    fine += _noise_at(light.shape, row, column)
    return np.asarray(fine >> 8, dtype=np.uint8)


def bands(height: int) -> list[slice]:
    """Cut a picture's rows into bands that fit the processor's cache."""
    return [slice(top, min(top + _BAND_ROWS, height)) for top in range(0, height, _BAND_ROWS)]


@cache
def _linear_table() -> _Float:
    return to_linear(np.arange(256, dtype=np.uint8)).reshape(256, 1)


@cache
def _encode_table() -> NDArray[np.uint16]:
    """Bytes in 8.8 fixed point for 16-bit linear light; IEC 61966-2-1."""
    light = np.arange(_STEPS + 1) / _STEPS
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    table = np.rint(curve * 255.0 * 256.0).astype(np.uint16)
    exact = np.arange(256)
    table[(to_linear(exact.astype(np.uint8)) * _STEPS + 0.5).astype(np.intp)] = exact * 256
    return table


@cache
def _noise() -> NDArray[np.uint16]:
    noise = np.random.default_rng(0).integers(0, 256, (_TILE, _TILE, 3), dtype=np.uint16)
    noise.setflags(write=False)
    return noise


def _noise_at(shape: tuple[int, ...], row: int, column: int) -> NDArray[np.uint16]:
    ys = (np.arange(shape[0]) + row) % _TILE
    repeats = -(-(shape[1] + _TILE) // _TILE)
    wide = np.tile(_noise()[ys], (1, repeats, 1))
    return wide[:, column % _TILE : column % _TILE + shape[1]]
