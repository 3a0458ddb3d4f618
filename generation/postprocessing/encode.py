"""Pixels to file bytes: JPEG, PNG, WebP and AVIF with an sRGB profile and an XMP packet.

The same pixels and options give the same bytes. Nothing of the source file's metadata gets in.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageCms, PngImagePlugin

from generation.spec import Output

# Below 60 blocks and colour fringes show on any product; a file too big even then is for
# verification to refuse.
LOWEST_QUALITY = 60
_ICC_DATE = slice(24, 36)
_XMP_KEY = "XML:com.adobe.xmp"


@cache
def srgb_profile() -> bytes:
    """Give the sRGB profile to embed.

    LittleCMS writes the time of day into every profile it makes; that field (ICC.1:2022, 7.2.8)
    is cleared, so that equal pictures are equal files.
    """
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_ICC_DATE] = bytes(12)
    return bytes(profile)


def encode(image: Image.Image, output: Output, *, xmp: bytes) -> bytes:
    """Encode an RGB or RGBA picture as the output asks.

    Where ``max_bytes`` is set and the format has a quality, gives the best quality that fits,
    or the file at the lowest quality where none does.
    """
    write = _WRITERS[output.format]
    data = write(image, output.quality, xmp)
    if output.format == "png" or output.max_bytes is None or len(data) <= output.max_bytes:
        return data
    return _largest_that_fits(
        lambda quality: write(image, quality, xmp),
        below=output.quality,
        max_bytes=output.max_bytes,
    )


def _largest_that_fits(write: Callable[[int], bytes], *, below: int, max_bytes: int) -> bytes:
    best = write(LOWEST_QUALITY)
    low, high = LOWEST_QUALITY, below
    if len(best) > max_bytes:
        return best
    while high - low > 1:
        middle = (low + high) // 2
        data = write(middle)
        if len(data) <= max_bytes:
            best, low = data, middle
        else:
            high = middle
    return best


def _jpeg(image: Image.Image, quality: int, xmp: bytes) -> bytes:
    try:
        return _jpeg_of(image, quality, xmp, is_optimised=True)
    except OSError:
        # To optimise, Pillow 12 holds the whole file in two bytes a pixel; pure noise takes more.
        return _jpeg_of(image, quality, xmp, is_optimised=False)


def _jpeg_of(image: Image.Image, quality: int, xmp: bytes, *, is_optimised: bool) -> bytes:
    # 4:4:4: halved colour resolution bleeds a product's edge into a white ground.
    return _save(
        image,
        format="JPEG",
        quality=quality,
        subsampling=0,
        optimize=is_optimised,
        progressive=is_optimised,
        icc_profile=srgb_profile(),
        xmp=xmp,
    )


def _png(image: Image.Image, quality: int, xmp: bytes) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_itxt(_XMP_KEY, xmp.decode())
    return _save(image, format="PNG", compress_level=6, icc_profile=srgb_profile(), pnginfo=text)


def _webp(image: Image.Image, quality: int, xmp: bytes) -> bytes:
    return _save(
        image, format="WEBP", quality=quality, method=4, icc_profile=srgb_profile(), xmp=xmp
    )


def _avif(image: Image.Image, quality: int, xmp: bytes) -> bytes:
    # One thread: a worker has one core, and the bytes must not depend on the machine.
    return _save(
        image,
        format="AVIF",
        quality=quality,
        subsampling="4:4:4",
        speed=8,
        max_threads=1,
        icc_profile=srgb_profile(),
        xmp=xmp,
    )


def _save(image: Image.Image, *, format: str, **options: object) -> bytes:  # noqa: A002
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[Image.Image, int, bytes], bytes]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "avif": _avif,
}
