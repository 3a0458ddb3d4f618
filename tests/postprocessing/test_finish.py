from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image, ImageCms

from generation.postprocessing.finish import finish
from generation.postprocessing.provenance import LOCKED_PHOTOGRAPH
from generation.provenance.xmp import read_digital_source_type
from generation.spec import ImageFormat, Output, PresetSpec, Shadow
from tests.props import FACTS, can, made, transparent, white

_FORMATS = ("jpeg", "png", "webp", "avif")


def _spec(kind: ImageFormat, **changes: object) -> PresetSpec:
    return white(outputs=(Output(name="main", width=500, height=500, format=kind, **changes),))


def _open(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", _FORMATS)
def test_a_file_carries_profile_and_marking_and_nothing_of_the_camera(kind: ImageFormat) -> None:
    _, finished = made(can(), _spec(kind))

    data = finished.files[0].data
    image = _open(data)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert image.format == kind.upper()
    assert image.size == (500, 500)
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert read_digital_source_type(data) == LOCKED_PHOTOGRAPH
    assert b"<xmp:CreatorTool>ProductViz</xmp:CreatorTool>" in data
    assert not image.getexif()
    assert b"GPS" not in data


@pytest.mark.parametrize("kind", _FORMATS)
def test_the_same_picture_gives_the_same_bytes(kind: ImageFormat) -> None:
    rendered, finished = made(can(), _spec(kind))

    again = finish(rendered, _spec(kind), FACTS)

    assert again == finished
    assert finished.files[0].sha256 == hashlib.sha256(finished.files[0].data).hexdigest()


def test_a_png_keeps_every_pixel_of_the_canvas() -> None:
    spec = transparent(shadow=Shadow())

    rendered, finished = made(can(), spec)

    assert np.array_equal(np.asarray(_open(finished.files[0].data)), rendered.rgba)


def test_a_jpeg_keeps_the_full_colour_resolution_and_a_white_ground() -> None:
    _, finished = made(can(), white())

    image = _open(finished.files[0].data)
    far = np.asarray(image)[:, :40]
    assert image.mode == "RGB"
    assert all(layer[1:3] == (1, 1) for layer in image.layer)  # type: ignore[attr-defined]
    assert image.info.get("progressive")
    assert np.all(far == 255)


def test_the_thumbnail_is_the_canvas_made_smaller() -> None:
    thumbnail = Output(name="thumbnail", width=125, height=125, format="png")
    spec = white(outputs=(Output(name="main", width=500, height=500), thumbnail))

    rendered, finished = made(can(), spec)

    small = np.asarray(_open(finished.files[1].data)).astype(int)
    means = rendered.rgba[..., :3].reshape(125, 4, 125, 4, 3).mean(axis=(1, 3))
    assert [file.name for file in finished.files] == ["main", "thumbnail"]
    assert np.abs(small - means).mean() < 2.0
    assert np.all(small[:5] == 255)


def test_quality_falls_until_the_file_fits_and_no_further() -> None:
    rendered, full = made(can(), white())
    limit = len(full.files[0].data) * 3 // 4

    tight = finish(rendered, _spec("jpeg", max_bytes=limit), FACTS).files[0]

    assert limit * 0.8 < len(tight.data) <= limit


def test_a_file_that_cannot_fit_is_made_as_small_as_is_decent() -> None:
    rendered, _ = made(can(), white())

    floor = finish(rendered, _spec("jpeg", quality=60), FACTS).files[0]
    hopeless = finish(rendered, _spec("jpeg", max_bytes=10_000), FACTS).files[0]

    assert len(hopeless.data) > 10_000
    assert hopeless.data == floor.data


def test_a_canvas_of_another_preset_is_refused() -> None:
    rendered, _ = made(can(), white(400))

    with pytest.raises(ValueError, match="The canvas is 400 x 400"):
        finish(rendered, white(500), FACTS)


def test_the_manifest_tells_the_whole_story_in_json() -> None:
    spec = white()
    rendered, finished = made(can(), spec)

    manifest = json.loads(json.dumps(finished.manifest))

    file = finished.files[0]
    assert manifest == {
        "schema": 2,
        "sources": ["ab" * 32],
        "preset": {"kind": "packshot", "digest": spec.digest()},
        "engine": "studio@3",
        "seed": 7,
        "placed": [
            {
                "source": 0,
                "scale": rendered.transform.scale,
                "dx": rendered.transform.dx,
                "dy": rendered.transform.dy,
            }
        ],
        "facts": {},
        "cutout": {"model": "truth@1", "licence": "none"},
        "digital_source_type": LOCKED_PHOTOGRAPH,
        "signed_by": None,
        "refusals": [],
        "files": [
            {
                "name": "main",
                "format": "jpeg",
                "width": 500,
                "height": 500,
                "bytes": len(file.data),
                "sha256": file.sha256,
            }
        ],
    }


def test_a_manifest_with_a_gap_is_refused() -> None:
    rendered, _ = made(can(), white())

    with pytest.raises(ValueError, match="needs cutout_licence"):
        finish(rendered, white(), {"sources": ["ab"], "cutout_model": "truth@1"})
