from __future__ import annotations

import io
import os
import struct
import threading
import zlib
from collections.abc import Callable
from functools import partial

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from generation.imaging import color
from generation.imaging.pixels import ImageRejected, Upright
from generation.preprocessing import decode as module
from generation.preprocessing.decode import decode
from tests.imaging import icc

RED, BLUE = (200, 30, 40), (20, 60, 190)


def _halves(size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Red on the left, blue on the right, and a green mark at the top left."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    image.paste((0, 160, 0), (0, 0, 60, 60))
    return image


def _encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png(width: int, height: int, *chunks: bytes, data: bytes = b"", bits: int = 1) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    body = b"".join(chunks) + _chunk(b"IDAT", data)
    return b"\x89PNG\r\n\x1a\n" + head + body + _chunk(b"IEND", b"")


def _refusal(data: bytes) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data)
    return caught.value


def _patch(image: Upright) -> np.ndarray:
    return np.asarray(image.rgb[image.height // 2, image.width // 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF"])
def test_it_reads_each_format_a_shop_may_hold(kind: str) -> None:
    image = decode(_encode(_halves(), kind))

    assert (image.width, image.height, image.format) == (400, 300, kind)
    assert np.abs(image.rgb[150, 100].astype(int) - RED).max() < 12
    assert np.abs(image.rgb[150, 300].astype(int) - BLUE).max() < 12
    assert image.alpha is None


def test_it_reads_heic_from_a_phone() -> None:
    out = io.BytesIO()
    pillow_heif.from_pillow(_halves()).save(out, quality=90)

    image = decode(out.getvalue())

    assert image.format == "HEIF"
    assert np.abs(image.rgb[150, 300].astype(int) - BLUE).max() < 12


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "image_unreadable", "empty"),
        (b"x", "image_unreadable", "text"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "image_unreadable", "web page"),
        (b'{"error": "not found"}', "image_unreadable", "text"),
        (b"\x00\x01\x02\xff" * 40, "image_unreadable", "not really a picture"),
        (b'<?xml version="1.0"?><svg xmlns="x">', "image_type_unsupported", "an SVG drawing"),
        (b"%PDF-1.7 ...", "image_type_unsupported", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF", "image_type_unsupported", "PostScript"),
        (b"8BPS\0\1", "image_type_unsupported", "Photoshop"),
        (b"II*\0\x08\0\0\0", "image_type_unsupported", "TIFF"),
        (b"\xff\x0a\0\0", "image_type_unsupported", "JPEG XL"),
        (b"PK\3\4....", "image_unreadable", "ZIP"),
        (b"push graphic-context", "image_unreadable", "text"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else None,
)
def test_it_names_what_was_sent_instead_of_a_photo(data: bytes, code: str, words: str) -> None:
    refusal = _refusal(data)

    assert refusal.code == code
    assert words in refusal.message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_it_refuses_a_file_that_ends_too_early(kind: str) -> None:
    noise = Image.effect_noise((500, 500), 90).convert("RGB")
    data = _encode(noise, kind)

    refusal = _refusal(data[: int(len(data) * 0.6)])

    assert refusal.code == "image_truncated"
    assert "Upload it again" in refusal.message


def test_it_refuses_a_png_without_its_end() -> None:
    data = _encode(_halves())

    assert _refusal(data[:-12]).code == "image_truncated"


@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (13_000, 13_000, "image_too_large_pixels"),
        (65_000, 65_000, "image_too_large_pixels"),
        (2**31 - 1, 2**31 - 1, "image_too_large_pixels"),
        (8_000, 7_000, "image_too_large_pixels"),
        (12_001, 2_000, "image_too_large_pixels"),
        (100_000, 100, "image_too_large_pixels"),
        (1, 1, "image_too_small"),
        (255, 255, "image_too_small"),
        (2_817, 256, "image_too_small"),
    ],
)
def test_it_refuses_a_size_by_the_header_alone(width: int, height: int, code: str) -> None:
    # No pixel data follows, so anything but the header check would say something else.
    assert _refusal(_png(width, height)).code == code


def test_it_takes_the_smallest_and_the_longest_allowed_picture() -> None:
    assert decode(_encode(Image.new("RGB", (256, 256)))).width == 256
    assert decode(_encode(Image.new("RGB", (2560, 256)))).width == 2560


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
def test_it_refuses_a_metadata_bomb(name: bytes) -> None:
    bomb = b"note\0\0" + zlib.compress(b"A" * 60_000_000)
    rows = zlib.compress(b"\0" * (300 * 39))

    refusal = _refusal(_png(300, 300, _chunk(name, bomb), data=rows))

    assert refusal.code == "image_bomb_suspected"


def test_it_refuses_an_animation_and_takes_a_still_gif() -> None:
    frames = [_halves().rotate(angle) for angle in (0, 90, 180)]
    moving = {
        kind: _encode(frames[0], kind, save_all=True, append_images=frames[1:])
        for kind in ("GIF", "PNG", "WEBP", "AVIF")
    }

    assert {kind: _refusal(data).code for kind, data in moving.items()} == dict.fromkeys(
        moving, "image_animated"
    )
    assert decode(_encode(frames[0], "GIF")).format == "GIF"


def test_it_takes_the_photo_of_a_camera_file_with_a_preview_behind_it() -> None:
    data = _encode(_halves(), "MPO", save_all=True, append_images=[_halves((320, 240))])

    image = decode(data)

    assert (image.format, image.width) == ("JPEG", 400)
    assert [note.partition(":")[0] for note in image.warnings] == ["image_extra_pictures"]


_CORNERS = {1: "tl", 2: "tr", 3: "br", 4: "bl", 5: "tl", 6: "tr", 7: "br", 8: "bl"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_turns_phone_photos_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    image = decode(_encode(_halves(), "JPEG", exif=exif, quality=95))

    rows, columns = {"t": 20, "b": -20}, {"l": 20, "r": -20}
    corner = _CORNERS[orientation]
    mark = image.rgb[rows[corner[0]], columns[corner[1]]].astype(int)
    assert np.abs(mark - (0, 160, 0)).max() < 20
    wanted = (400, 300) if orientation < 5 else (300, 400)
    assert (image.width, image.height) == wanted


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_it_ignores_an_impossible_orientation(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value

    image = decode(_encode(_halves(), "JPEG", exif=exif))

    assert (image.width, image.height) == (400, 300)


def test_it_ignores_exif_garbage() -> None:
    image = decode(
        _encode(_halves(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\x91" * 400)
    )

    assert (image.width, image.height) == (400, 300)


def test_it_scales_sixteen_bit_grey_instead_of_clipping_it() -> None:
    values = np.full((300, 300), 300, np.uint16)
    values[:, 150:] = 60_000
    values[:150] = np.where(values[:150] == 300, 32_896, 65_535)

    image = decode(_encode(Image.fromarray(values)))

    assert image.rgb[200, 10].tolist() == [1] * 3
    assert image.rgb[200, 290].tolist() == [233] * 3
    assert image.rgb[10, 10].tolist() == [128] * 3
    assert image.rgb[10, 290].tolist() == [255] * 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_it_brings_every_pixel_layout_to_rgb(mode: str) -> None:
    source = Image.new("L", (300, 300), 255) if mode == "1" else Image.new("RGB", (300, 300), RED)
    data = _encode(source.convert(mode))

    image = decode(data)

    wanted = np.asarray(source.convert(mode).convert("RGB"))[150, 150]
    assert np.abs(_patch(image).astype(int) - wanted).max() < 12
    assert image.alpha is None


def test_it_keeps_transparency_and_hides_colour_under_it() -> None:
    rgba = _halves().convert("RGBA")
    rgba.putalpha(Image.linear_gradient("L").resize(rgba.size))

    image = decode(_encode(rgba))

    assert image.alpha is not None
    assert image.alpha[0, 0] == 0
    assert image.alpha[299, 0] == 255
    assert image.rgb[0, 0].tolist() == [255, 255, 255]
    assert image.rgb[299, 0].tolist() == list(RED)


def test_it_reads_the_transparent_colour_of_a_palette() -> None:
    palette = _halves().quantize(4)
    index = palette.getpixel((390, 150))

    image = decode(_encode(palette, transparency=index))

    assert image.alpha is not None
    assert (image.alpha[150, 390], image.alpha[150, 100]) == (0, 255)


def test_it_refuses_a_picture_of_nothing() -> None:
    refusal = _refusal(_encode(Image.new("RGBA", (300, 300), (10, 20, 30, 0))))

    assert refusal.code == "no_usable_source"


@pytest.mark.parametrize(
    ("primaries", "gamma"), [(icc.DISPLAY_P3, 2.2), (icc.ADOBE_RGB, 563 / 256), (icc.SRGB, 1.0)]
)
@pytest.mark.parametrize(
    "numbers", [(180, 90, 70), (120, 140, 110), (60, 70, 120), (200, 200, 200)]
)
def test_it_converts_wide_gamut_photos_to_srgb(
    primaries: tuple[tuple[float, float], ...], gamma: float, numbers: tuple[int, int, int]
) -> None:
    profile = icc.matrix_profile(primaries, gamma)
    light = (np.array(numbers) / 255) ** gamma
    linear = np.linalg.solve(icc.to_xyz(icc.SRGB), icc.to_xyz(primaries) @ light)
    wanted = color.to_srgb(linear[None, None])

    image = decode(_encode(Image.new("RGB", (300, 300), numbers), icc_profile=profile))

    difference = color.delta_e76(color.to_lab(image.rgb[:1, :1]), color.to_lab(wanted))
    assert float(difference.max()) < 1.0
    assert image.warnings == ()


def test_it_leaves_the_numbers_alone_under_an_srgb_profile() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    image = decode(_encode(Image.fromarray(noise), icc_profile=profile))

    assert np.array_equal(image.rgb, noise)


@pytest.mark.parametrize(
    "profile",
    [b"not a profile", icc.matrix_profile(icc.SRGB, 2.2)[:200], b"\0" * (5 << 20)],
    ids=["garbage", "cut", "oversized"],
)
def test_it_takes_numbers_as_srgb_under_a_broken_profile(profile: bytes) -> None:
    image = decode(_encode(_halves(), "WEBP", lossless=True, icc_profile=profile))

    assert image.rgb[150, 100].tolist() == list(RED)
    assert [note.partition(":")[0] for note in image.warnings] == ["image_profile_ignored"]


def test_it_takes_a_grey_photo_under_an_rgb_profile_as_grey() -> None:
    profile = icc.matrix_profile(icc.ADOBE_RGB, 563 / 256)

    patch = _patch(decode(_encode(Image.new("L", (300, 300), 120), icc_profile=profile)))

    assert int(np.ptp(patch)) <= 1
    assert abs(int(patch[0]) - 120) < 6


def test_it_estimates_print_colours_without_a_profile_and_says_so() -> None:
    image = decode(_encode(Image.new("CMYK", (300, 300), (0, 255, 255, 0)), "JPEG", quality=95))

    assert np.abs(_patch(image).astype(int) - (255, 0, 0)).max() < 6
    assert [note.partition(":")[0] for note in image.warnings] == ["image_cmyk_guessed"]


def test_it_drops_everything_behind_the_picture() -> None:
    clean = _encode(_halves(), "JPEG")

    image = decode(clean + b"PK\3\4<?php system('id'); ?>" * 50)

    assert np.array_equal(image.rgb, decode(clean).rgb)


def test_it_notes_a_wrong_name_and_believes_the_content() -> None:
    data = _encode(_halves())

    wrong = decode(data, declared_type="image/jpeg")
    right = [decode(data, declared_type=name) for name in ("image/png", "photo.PNG", "")]

    assert [note.partition(":")[0] for note in wrong.warnings] == ["image_type_mismatch"]
    assert [image.warnings for image in right] == [(), (), ()]


def test_it_survives_a_decoder_that_is_killed() -> None:
    good = _encode(_halves())
    decode(good)
    process = module._decoder().process
    assert process is not None
    process.kill()
    process.wait()

    assert _refusal(good).code == "image_bomb_suspected"
    assert decode(good).width == 400


def test_it_stops_a_decoder_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = _Sleeper()
    monkeypatch.setattr(module, "_WALL_SECONDS", 0.2)
    monkeypatch.setattr(module, "_START", slow.program)
    monkeypatch.setattr(module, "_decoders", {})

    refusal = _refusal(_encode(_halves()))

    assert refusal.code == "image_bomb_suspected"
    assert "took far longer" in refusal.message


class _Sleeper:
    program = "import time; time.sleep(60)"


def test_its_child_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODUCTVIZ_SECRET_KEY", "hush")
    monkeypatch.setattr(module, "_decoders", {})

    decode(_encode(_halves()))

    process = module._decoder().process
    assert process is not None
    with open(f"/proc/{process.pid}/environ", "rb") as environment:
        assert b"hush" not in environment.read()


def test_it_answers_several_threads_at_once_each_with_its_own_picture() -> None:
    files = {value: _encode(Image.new("L", (300, 300), value)) for value in range(0, 250, 25)}
    found: dict[int, int] = {}

    def read(value: int) -> None:
        found[value] = int(_patch(decode(files[value]))[0])

    _in_threads([partial(read, value) for value in files])

    assert found == {value: value for value in files}


def test_a_forked_worker_gets_a_decoder_of_its_own() -> None:
    data = _encode(_halves())
    decode(data)

    child = os.fork()
    if child == 0:
        fine = decode(data).width == 400
        process = module._decoder().process
        if process is not None:
            process.kill()
        os._exit(0 if fine else 1)
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert decode(data).width == 400


def _in_threads(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
