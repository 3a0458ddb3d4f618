"""Is the text on a product still read in a picture that a model painted or changed?

Never rejects: a print may be turned away, or be what the instruction was about. A person looks.
"""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np

from generation.imaging.text_lines import TextReader
from generation.types import Check, Pixels

from .checks import judged, review_if
from .evidence import Evidence
from .text import compare, letters, lines_on
from .thresholds import Thresholds

NOTHING_READ = -1.0
# Folds and a turn of the body waver letters; a slogan of which less is read is another one.
_LIKE_ENOUGH = 0.7
_FINDER_SIDE = 1088


def check_kept_text(seen: Evidence, reader: TextReader | None, limits: Thresholds) -> Check:
    """Compare line by line, each where the photograph has it."""
    if reader is None:
        return _judged(0, [], reader, limits)
    found = [compare(seen.decoded.pixels, sight, reader) for sight in seen.sights]
    read, lost = sum(asked for asked, _ in found), [line for _, lines in found for line in lines]
    return _judged(read, lost, reader, limits)


def check_worn_text(seen: Evidence, reader: TextReader | None, limits: Thresholds) -> Check:
    """Look for the garment's lines anywhere in the picture."""
    if reader is None:
        return _judged(0, [], reader, limits)
    item = seen.prepared.items[0]
    wanted = lines_on(item.image.rgb, item.cutout.alpha, reader)
    found = _read(np.ascontiguousarray(seen.decoded.pixels[..., :3]), reader) if wanted else []
    lost = [f"“{line}”" for line in wanted if not _is_among(line, found)]
    return _judged(len(wanted), lost, reader, limits)


def _judged(read: int, lost: list[str], reader: TextReader | None, limits: Thresholds) -> Check:
    share = 1.0 - len(lost) / read if read else NOTHING_READ
    unread = (
        "There is no text on the product to compare."
        if reader
        else "The text on the product was not checked: the networks that read it are missing."
    )
    return judged(
        "painted_text",
        value=share,
        threshold=limits.text,
        fails=review_if(bool(lost)),
        good="The text on the product is as in the photo." if read else unread,
        bad=f"Text on the product was lost or changed: {', '.join(lost)}.",
    )


def _read(rgb: Pixels, reader: TextReader) -> list[str]:
    quads = reader.find(rgb, longest=_FINDER_SIDE)
    return [letters(line.text) for line in reader.read(rgb, quads)] if quads else []


def _is_among(line: str, found: list[str]) -> bool:
    wanted = letters(line)
    return any(
        SequenceMatcher(None, one, wanted, autojunk=False).ratio() >= _LIKE_ENOUGH for one in found
    )
