"""Is the text on a product still read in a picture that a model painted or changed?

Never rejects: a print may be turned away, or be what the instruction was about. A person looks,
and looks too where nobody could read.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from generation.imaging.text_lines import TextReader
from generation.types import Check, Item, Pixels

from .checks import judged, review_if, worst_of
from .evidence import Evidence
from .text import compare, is_same, letters, lines_on
from .thresholds import Thresholds

NOTHING_READ = -1.0
_FINDER_SIDE = 1088
# Letters that a model makes up are read with less certainty than real ones, but single signs are
# seen in grain and folds by the networks, too.
_LETTERING, _LEAST_LETTERS = 0.5, 2
# Where the product itself was painted, text that nobody read was not kept by anything else either.
_HELD_BY_TEXT = frozenset({"virtual_model", "edit"})


def check_kept_text(seen: Evidence, reader: TextReader | None, limits: Thresholds) -> Check:
    """Compare line by line, each where the photograph has it."""
    if reader is None:
        return _unread(seen, limits)
    found = [compare(seen.decoded.pixels, sight, reader) for sight in seen.sights]
    read, lost = sum(asked for asked, _ in found), [line for _, lines in found for line in lines]
    return _judged(read, lost, limits)


def check_worn_text(
    seen: Evidence, garments: tuple[Item, ...], reader: TextReader | None, limits: Thresholds
) -> Check:
    """Look for each garment's lines anywhere in the picture."""
    if reader is None:
        return _unread(seen, limits)
    shown = [text for text, _ in _read(np.ascontiguousarray(seen.decoded.pixels[..., :3]), reader)]
    return worst_of(_worn(item, shown, reader, limits) for item in garments)


def check_painted_lettering(
    seen: Evidence, reader: TextReader | None, limits: Thresholds
) -> Iterator[Check]:
    """Is there no lettering in what was painted around a product? Models write nonsense.

    Read on the ground alone, so the product's own text is no doubt.
    """
    ground = seen.rendered.ground
    if reader is None or ground is None:
        return
    found = [
        text
        for text, sure in _read(np.ascontiguousarray(ground), reader)
        if sure >= _LETTERING and len(letters(text)) >= _LEAST_LETTERS
    ]
    quoted = ", ".join(f"“{text}”" for text in found)
    yield judged(
        "painted_lettering",
        value=len(found),
        threshold=limits.painted_lettering,
        fails=review_if(len(found) > limits.painted_lettering),
        good="No lettering was painted around the product.",
        bad=f"Lettering was painted around the product: {quoted}. Look whether it may stay.",
    )


def _worn(item: Item, shown: list[str], reader: TextReader, limits: Thresholds) -> Check:
    wanted = lines_on(item.image.rgb, item.cutout.alpha, reader)
    lost = [f"“{line}”" for line in wanted if not any(is_same(one, line) for one in shown)]
    return _judged(len(wanted), lost, limits)


def _judged(read: int, lost: list[str], limits: Thresholds) -> Check:
    return judged(
        "painted_text",
        value=1.0 - len(lost) / read if read else NOTHING_READ,
        threshold=limits.text,
        fails=review_if(bool(lost)),
        good="The text on the product is as in the photo."
        if read
        else "There is no text on the product to compare.",
        bad=f"Text on the product was lost or changed: {', '.join(lost)}.",
    )


def _unread(seen: Evidence, limits: Thresholds) -> Check:
    said = "The text on the product was not checked: the networks that read it are missing."
    return judged(
        "painted_text",
        value=NOTHING_READ,
        threshold=limits.text,
        fails=review_if(seen.spec.kind in _HELD_BY_TEXT),
        good=said,
        bad=f"{said} Compare it with the photo.",
    )


def _read(rgb: Pixels, reader: TextReader) -> list[tuple[str, float]]:
    """What is read in a picture, with its certainty."""
    quads = reader.find(rgb, longest=_FINDER_SIDE)
    return [(line.text, line.confidence) for line in reader.read(rgb, quads)] if quads else []
