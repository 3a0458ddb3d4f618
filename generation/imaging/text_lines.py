"""Lines of text in a picture: where they are, and what they say.

Prepares pictures for, and makes sense of, two networks of the PP-OCR family that the caller
has loaded. Nothing here decides whether a difference in text matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.types import Pixels

Floats: TypeAlias = "NDArray[np.float32]"
Network: TypeAlias = Callable[[Floats], Floats]
Quad: TypeAlias = "NDArray[np.float32]"
"""Four corners (x, y) in pixels: top left, top right, bottom right, bottom left of the text."""

# The finder halves its input five times.
_GRID = 32
_TEXT = 0.3
_LINE = 0.5
# Smaller than this, in pixels of the finder's picture, no letter can be told.
_LEAST_SIDE = 4.0
# The finder is trained on shrunken outlines: Liao, Wan, Yao, Chen, Bai, "Real-time scene text
# detection with differentiable binarization", AAAI 2020, section "Label generation".
_UNCLIP = 1.6
_LINE_HEIGHT = 48
_LEAST_WIDTH, _MOST_WIDTH = 48, 960
_STANDING = 1.5


@dataclass(frozen=True, slots=True)
class Reading:
    """What one line says, and the mean certainty of its letters, 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class TextReader:
    """The two networks: 1 x 3 x H x W to text's likelihood, N x 3 x 48 x W to letters'."""

    finder: Network
    reader: Network
    characters: tuple[str, ...] = field(repr=False)

    def find(self, rgb: Pixels, *, longest: int) -> tuple[Quad, ...]:
        """Give the lines in uint8 H x W x 3 sRGB, largest first, looked for at ``longest`` px."""
        height, width = rgb.shape[:2]
        shrink = min(1.0, longest / max(height, width))
        size = tuple(max(_GRID, round(side * shrink / _GRID) * _GRID) for side in (width, height))
        small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        likelihood = self.finder(_tensor(small)[None])[0, 0]
        back = np.array([width / size[0], height / size[1]], dtype=np.float32)
        quads = [quad * back for quad in _quads(likelihood)]
        return tuple(sorted(quads, key=cv2.contourArea, reverse=True))

    def read(self, rgb: Pixels, quads: Sequence[Quad]) -> tuple[Reading, ...]:
        """Read each line of uint8 H x W x 3 sRGB."""
        return tuple(self._read_one(rgb, quad) for quad in quads)

    def _read_one(self, rgb: Pixels, quad: Quad) -> Reading:
        # One at a time: neighbours in a batch would pad each other, and so change the reading.
        letters = self.reader(_tensor(_straightened(rgb, quad))[None])[0]
        return _decoded(letters, self.characters)


def _tensor(rgb: Pixels) -> Floats:
    """The networks were trained on blue, green, red from -1 to 1."""
    planes = rgb[..., ::-1].transpose(2, 0, 1).astype(np.float32)
    return np.ascontiguousarray(planes / np.float32(127.5) - np.float32(1.0))


def _quads(likelihood: Floats) -> list[Quad]:
    found, _ = cv2.findContours(
        (likelihood > _TEXT).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    quads = []
    for contour in (np.asarray(points, dtype=np.int32) for points in found):
        centre, (across, down), angle = cv2.minAreaRect(contour)
        if min(across, down) < _LEAST_SIDE or _mean_inside(likelihood, contour) < _LINE:
            continue
        grow = 2 * across * down * _UNCLIP / (2 * (across + down))
        corners = cv2.boxPoints((centre, (across + grow, down + grow), angle))
        quads.append(_from_top_left(np.asarray(corners, dtype=np.float32)))
    return quads


def _mean_inside(likelihood: Floats, contour: NDArray[np.int32]) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(mask, [contour - np.array([left, top], dtype=np.int32)], 1)
    part = np.ascontiguousarray(likelihood[top : top + height, left : left + width])
    return float(cv2.mean(part, mask)[0])


def _from_top_left(corners: Quad) -> Quad:
    """Order a rectangle's corners as `Quad`, along the direction in which text runs."""
    start = int(np.argmin(corners.sum(axis=1)))
    turned = np.roll(corners, -start, axis=0)
    if np.cross(np.append(turned[1] - turned[0], 0), np.append(turned[2] - turned[1], 0))[2] < 0:
        turned = turned[[0, 3, 2, 1]]
    return np.ascontiguousarray(turned)


def _straightened(rgb: Pixels, quad: Quad) -> Pixels:
    """Cut a line out of the picture, level and 48 pixels high; one that stands is laid down."""
    across = float(np.linalg.norm(quad[1] - quad[0]))
    down = float(np.linalg.norm(quad[3] - quad[0]))
    if down >= _STANDING * across:
        quad, across, down = np.roll(quad, -1, axis=0), down, across
    width = int(np.clip(round(_LINE_HEIGHT * across / max(down, 1.0)), _LEAST_WIDTH, _MOST_WIDTH))
    # Shrink in two steps: a perspective warp alone would alias.
    ratio = max(1.0, down / _LINE_HEIGHT)
    size = (round(width * ratio), round(_LINE_HEIGHT * ratio))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.ascontiguousarray(quad, dtype=np.float32), target)
    level = cv2.warpPerspective(
        rgb, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    shrunk = cv2.resize(level, (width, _LINE_HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, dtype=np.uint8)


def _decoded(letters: Floats, characters: tuple[str, ...]) -> Reading:
    """Take the likeliest letter at each step; repeats and blanks (0) are the network's pauses.

    Graves, Fernandez, Gomez, Schmidhuber, "Connectionist temporal classification", ICML 2006,
    section 3.2 (best path decoding).
    """
    best = letters.argmax(axis=1)
    is_new = np.append(True, best[1:] != best[:-1]) & (best != 0)
    if not is_new.any():
        return Reading("", 0.0)
    text = "".join(characters[index] for index in best[is_new])
    return Reading(text, float(letters.max(axis=1)[is_new].mean()))
