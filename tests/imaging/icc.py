"""Small matrix profiles (ICC version 2) built from primaries, for colour tests."""

from __future__ import annotations

import struct

import numpy as np

_D65 = np.array((0.3127, 0.3290))
_D50 = np.array((0.9642, 1.0, 0.8249))
_BRADFORD = np.array(
    ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
)

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))


def to_xyz(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
    """The 3 x 3 matrix from linear RGB to XYZ with white D65."""
    columns = np.array([_xyz(np.array(xy)) for xy in primaries]).T
    return columns * np.linalg.solve(columns, _xyz(_D65))


def matrix_profile(primaries: tuple[tuple[float, float], ...], gamma: float) -> bytes:
    """A display profile with a pure power curve."""
    cones = _BRADFORD @ _xyz(_D65), _BRADFORD @ _D50
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(cones[1] / cones[0]) @ _BRADFORD
    red, green, blue = (adapt @ to_xyz(primaries)).T
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    return _assemble(
        {
            b"desc": _description("test"),
            b"cprt": b"text\0\0\0\0none\0",
            b"wtpt": _xyz_tag(_D50),
            b"rXYZ": _xyz_tag(red),
            b"gXYZ": _xyz_tag(green),
            b"bXYZ": _xyz_tag(blue),
            b"rTRC": curve,
            b"gTRC": curve,
            b"bTRC": curve,
        }
    )


def _xyz(xy: np.ndarray) -> np.ndarray:
    return np.array((xy[0] / xy[1], 1.0, (1 - xy[0] - xy[1]) / xy[1]))


def _xyz_tag(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def _description(text: str) -> bytes:
    encoded = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(encoded)) + encoded + b"\0" * 78


def _assemble(tags: dict[bytes, bytes]) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        padded = data + b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += padded
    size = at + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    header += struct.pack(">3i", *(round(v * 65536) for v in _D50))
    return header.ljust(128, b"\0") + table + body
