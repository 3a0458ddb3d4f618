"""The plain name of a colour, for readers who know no hexadecimal numbers.

Without arrays: the web process asks too, and loads none.
"""

from __future__ import annotations

import math

_NAMES = {
    "white": (255, 255, 255),
    "warm white": (244, 240, 230),
    "cream": (245, 232, 200),
    "beige": (216, 196, 164),
    "sand": (194, 170, 130),
    "light grey": (205, 205, 205),
    "grey": (128, 128, 128),
    "charcoal": (58, 58, 60),
    "black": (12, 12, 12),
    "brown": (110, 72, 44),
    "terracotta": (196, 104, 72),
    "red": (200, 30, 36),
    "burgundy": (104, 22, 40),
    "pink": (240, 150, 176),
    "pale pink": (246, 214, 220),
    "orange": (238, 130, 32),
    "mustard": (206, 160, 42),
    "yellow": (246, 218, 60),
    "pale yellow": (250, 240, 180),
    "olive": (116, 118, 56),
    "sage green": (168, 184, 156),
    "green": (46, 140, 72),
    "dark green": (22, 66, 44),
    "mint": (184, 228, 208),
    "turquoise": (52, 180, 180),
    "light blue": (168, 206, 234),
    "blue": (38, 92, 196),
    "navy blue": (22, 34, 78),
    "lavender": (204, 192, 232),
    "purple": (112, 52, 148),
}
# sRGB to XYZ, each row over the white of D65 (IEC 61966-2-1).
_XYZ = (
    (0.412453 / 0.950456, 0.357580 / 0.950456, 0.180423 / 0.950456),
    (0.212671, 0.715160, 0.072169),
    (0.019334 / 1.088754, 0.119193 / 1.088754, 0.950227 / 1.088754),
)


def nearest_name(rgb: tuple[int, int, int]) -> str:
    """Give the name of the nearest of some thirty colours (sRGB bytes, by CIE 1976)."""
    lab = _lab(rgb)
    return min(_NAMES, key=lambda name: math.dist(_lab(_NAMES[name]), lab))


def _lab(rgb: tuple[int, int, int]) -> tuple[float, float, float]:
    light = [_linear(channel / 255) for channel in rgb]
    x, y, z = (_f(sum(map(math.prod, zip(row, light, strict=True)))) for row in _XYZ)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(value: float) -> float:
    return float(((value + 0.055) / 1.055) ** 2.4) if value > 0.04045 else value / 12.92


def _f(value: float) -> float:
    return math.cbrt(value) if value > 0.008856 else 7.787 * value + 16 / 116
