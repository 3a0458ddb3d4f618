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

from generation.imaging.header import (
    MAX_PIXELS,
    RefusalError,
    check_header,
    explain,
    is_cut_short,
    opened,
    truncated,
)

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


@dataclass(slots=True)
class Decoded:
    """The answer: three-channel pixels, transparency where there is any, and what was noticed."""

    rgb: Image.Image
    alpha: Image.Image | None
    format: str
    warnings: list[str] = field(default_factory=list)


def decode(data: bytes) -> Decoded:
    """Decode one file to upright eight-bit sRGB; raises `RefusalError`."""
    image = opened(data)
    notes = check_header(image)
    _load(image, data)
    turned = _upright(image)
    base, alpha = _separate(turned)
    rgb = _to_srgb(base, image.info.get("icc_profile"), notes)
    alpha = _useful_alpha(alpha)
    if alpha is not None:
        rgb.paste((255, 255, 255), mask=alpha.point([255] + [0] * 255))
    return Decoded(rgb, alpha, "JPEG" if image.format == "MPO" else str(image.format), notes)


def _load(image: Image.Image, data: bytes) -> None:
    try:
        image.load()
    except Exception as error:
        raise explain(error, data) from error
    if image.format == "PNG" and is_cut_short(data):
        raise truncated()


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
