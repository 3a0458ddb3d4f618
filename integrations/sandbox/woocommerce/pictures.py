"""Image files on disk: what the bytes are, how large, and WordPress's thumbnails.

Pure file work with Pillow. It trusts bytes, never names, and takes unreadable images
as they are: the store serves what it has.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from .tables import Size

BIG_IMAGE = 2560
_SMALLEST_MASTER = 324
EXTENSIONS = {
    "image/jpeg": ("jpg", "jpeg", "jpe"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/avif": ("avif",),
    "image/bmp": ("bmp",),
    "image/tiff": ("tiff", "tif"),
    "image/x-icon": ("ico",),
}
_SIZES: dict[str, tuple[int, int, bool]] = {
    "medium": (300, 300, False),
    "large": (1024, 1024, False),
    "thumbnail": (150, 150, True),
    "medium_large": (768, 0, False),
    "1536x1536": (1536, 1536, False),
    "2048x2048": (2048, 2048, False),
    "woocommerce_thumbnail": (324, 324, True),
    "woocommerce_single": (416, 0, False),
    "woocommerce_gallery_thumbnail": (100, 100, True),
}
_FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
}


@dataclass(slots=True)
class Stored:
    """A file as it lies in the uploads folder; width and height are 0 where unreadable."""

    file: str
    mime_type: str
    width: int
    height: int
    filesize: int
    original_file: str = ""
    sizes: dict[str, Size] = field(default_factory=dict)


def sniff(data: bytes) -> str | None:
    """Return the image type the first bytes announce, None where they are no image."""
    starts = (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF8", "image/gif"),
        (b"BM", "image/bmp"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"\x00\x00\x01\x00", "image/x-icon"),
    )
    for start, kind in starts:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return None


def clean_name(name: str) -> str:
    """Make a file name as WordPress does: ASCII, dashes for blanks, no path."""
    base = unicodedata.normalize("NFKD", Path(name.replace("\\", "/")).name)
    plain = base.encode("ascii", "ignore").decode()
    dashed = re.sub(r"[\s_+]*[\s+][\s_+]*", "-", plain.strip())
    return re.sub(r"[^A-Za-z0-9._-]", "", dashed).strip(".-_") or "image"


def store(folder: Path, month: str, *, name: str, data: bytes, mime_type: str) -> Stored:
    """Write bytes under `folder/month` with a free name, then make the derived files."""
    target = folder / month
    target.mkdir(parents=True, exist_ok=True)
    stem, extension = _split(clean_name(name), mime_type)
    path = _free(target, stem, extension)
    path.write_bytes(data)
    stored = Stored(f"{month}/{path.name}", mime_type, 0, 0, len(data))
    try:
        with Image.open(io.BytesIO(data)) as image:
            _derive(stored, image, path)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        stored.sizes = {}
    return stored


def _split(name: str, mime_type: str) -> tuple[str, str]:
    stem, _, extension = name.rpartition(".")
    allowed = EXTENSIONS.get(mime_type, (extension.lower(),))
    if not stem:
        return name, allowed[0]
    return stem, extension if extension.lower() in allowed else allowed[0]


def _free(folder: Path, stem: str, extension: str) -> Path:
    path = folder / f"{stem}.{extension}"
    number = 0
    while path.exists() or list(folder.glob(f"{path.stem}-scaled.*")):
        number += 1
        path = folder / f"{stem}-{number}.{extension}"
    return path


def _derive(stored: Stored, image: Image.Image, path: Path) -> None:
    stored.width, stored.height = image.size
    turned = image.getexif().get(0x0112, 1) not in (0, 1)
    too_big = max(image.size) > BIG_IMAGE and stored.mime_type != "image/png"
    full = ImageOps.exif_transpose(image) if turned else image
    if turned or too_big:
        suffix = "scaled" if too_big else "rotated"
        full.thumbnail((BIG_IMAGE, BIG_IMAGE), reducing_gap=2.0)
        derived = path.with_name(f"{path.stem}-{suffix}{path.suffix}")
        _write(full, derived, stored.mime_type)
        stored.original_file = path.name
        stored.file = f"{path.parent.parent.name}/{path.parent.name}/{derived.name}"
        stored.width, stored.height = full.size
        stored.filesize = derived.stat().st_size
    stored.sizes = _thumbnails(full, path, stored.mime_type)


def _thumbnails(image: Image.Image, path: Path, mime_type: str) -> dict[str, Size]:
    if mime_type not in _FORMATS:
        return {}
    made: dict[str, Size] = {}
    masters = [image]
    for label, (width, height, crop) in sorted(_SIZES.items(), key=lambda item: -item[1][0]):
        size = _target(image.size, width, height, crop=crop)
        if size is None:
            continue
        small = path.with_name(f"{path.stem}-{size[0]}x{size[1]}{path.suffix}")
        if not small.exists():
            picture = _resized(masters[-1], size, crop=crop)
            _write(picture, small, mime_type)
            # Each size is made from the one above it: five times cheaper than from the full one.
            masters += [] if crop or min(picture.size) < _SMALLEST_MASTER else [picture]
        made[label] = Size(small.name, size[0], size[1], small.stat().st_size)
    return {label: made[label] for label in _SIZES if label in made}


def _target(
    size: tuple[int, int], width: int, height: int, *, crop: bool
) -> tuple[int, int] | None:
    wide, high = size
    if crop:
        box = (min(width, wide), min(height, high))
        return box if box != size else None
    scale = min(width / wide, (height / high) if height else width / wide)
    if scale >= 1:
        return None
    return max(1, round(wide * scale)), max(1, round(high * scale))


def _resized(image: Image.Image, size: tuple[int, int], *, crop: bool) -> Image.Image:
    if crop:
        return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.5)


def _write(image: Image.Image, path: Path, mime_type: str) -> None:
    image.save(path, _FORMATS[mime_type], quality=82)


def optimised(data: bytes) -> bytes:
    """Encode a picture again without its metadata; what is no picture stays as it is."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            kind = image.format or "JPEG"
            pixels = image.copy()
    except (UnidentifiedImageError, OSError):
        return data
    pixels.info.clear()
    out = io.BytesIO()
    pixels.save(out, kind, quality=82)
    return out.getvalue()
