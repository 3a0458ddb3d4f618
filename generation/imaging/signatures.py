"""What a file is, told from its first bytes; names and content types from outside are not believed.

Only used to choose the words of a refusal early. A file that passes here is still decoded
with a fixed list of formats in a process of its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A recognised file type: `name` for code, `phrase` for people ("a PDF document")."""

    name: str
    phrase: str
    is_picture: bool = False
    is_usable: bool = False


JPEG = Kind("JPEG", "a JPEG picture", is_picture=True, is_usable=True)
PNG = Kind("PNG", "a PNG picture", is_picture=True, is_usable=True)
GIF = Kind("GIF", "a GIF picture", is_picture=True, is_usable=True)
WEBP = Kind("WEBP", "a WebP picture", is_picture=True, is_usable=True)
AVIF = Kind("AVIF", "an AVIF picture", is_picture=True, is_usable=True)
HEIF = Kind("HEIF", "a HEIC picture", is_picture=True, is_usable=True)
SVG = Kind("SVG", "an SVG drawing", is_picture=True)
HTML = Kind("HTML", "a web page")
TEXT = Kind("TEXT", "a text file")
EMPTY = Kind("EMPTY", "empty")
UNKNOWN = Kind("UNKNOWN", "not a picture that can be recognised")

_TIFF = Kind("TIFF", "a TIFF or camera RAW file", is_picture=True)
_VIDEO = Kind("VIDEO", "a video")
_SIGNATURES: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (0, b"GIF87a", GIF),
    (0, b"GIF89a", GIF),
    (8, b"WEBP", WEBP),
    (0, b"II*\0", _TIFF),
    (0, b"MM\0*", _TIFF),
    (0, b"II+\0", _TIFF),
    (0, b"8BPS", Kind("PSD", "a Photoshop document", is_picture=True)),
    (0, b"BM", Kind("BMP", "a BMP picture", is_picture=True)),
    (0, b"\0\0\1\0", Kind("ICO", "an icon file", is_picture=True)),
    (0, b"\xff\x0a", Kind("JXL", "a JPEG XL picture", is_picture=True)),
    (4, b"JXL ", Kind("JXL", "a JPEG XL picture", is_picture=True)),
    (4, b"jP  ", Kind("JP2", "a JPEG 2000 picture", is_picture=True)),
    (128, b"DICM", Kind("DICOM", "a medical DICOM picture", is_picture=True)),
    (0, b"SIMPLE  =", Kind("FITS", "an astronomical FITS picture", is_picture=True)),
    (0, b"\xd7\xcd\xc6\x9a", Kind("WMF", "a WMF drawing", is_picture=True)),
    (0, b"%PDF", Kind("PDF", "a PDF document", is_picture=True)),
    (0, b"%!PS", Kind("EPS", "a PostScript drawing", is_picture=True)),
    (0, b"\xc5\xd0\xd3\xc6", Kind("EPS", "a PostScript drawing", is_picture=True)),
    (0, b"PK\3\4", Kind("ZIP", "a ZIP archive")),
    (0, b"\x1f\x8b", Kind("GZIP", "a compressed archive")),
    (0, b"7z\xbc\xaf", Kind("7Z", "a compressed archive")),
    (0, b"\x1aE\xdf\xa3", _VIDEO),
)
_BRANDS: dict[bytes, Kind] = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIF),
    **dict.fromkeys((b"isom", b"iso2", b"mp41", b"mp42", b"M4V ", b"qt  "), _VIDEO),
}
_HEAD = 1024


def recognise(data: bytes) -> Kind:
    """Name the type of a file from its first kilobyte."""
    head = data[:_HEAD]
    if not head:
        return EMPTY
    if head[4:8] == b"ftyp":
        return _container(head)
    for offset, magic, kind in _SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return kind
    return _text_kind(head)


def _container(head: bytes) -> Kind:
    """Tell AVIF from HEIC from video: a file may name the general brand first and its own later."""
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, _box_end(head), 4))]
    kinds = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    if AVIF in kinds:
        return AVIF
    return kinds[0] if kinds else UNKNOWN


def _box_end(head: bytes) -> int:
    return min(int.from_bytes(head[:4], "big"), len(head) - 3)


def _text_kind(head: bytes) -> Kind:
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in lowered:
        return SVG
    if lowered.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return HTML
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in two by the end of the sample is still text.
        if error.start < len(head) - 3:
            return UNKNOWN
    return UNKNOWN if b"\0" in head else TEXT
