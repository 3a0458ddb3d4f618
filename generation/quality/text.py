"""Is every word that was read in the photograph still read in the finished file?

The networks are the caller's (`generation.reading`); without them the report says that nothing
was checked. Letters that the picture shows too small to be read are not asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2
import numpy as np

from generation.imaging.geometry import Region, product_box, region_around
from generation.imaging.text_lines import Quad, TextReader
from generation.types import Check, Item, Pixels, Transform

from .checks import judged, reject_if
from .evidence import Evidence, Sight
from .thresholds import Thresholds

NOT_CHECKED = -1.0

# The finder misses nothing legible at this size on the demo catalog, at half the time of 960 px.
_FINDER_SIDE = 736
# Readings below this are guesses: texture, ornaments, letters cut in half.
_SURE = 0.8
_LEAST_LETTERS = 2
# In long lines of small print a letter or two waver with the encoder (seen: "EXTBA" for "EXTRA" in
# a file that equals its photograph); brands and names are short and are held to the letter. One
# letter that was changed in a long line fails the check of local detail instead.
_LONG_LINE = 12
_LIKE_ENOUGH = 0.85
# The largest lines are the brand's and the product's name; small print costs as much to read.
_MOST_LINES = 8
_VISIBLE_ALPHA, _VISIBLE_SHARE = 250, 0.97
# Photographs whose lines are remembered; a catalog run makes several pictures of each.
_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text in a source photograph's pixels."""

    quad: Quad
    text: str


_lines_of: OrderedDict[tuple[str, Region], tuple[_Line, ...]] = OrderedDict()


def check_text(seen: Evidence, reader: TextReader | None, limits: Thresholds) -> Iterator[Check]:
    """Compare the text on every locked product with its photograph's."""
    if reader is None:
        yield judged(
            "text",
            value=NOT_CHECKED,
            threshold=limits.text,
            fails=None,
            good="The text on the product was not checked: the networks that read it are missing.",
            bad="",
        )
        return
    read, lost = 0, []
    for sight in seen.locked:
        asked, missing = compare(seen.decoded.pixels, sight, reader)
        read += asked
        lost += missing
    share = 1.0 - len(lost) / read if read else 1.0
    yield judged(
        "text",
        value=share,
        threshold=limits.text,
        fails=reject_if(share < limits.text),
        good=f"All {read} lines of text are as in the photo." if read > 1 else _one_or_none(read),
        bad=f"Text on the product was lost or changed: {', '.join(lost)}. Start the picture again.",
    )


def _one_or_none(read: int) -> str:
    return "The text is as in the photo." if read else "There is no text on the product to compare."


def compare(pixels: Pixels, sight: Sight, reader: TextReader) -> tuple[int, list[str]]:
    """Count the lines that can be compared, and quote those that changed."""
    rgb = np.ascontiguousarray(pixels[..., :3])
    lines = [line for line in _known_lines(sight.item, sight, reader) if _is_visible(line, sight)]
    moved = [_moved(line.quad, sight.placed.transform) for line in lines]
    asked, lost = 0, []
    for line, quad, found in zip(lines, moved, reader.read(rgb, moved), strict=True):
        if is_same(found.text, line.text):
            asked += 1
        elif _is_readable(line, quad, sight, reader):
            asked += 1
            lost.append(f"“{line.text}”")
    return asked, lost


def is_same(found: str, known: str) -> bool:
    """Whether a reading is the known line: to the letter, but for a few in a long one."""
    one, other = letters(found), letters(known)
    if one == other or len(other) < _LONG_LINE:
        return one == other
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _LIKE_ENOUGH


def _is_readable(line: _Line, quad: Quad, sight: Sight, reader: TextReader) -> bool:
    """Whether the untouched photograph, at the picture's own size, would have been read."""
    here = quad - np.array([sight.region.left, sight.region.top], dtype=np.float32)
    best = reader.read(sight.expected, [here])[0]
    return best.confidence >= _SURE and letters(best.text) == letters(line.text)


def lines_on(rgb: Pixels, alpha: Pixels, reader: TextReader) -> tuple[str, ...]:
    """What can be read on a product (uint8 alpha) in its photograph, the largest lines first."""
    height, width = alpha.shape
    region = region_around(product_box(alpha), pad=0, width=width, height=height)
    return tuple(line.text for line in _lines_in(rgb, region, reader))


def _known_lines(item: Item, sight: Sight, reader: TextReader) -> tuple[_Line, ...]:
    height, width = item.cutout.alpha.shape
    region = region_around(sight.source_box, pad=0, width=width, height=height)
    key = (item.source_sha256, region)
    if key not in _lines_of:
        _lines_of[key] = _lines_in(item.image.rgb, region, reader)
        if len(_lines_of) > _REMEMBERED:
            _lines_of.popitem(last=False)
    return _lines_of[key]


def _lines_in(rgb: Pixels, region: Region, reader: TextReader) -> tuple[_Line, ...]:
    part = np.ascontiguousarray(rgb[region.slices])
    quads = reader.find(part, longest=_FINDER_SIDE)[:_MOST_LINES]
    corner = np.array([region.left, region.top], dtype=np.float32)
    return tuple(
        _Line(quad + corner, found.text)
        for quad, found in zip(quads, reader.read(part, quads), strict=True)
        if found.confidence >= _SURE and len(letters(found.text)) >= _LEAST_LETTERS
    )


def _is_visible(line: _Line, sight: Sight) -> bool:
    """Whether the line lies on the solid product, and no other product hides it."""
    quad = _moved(line.quad, sight.placed.transform)
    quad = quad - np.array([sight.region.left, sight.region.top], dtype=np.float32)
    mask = np.zeros(sight.visible.shape, dtype=np.uint8)
    cv2.fillPoly(mask, [np.rint(quad).astype(np.int32)], 1)
    chosen = sight.visible[mask > 0]
    return bool(chosen.size and (chosen >= _VISIBLE_ALPHA).mean() >= _VISIBLE_SHARE)


def _moved(quad: Quad, transform: Transform) -> Quad:
    shift = np.array([transform.dx, transform.dy], dtype=np.float32)
    return np.asarray(quad * np.float32(transform.scale) + shift, dtype=np.float32)


def letters(text: str) -> str:
    """What counts: letters and digits. Case, spaces and marks are where readings waver."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())
