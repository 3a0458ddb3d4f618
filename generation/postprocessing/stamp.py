"""A test key's pictures carry the word TEST across every file, so that none is ever sold with.

The quality report is of the picture before it is marked: a test tells what a live key would get.
"""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import replace
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from generation.provenance.xmp import read_digital_source_type, xmp_packet
from generation.spec import Output
from generation.types import EncodedFile, Finished

from .encode import encode
from .provenance import with_files

_WORD = "TEST"
_QUALITY = 90
# Of the diagonal; letters of this size reach over any product and leave the picture to be judged.
_SHARE = 0.75
_FILL, _EDGE = (200, 30, 40, 150), (255, 255, 255, 190)


def stamped(finished: Finished) -> Finished:
    """The same files with the mark over each, unsigned; the manifest says that it is a test."""
    source_type = str(finished.manifest["digital_source_type"])
    files = tuple(_stamp(file, source_type) for file in finished.files)
    manifest = {**finished.manifest, "test": True, "signed_by": None}
    return replace(finished, files=files, manifest=with_files(manifest, files, finished.refusals))


def _stamp(file: EncodedFile, source_type: str) -> EncodedFile:
    with Image.open(io.BytesIO(file.data), formats=(file.format.upper(),)) as picture:
        marked = _marked(picture)
    facts = {name: getattr(file, name) for name in ("name", "width", "height", "format")}
    output = Output.model_construct(**facts, quality=_QUALITY, max_bytes=None)
    marking = read_digital_source_type(file.data) or source_type
    data = encode(marked, output, xmp=xmp_packet(marking))
    return replace(file, data=data, sha256=hashlib.sha256(data).hexdigest())


def _marked(picture: Image.Image) -> Image.Image:
    mode = "RGBA" if "A" in picture.getbands() else "RGB"
    whole = Image.alpha_composite(picture.convert("RGBA"), _mark(picture.size))
    return whole.convert(mode)


@lru_cache(maxsize=2)
def _mark(size: tuple[int, int]) -> Image.Image:
    """The word along the diagonal, on nothing."""
    width, height = size
    side = math.ceil(math.hypot(width, height))
    font = ImageFont.load_default(round(side * _SHARE / 3))
    left, top, right, bottom = font.getbbox(_WORD)
    # Square and as large as the diagonal, so that turning cuts no letter off.
    layer = Image.new("RGBA", (side, side))
    ImageDraw.Draw(layer).text(
        ((side - left - right) / 2, (side - top - bottom) / 2),
        _WORD,
        font=font,
        fill=_FILL,
        stroke_width=max(side // 200, 1),
        stroke_fill=_EDGE,
    )
    turned = layer.rotate(math.degrees(math.atan2(height, width)), Image.Resampling.BICUBIC)
    x, y = (side - width) // 2, (side - height) // 2
    return turned.crop((x, y, x + width, y + height))
