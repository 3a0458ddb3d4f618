"""The plain name of a colour, for readers who know no hexadecimal numbers."""

from __future__ import annotations

import numpy as np

from .color import to_lab

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
_LABS = to_lab(np.array([list(_NAMES.values())], dtype=np.uint8))[0]


def nearest_name(rgb: tuple[int, int, int]) -> str:
    """Give the name of the nearest of some thirty colours (sRGB bytes, by CIE 1976)."""
    lab = to_lab(np.array([[rgb]], dtype=np.uint8))[0, 0]
    return list(_NAMES)[int(np.linalg.norm(_LABS - lab, axis=1).argmin())]
