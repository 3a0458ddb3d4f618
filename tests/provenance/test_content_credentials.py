from __future__ import annotations

import io
import tomllib
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from PIL import Image

from generation.postprocessing.finish import finish
from generation.postprocessing.provenance import (
    LOCKED_PHOTOGRAPH,
    PHOTOGRAPH_IN_A_RENDERING,
    SEVERAL_PHOTOGRAPHS,
    digital_source_type,
)
from generation.provenance.certificates import LIFETIME, facts_of, make_identity
from generation.provenance.content_credentials import (
    ROOM,
    Claim,
    Credentials,
    Identity,
    State,
    read_credentials,
    sign,
)
from generation.provenance.xmp import read_digital_source_type, xmp_packet
from generation.quality.verify import verify
from generation.spec import ImageFormat, Output, PresetSpec, Scene
from productviz import __version__
from productviz.env import ROOT
from tests.props import FACTS, can, made, white

FORMATS: tuple[ImageFormat, ...] = ("jpeg", "png", "webp", "avif")


@cache
def identity() -> Identity:
    """One certificate for all tests here."""
    return make_identity()


def _spec(kind: ImageFormat = "jpeg", **output: object) -> PresetSpec:
    return white(outputs=(Output(name="main", width=300, height=300, format=kind, **output),))


def _signed(kind: ImageFormat = "jpeg", **output: object) -> bytes:
    rendered, _ = made(can(), _spec(kind))
    return finish(rendered, _spec(kind, **output), FACTS, identity=identity()).files[0].data


@pytest.mark.parametrize("kind", FORMATS)
def test_a_signed_file_says_by_whom_and_how_it_was_made(kind: ImageFormat) -> None:
    data = _signed(kind)

    found = read_credentials(data)

    assert found == Credentials(
        State.SIGNED, facts_of(identity().chain).name, trusted=False, source_type=LOCKED_PHOTOGRAPH
    )
    assert found.sentence.endswith("the issuer is not on a trust list.")
    assert read_digital_source_type(data) == LOCKED_PHOTOGRAPH


@pytest.mark.parametrize("kind", FORMATS)
def test_signing_changes_no_pixel(kind: ImageFormat) -> None:
    _, plain = made(can(), _spec(kind))

    before, after = (Image.open(io.BytesIO(data)) for data in (plain.files[0].data, _signed(kind)))

    assert np.array_equal(np.asarray(before), np.asarray(after))


def test_a_signed_picture_passes_verification() -> None:
    rendered, _ = made(can(), white())
    finished = finish(rendered, white(), FACTS, identity=identity())

    marking = {check.name: check for check in verify(can(), rendered, finished, white()).checks}

    assert marking["marking"].verdict == marking["decodes"].verdict == "pass"
    assert finished.manifest["signed_by"].startswith("ProductViz installation")


def test_the_signature_counts_towards_the_limit_of_bytes() -> None:
    limit = 24_000

    data = _signed(max_bytes=limit)

    assert len(_signed()) > limit
    assert len(data) <= limit


@pytest.mark.parametrize("sources", [1, 8])
def test_the_room_left_for_a_signature_is_enough(sources: int) -> None:
    claim = Claim(SEVERAL_PHOTOGRAPHS, tuple(f"{n:064x}" for n in range(sources)), "d" * 64, "e@1")
    out = io.BytesIO()
    Image.new("RGB", (40, 40)).save(out, "JPEG")

    signed = sign(out.getvalue(), "jpeg", claim=claim, identity=identity())

    assert len(signed) - len(out.getvalue()) <= ROOM
    assert read_credentials(signed).source_type == SEVERAL_PHOTOGRAPHS


def test_a_changed_picture_is_broken_and_a_stripped_one_unsigned() -> None:
    data = bytearray(_signed())
    data[-400] ^= 1
    stripped = io.BytesIO()
    Image.open(io.BytesIO(_signed())).save(stripped, "JPEG")

    assert read_credentials(bytes(data)).state is State.BROKEN
    assert read_credentials(stripped.getvalue()).state is State.ABSENT


@pytest.mark.parametrize(
    "data", [b"", b"c2pa", b"\xff\xd8\xffc2pa", b"RIFF\x00\x00\x00\x00WEBPc2pa", _signed()[:3000]]
)
def test_nonsense_is_never_called_signed(data: bytes) -> None:
    assert read_credentials(data).state in (State.ABSENT, State.BROKEN)


def test_a_missing_library_is_said_and_not_guessed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _signed()
    monkeypatch.setattr(
        "generation.provenance.content_credentials.find_spec", lambda name: None, raising=True
    )

    assert read_credentials(data).state is State.UNREAD
    assert "cannot read by whom" in read_credentials(data).sentence


def test_a_certificate_lasts_and_hides_its_key() -> None:
    facts = facts_of(identity().chain)

    assert (facts.valid_until - datetime.now(UTC)).days >= LIFETIME.days - 1
    assert len(facts.fingerprint) == 95
    assert "BEGIN" not in repr(identity())


def test_every_kind_of_picture_has_its_iptc_type() -> None:
    scene = white(kind="scene", scene=Scene(plate="podium"))

    assert digital_source_type(white(), captures=1) == LOCKED_PHOTOGRAPH
    assert digital_source_type(white(), captures=2) == SEVERAL_PHOTOGRAPHS
    assert digital_source_type(scene, captures=1) == PHOTOGRAPH_IN_A_RENDERING


def test_the_packet_and_the_claim_say_the_same_version_as_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == __version__
    assert b"ProductViz" in xmp_packet(LOCKED_PHOTOGRAPH)
