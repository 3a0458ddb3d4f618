from __future__ import annotations

import io

import pytest
from PIL import Image

from generation.postprocessing.provenance import LOCKED_PHOTOGRAPH
from generation.provenance.xmp import read_digital_source_type, xmp_packet

_TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    "written",
    [
        f'<rdf:Description Iptc4xmpExt:DigitalSourceType="{_TRAINED}"/>',
        f"<rdf:Description Iptc4xmpExt:DigitalSourceType = '{_TRAINED}'/>",
        f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{_TRAINED}"/>',
        f"<Iptc4xmpExt:DigitalSourceType>\n {_TRAINED}\n</Iptc4xmpExt:DigitalSourceType>",
    ],
)
def test_the_source_type_is_read_however_rdf_writes_it(written: str) -> None:
    assert read_digital_source_type(b"\xff\xd8junk" + written.encode() + b"\x00") == _TRAINED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>not a picture</html>",
        b"Iptc4xmpExt:DigitalSourceType",
        b"Iptc4xmpExt:DigitalSourceType>" + b"x" * 5000,
        b"Iptc4xmpExt:DigitalSourceType><",
    ],
)
def test_a_file_without_a_readable_source_type_has_none(data: bytes) -> None:
    assert read_digital_source_type(data) is None


def test_a_store_that_strips_metadata_is_noticed() -> None:
    marked, stripped = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8)).save(marked, "JPEG", xmp=xmp_packet(LOCKED_PHOTOGRAPH))
    with Image.open(marked) as image:
        Image.new("RGB", image.size).save(stripped, "JPEG")

    assert read_digital_source_type(marked.getvalue()) == LOCKED_PHOTOGRAPH
    assert read_digital_source_type(stripped.getvalue()) is None


def test_the_packet_is_read_by_pillow_as_xmp() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", xmp=xmp_packet(LOCKED_PHOTOGRAPH))

    with Image.open(out) as image:
        assert image.info["xmp"] == xmp_packet(LOCKED_PHOTOGRAPH)
