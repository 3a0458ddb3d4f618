"""What a picture's file says of itself before any pixel is decoded: its size, its frames, its end.

Pillow alone, and quick to import: the process that decodes starts with it, and the web process
looks no deeper.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from generation.imaging import signatures

_KNOWN_TO_PILLOW = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
FORMATS = (*_KNOWN_TO_PILLOW, "HEIF")
MAX_PIXELS = 50_000_000
MIN_SIDE, MAX_SIDE = 256, 12_000
MAX_ASPECT = 10


class RefusalError(Exception):
    """The picture breaks a rule; becomes `ImageRejected` in the parent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def refuse_broken(data: bytes) -> None:
    """Raise `RefusalError` for a file that cannot be a usable picture, as far as its header tells.

    HEIC is only known where pictures are decoded.
    """
    if signatures.recognise(data) is signatures.HEIF:
        return
    check_header(opened(data, _KNOWN_TO_PILLOW))
    if is_cut_short(data):
        raise truncated()


def check_header(image: Image.Image) -> list[str]:
    """Hold size and frames against the limits; what is to be noted. Raises `RefusalError`."""
    _check_size(image)
    return _check_frames(image)


def opened(data: bytes, formats: Sequence[str] = FORMATS) -> Image.Image:
    """Read the header, and no pixel; raises `RefusalError`."""
    try:
        return Image.open(io.BytesIO(data), formats=tuple(formats))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusalError("image_too_large_pixels", _TOO_MANY_PIXELS) from error
    except Exception as error:
        raise explain(error, data) from error


_TOO_MANY_PIXELS = (
    "This picture has more than 50 million pixels. Export it at 12,000 pixels a side and"
    " 50 megapixels at most and upload it again."
)


def _check_size(image: Image.Image) -> None:
    """Hold the announced size against the limits, before any pixel is decoded."""
    width, height = image.size
    size = f"This picture is {width} x {height} pixels"
    if width * height > MAX_PIXELS:
        raise RefusalError("image_too_large_pixels", _TOO_MANY_PIXELS)
    if max(width, height) > MAX_SIDE:
        raise RefusalError(
            "image_too_large_pixels",
            f"{size}; {MAX_SIDE:,} a side is the most. Make it smaller and upload it again.",
        )
    if min(width, height) < MIN_SIDE:
        raise RefusalError(
            "image_too_small",
            f"{size}; {MIN_SIDE} a side is the least. Use the original photo, not a thumbnail.",
        )
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise RefusalError(
            "image_too_small",
            f"{size}, more than {MAX_ASPECT} times longer than wide. Crop it to the product.",
        )


def _check_frames(image: Image.Image) -> list[str]:
    """Refuse moving pictures without walking through them."""
    if image.format == "MPO":
        # Many cameras add a large preview after the photo; the photo itself always comes first.
        return ["image_extra_pictures: Only the first of the pictures in this file is used."]
    if getattr(image, "is_animated", False):
        raise RefusalError(
            "image_animated",
            "This file holds several pictures (an animation or a burst). Save the one to be used"
            " as a JPEG or PNG and upload that.",
        )
    return []


def explain(error: Exception, data: bytes) -> RefusalError:
    """Put a decoder's exception into one of our codes."""
    if isinstance(error, MemoryError):
        return RefusalError(
            "image_bomb_suspected",
            "This file unpacks to far more data than a photo needs. Export it again as a plain"
            " JPEG or PNG.",
        )
    text = str(error).lower()
    if "too large" in text or "max_text" in text:
        return RefusalError(
            "image_bomb_suspected",
            "The notes stored inside this file unpack to an unreasonable size. Export the picture"
            " again without metadata.",
        )
    if "truncated" in text or is_cut_short(data):
        return truncated()
    return RefusalError(
        "image_unreadable",
        "This file is damaged or is not really a picture. Open it in an image editor, save it as"
        " JPEG or PNG and upload it again.",
    )


def truncated() -> RefusalError:
    """What is said of a file that ends too early."""
    return RefusalError(
        "image_truncated",
        "This file ends before the picture does, as after a broken upload. Upload it again from"
        " the original.",
    )


def is_cut_short(data: bytes) -> bool:
    """Tell whether the container promises more bytes than there are; tails after it are ignored."""
    if data[:4] == b"RIFF":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if data[4:8] == b"ftyp":
        return _walk(data, 0, overhead=0, last=b"")
    if data[:4] == b"\x89PNG":
        return _walk(data, 8, overhead=12, last=b"IEND")
    return data[:2] == b"\xff\xd8" and b"\xff\xd9" not in data[-65536:]


def _walk(data: bytes, at: int, *, overhead: int, last: bytes) -> bool:
    """Follow length-and-name blocks; true where one runs past the end or `last` never comes."""
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big") + overhead
        if last and data[at + 4 : at + 8] == last:
            return at + length > len(data)
        if length < 8:
            return False
        at += length
    return bool(last) or at > len(data)
