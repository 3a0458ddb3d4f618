"""Presets times products in one picture, made by the real stages 2 to 4 without a database.

For looking at an engine, a preset or a folder of photographs as a whole; nothing here runs in
production. `manage.py contact_sheet` calls it.
"""

from __future__ import annotations

import hashlib
import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from generation.imaging.pixels import ImageRejected
from generation.inference.engine import EngineUnavailable
from generation.inference.render import render
from generation.postprocessing.finish import finish
from generation.preprocessing.cutout import cut_out
from generation.preprocessing.decode import decode
from generation.preprocessing.goods import lies_flat
from generation.quality.verify import verify
from generation.spec import PresetSpec
from generation.types import EncodedFile, Item, Prepared, Verdict

GROUPS = frozenset({"group_shot", "flat_lay"})
GROUP_SIZE = 3
# Enough for one row with its groups; a photograph of 20 MP with its cut-out has 140 MB.
_KEPT = GROUP_SIZE + 1
# Verification's limits are for pictures of a shop's sizes, not for thumbnails.
_LEAST_SIDE = 600
_CAPTION = 34
_GAP = 8
_PAPER, _INK, _EMPTY = "#ffffff", "#333333", "#c9c9c9"
_CHECKED = ("#f0f0f0", "#d8d8d8")
_CHECK = 12
_MARKS = {
    Verdict.PASS: "#3c8d5a",
    Verdict.RETRY: "#c58a1c",
    Verdict.REVIEW: "#c58a1c",
    Verdict.REJECT: "#b83a32",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One preset's picture of one product, or the reason why there is none."""

    picture: Image.Image | None
    note: str
    mark: str


def cells(
    photos: Sequence[Path], presets: Mapping[str, PresetSpec], *, side: int
) -> Iterator[tuple[Path, str, Cell]]:
    """Make every cell, a photograph's presets one after the other; none stops the others.

    A group is made of the row's product and the next ones that can be used. ``side`` is that of
    a cell in pixels.
    """
    for number, photo in enumerate(photos):
        following = [*photos[number + 1 :], *photos[:number]]
        for name, spec in presets.items():
            others = following if spec.kind in GROUPS else ()
            yield photo, name, _cell(photo, others, spec, side)


def draw(rows: Mapping[str, Sequence[Cell]], columns: Sequence[str], *, side: int) -> Image.Image:
    """Draw the sheet: a row a product, a column a preset, with names and verdicts."""
    font = ImageFont.load_default(14)
    width = len(columns) * (side + _GAP) + _GAP
    height = _CAPTION + len(rows) * (side + _CAPTION + _GAP) + _GAP
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, name in enumerate(columns):
        left = _GAP + number * (side + _GAP)
        pen.text((left, 10), _short(name, side), fill=_INK, font=font)
    for line, (product, found) in enumerate(rows.items()):
        top = _CAPTION + line * (side + _CAPTION + _GAP)
        for number, cell in enumerate(found):
            at = (_GAP + number * (side + _GAP), top)
            sheet.paste(_tile(cell, side, font), at)
            said = cell.note if cell.picture else "no picture"
            caption = _short(f"{product}: {said}", side - 18)
            dot = top + side + 12
            pen.ellipse((at[0], dot, at[0] + 10, dot + 10), fill=cell.mark)
            pen.text((at[0] + 16, dot - 4), caption, fill=_INK, font=font)
    return sheet


def _cell(photo: Path, others: Sequence[Path], spec: PresetSpec, side: int) -> Cell:
    items = [_prepared(photo)]
    usable = (_prepared(other) for other in others)
    items += islice((item for item in usable if isinstance(item, Item)), GROUP_SIZE - 1)
    ready = [item for item in items if isinstance(item, Item)]
    if len(ready) < len(items):
        return _without(items[0])
    try:
        prepared = Prepared(tuple(ready))
        return _made(prepared, _at_size(spec, max(side, _LEAST_SIDE)), side)
    except Exception as fault:  # one photograph never stops the sheet
        return _without(fault)


def _without(fault: object) -> Cell:
    """Give the empty cell that says why."""
    if isinstance(fault, ImageRejected | EngineUnavailable):
        return Cell(None, fault.message, _EMPTY)
    return Cell(None, f"{type(fault).__name__}: {fault}", _MARKS[Verdict.REJECT])


def _made(prepared: Prepared, spec: PresetSpec, side: int) -> Cell:
    rendered = render(prepared, spec, 0)
    facts = {
        "sources": [item.source_sha256 for item in prepared.items],
        "cutout_model": prepared.cutout.model,
        "cutout_licence": "",
    }
    finished = finish(rendered, spec, facts)
    report = verify(prepared, rendered, finished, spec)
    failed = [check.name for check in report.checks if check.verdict is not Verdict.PASS]
    note = ", ".join([str(report.verdict), *failed])
    return Cell(_opened(finished.files[0], side), note, _MARKS[report.verdict])


@lru_cache(maxsize=_KEPT)
def _prepared(photo: Path) -> Item | Exception:
    """Decode and cut out; a fault is a result like any other, so that it costs its time once."""
    try:
        data = photo.read_bytes()
        image = decode(data, declared_type=photo.name)
        digest = hashlib.sha256(data).hexdigest()
        return Item(
            digest, image, cut_out(image), lies_flat=lies_flat(photo.stem.replace("-", " "))
        )
    except Exception as fault:  # one photograph never stops the sheet
        return fault


def _at_size(spec: PresetSpec, side: int) -> PresetSpec:
    """Ask for the main file alone, no larger than the sheet needs."""
    main = spec.main
    shrink = min(1.0, side / max(main.width, main.height))
    size = {"width": round(main.width * shrink), "height": round(main.height * shrink)}
    return spec.model_copy(update={"outputs": (main.model_copy(update=size),), "channels": ()})


def _opened(file: EncodedFile, side: int) -> Image.Image:
    with Image.open(io.BytesIO(file.data)) as image:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        if not image.has_transparency_data:
            return image.convert("RGB")
        checks = _checkered(image.size)
        checks.paste(image, mask=image.convert("RGBA").getchannel("A"))
        return checks


def _checkered(size: tuple[int, int]) -> Image.Image:
    board = Image.new("RGB", size, _CHECKED[0])
    pen = ImageDraw.Draw(board)
    for top in range(0, size[1], _CHECK):
        for left in range(top // _CHECK % 2 * _CHECK, size[0], 2 * _CHECK):
            pen.rectangle((left, top, left + _CHECK - 1, top + _CHECK - 1), fill=_CHECKED[1])
    return board


def _tile(cell: Cell, side: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Image.Image:
    tile = Image.new("RGB", (side, side), _PAPER if cell.picture else _EMPTY)
    if cell.picture is None:
        words = textwrap.fill(cell.note, max(12, side // 8))
        ImageDraw.Draw(tile).multiline_text((12, 12), words, fill=_INK, font=font)
        return tile
    width, height = cell.picture.size
    tile.paste(cell.picture, ((side - width) // 2, (side - height) // 2))
    return tile


def _short(text: str, width: int) -> str:
    return textwrap.shorten(text, max(8, width // 7), placeholder=" ...")
