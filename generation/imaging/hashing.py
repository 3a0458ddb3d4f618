"""Fingerprints of pictures: exact ones of bytes and pixels, and a coarse one of what is seen."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np

from .pixels import Gray, Rgb, Upright

_DHASH_SIDE = 8


def digest(data: bytes) -> str:
    """Give the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def digest_pixels(image: Upright) -> str:
    """Give the SHA-256 of what a picture shows (size, colours, transparency), not of its file."""
    found = hashlib.sha256(f"{image.width}x{image.height}".encode())
    found.update(np.ascontiguousarray(image.rgb).data)
    if image.alpha is not None:
        found.update(np.ascontiguousarray(image.alpha).data)
    return found.hexdigest()


def difference_hash(rgb: Rgb) -> int:
    """Give the 64-bit difference hash of a picture: equal or close for re-encoded copies.

    One bit for each step from a cell to its right neighbour in an 8 x 9 grid of mean brightness.
    """
    gray: Gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    small = cv2.resize(gray, (_DHASH_SIDE + 1, _DHASH_SIDE), interpolation=cv2.INTER_AREA)
    brighter = (small[:, 1:] > small[:, :-1]).ravel()
    return int.from_bytes(np.packbits(brighter).tobytes(), "big")


def hamming(one: int, other: int) -> int:
    """Count the bits in which two difference hashes differ (0 to 64)."""
    return (one ^ other).bit_count()
