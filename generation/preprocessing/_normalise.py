"""One untrusted file to upright eight-bit sRGB, by Pillow alone.

Runs in the process of `_decode_child.py` and nowhere else: the checks here assume its limits.
Imports nothing of this project that would slow the start of that process.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field

import pillow_heif
from PIL import (  # noqa: F401 -- a format is only known once its plugin is imported
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF"]
MAX_PIXELS = 50_000_000
MIN_SIDE, MAX_SIDE = 256, 12_000
MAX_ASPECT = 10
MAX_PROFILE_BYTES = 4 << 20

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


class RefusalError(Exception):
    """The picture breaks a rule; becomes `ImageRejected` in the parent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class Decoded:
    """The answer: three-channel pixels, transparency where there is any, and what was noticed."""

    rgb: Image.Image
    alpha: Image.Image | None
    format: str
    warnings: list[str] = field(default_factory=list)


def decode(data: bytes) -> Decoded:
    """Decode one file to upright eight-bit sRGB; raises `RefusalError`."""
    image = _open(data)
    _check_header(image)
    notes = _check_frames(image)
    _load(image, data)
    turned = _upright(image)
    base, alpha = _separate(turned)
    rgb = _to_srgb(base, image.info.get("icc_profile"), notes)
    alpha = _useful_alpha(alpha)
    if alpha is not None:
        rgb.paste((255, 255, 255), mask=alpha.point([255] + [0] * 255))
    return Decoded(rgb, alpha, "JPEG" if image.format == "MPO" else str(image.format), notes)


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusalError("image_too_large_pixels", _TOO_MANY_PIXELS) from error
    except Exception as error:
        raise explain(error, data) from error


_TOO_MANY_PIXELS = (
    "This picture has more than 50 million pixels. Export it at 12,000 pixels a side and"
    " 50 megapixels at most and upload it again."
)


def _check_header(image: Image.Image) -> None:
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


def _load(image: Image.Image, data: bytes) -> None:
    try:
        image.load()
    except Exception as error:
        raise explain(error, data) from error
    if image.format == "PNG" and _is_cut_short(data):
        raise _truncated()


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
    if "truncated" in text or _is_cut_short(data):
        return _truncated()
    return RefusalError(
        "image_unreadable",
        "This file is damaged or is not really a picture. Open it in an image editor, save it as"
        " JPEG or PNG and upload it again.",
    )


def _truncated() -> RefusalError:
    return RefusalError(
        "image_truncated",
        "This file ends before the picture does, as after a broken upload. Upload it again from"
        " the original.",
    )


def _is_cut_short(data: bytes) -> bool:
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


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG)
    except Exception:  # broken EXIF of any kind only costs the orientation
        return image
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _separate(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Give colour in L, RGB or CMYK at eight bits, and transparency apart."""
    if image.mode.startswith(("I", "F")):
        return _scale_to_eight_bits(image), None
    if image.mode == "LA":
        gray, alpha = image.split()
        return gray, alpha
    if image.mode in ("RGBA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    if image.mode in ("L", "RGB", "CMYK"):
        return image, None
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _scale_to_eight_bits(image: Image.Image) -> Image.Image:
    """Divide 16-bit grey by 257; Pillow's own conversion clips everything above 255 to white."""
    return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _useful_alpha(alpha: Image.Image | None) -> Image.Image | None:
    if alpha is None:
        return None
    low, high = alpha.getextrema()
    if high == 0:
        raise RefusalError(
            "no_usable_source",
            "Every pixel of this picture is transparent. Upload a version that shows the product.",
        )
    return None if low == 255 else alpha


def _to_srgb(base: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """Convert through the embedded profile; without a good one the numbers are taken as sRGB."""
    if profile:
        try:
            return _through_profile(base, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            notes.append(
                "image_profile_ignored: The colour profile in this file is broken or too large;"
                " the colours are taken as sRGB."
            )
    if base.mode == "CMYK":
        notes.append(
            "image_cmyk_guessed: This print (CMYK) picture has no usable colour profile; its"
            " colours are an estimate. An RGB version will look right."
        )
    return base if base.mode == "RGB" else base.convert("RGB")


def _through_profile(base: Image.Image, profile: bytes) -> Image.Image:
    if len(profile) > MAX_PROFILE_BYTES:
        raise ValueError("profile too large")
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _PROFILE_MODES.get(source.profile.xcolor_space.strip())
    if mode == "RGB" and base.mode == "L":
        base = base.convert("RGB")
    if mode != base.mode:
        raise ValueError("profile for another kind of picture")
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if mode == "RGB" and _changes_nothing(transform):
        return base
    converted = ImageCms.applyTransform(base, transform)
    if converted is None:
        raise ValueError("profile gave no picture")
    return converted


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a profile is sRGB by another name: rounding would only blur its pixels."""
    steps = range(0, 256, 51)
    cube = bytes(value for r in steps for g in steps for b in steps for value in (r, g, b))
    patches = Image.frombytes("RGB", (len(cube) // 3, 1), cube)
    converted = ImageCms.applyTransform(patches, transform)
    return converted is not None and all(
        abs(a - b) <= 2 for a, b in zip(cube, converted.tobytes(), strict=True)
    )


def configure() -> None:
    """Set the limits of the decoders, once a process."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_CHUNK = MAX_PROFILE_BYTES
    PngImagePlugin.MAX_TEXT_MEMORY = 4 * MAX_PROFILE_BYTES
    pillow_heif.register_heif_opener(thumbnails=False)
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
