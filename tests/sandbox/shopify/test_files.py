"""Uploading, making, processing, renaming and deleting files."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
from PIL import Image

from tests.sandbox.shopify.conftest import Client, document, jpeg


def codes(payload: dict[str, Any]) -> list[str]:
    """Return the codes of a payload's user errors."""
    return [str(error["code"]) for error in payload["userErrors"]]


def update(client: Client, **fields: object) -> dict[str, Any]:
    """Run fileUpdate on one file."""
    return dict(client.run("11", files=[fields])["fileUpdate"])


def test_a_file_goes_from_uploaded_to_ready(client: Client) -> None:
    data = jpeg()
    made = client.create(client.upload(data), alt="A mug")["files"][0]
    seen = [made["fileStatus"]]
    for _ in range(3):
        client.clock.turn(0.2)
        seen.append(client.status(made["id"])["fileStatus"])

    assert seen == ["UPLOADED", "UPLOADED", "PROCESSING", "READY"]
    image = client.status(made["id"])["image"]
    assert (image["width"], image["height"]) == (640, 480)
    assert requests.get(image["url"], timeout=10).content == data


def test_the_picture_is_null_until_it_is_ready(client: Client) -> None:
    made = client.create(client.upload())["files"][0]

    assert client.status(made["id"])["image"] is None


def big_png() -> bytes:
    out = io.BytesIO()
    Image.new("1", (5000, 4100)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"not a picture", "a.jpg", "UNSUPPORTED_IMAGE_FILE_TYPE"),
        (jpeg(size=(900, 900))[:2000], "a.jpg", "IMAGE_PROCESSING_FAILURE"),
        (big_png(), "a.png", "INVALID_IMAGE_RESOLUTION"),
        (jpeg() + bytes(21 * 1024 * 1024), "a.jpg", "INVALID_IMAGE_FILE_SIZE"),
        (jpeg(size=(2020, 20)), "a.jpg", "INVALID_IMAGE_ASPECT_RATIO"),
    ],
    ids=["no picture", "cut off", "over 20 MP", "over 20 MB", "101:1"],
)
def test_a_picture_that_cannot_be_published_fails_with_its_reason(
    client: Client, data: bytes, name: str, code: str
) -> None:
    status = client.status(client.file(data, name))

    assert status["fileStatus"] == "FAILED"
    assert [error["code"] for error in status["fileErrors"]] == [code]
    assert status["image"] is None


def test_nothing_staged_means_a_failed_download(client: Client) -> None:
    target = client.stage()
    made = client.create(target["resourceUrl"])["files"][0]
    client.clock.turn(1)

    errors = client.status(made["id"])["fileErrors"]

    assert errors[0]["code"] == "IMAGE_DOWNLOAD_FAILURE"


def test_a_staged_upload_that_is_too_old_is_refused_and_fails(client: Client) -> None:
    source = client.upload()
    client.clock.turn(2 * 86_400)
    client.token = client.exchange().json()["access_token"]
    made = client.create(source)["files"][0]
    client.clock.turn(1)

    assert client.status(made["id"])["fileErrors"][0]["code"] == "INVALID_SIGNED_URL"


def post_form(target: dict[str, Any], parts: list[tuple[str, Any]]) -> int:
    answer = requests.post(target["url"], files=parts, timeout=10)
    return answer.status_code


def test_the_file_must_come_last_and_every_parameter_with_it(client: Client) -> None:
    target = client.stage()
    fields = [(one["name"], (None, one["value"])) for one in target["parameters"]]
    file = [("file", ("new.jpg", jpeg(), "image/jpeg"))]

    assert post_form(target, [*file, *fields]) == 400
    assert post_form(target, [*fields[:-1], *file]) == 403
    assert post_form(target, [*fields, *file]) == 201


def test_a_put_target_takes_the_bytes_themselves(client: Client) -> None:
    target = client.stage(httpMethod="PUT")

    assert target["parameters"] == []
    assert requests.put(target["resourceUrl"], data=jpeg(), timeout=10).status_code == 403
    assert requests.put(target["url"], data=jpeg(), timeout=10).status_code == 200
    made = client.create(target["resourceUrl"])["files"][0]
    client.clock.turn(1)
    assert client.status(made["id"])["fileStatus"] == "READY"


def test_a_name_in_use_is_refused_or_gets_a_uuid(client: Client) -> None:
    source = client.upload()
    client.create(source, "taken.jpg")

    refused = client.create(source, "Taken.jpg")
    appended = client.create(source, "taken.jpg", duplicateResolutionMode="APPEND_UUID")

    assert (codes(refused), refused["files"]) == (["FILENAME_ALREADY_EXISTS"], [])
    names = [one.filename for one in client.shopify.shop.media.values()]
    assert names.count("taken.jpg") == 1
    assert appended["userErrors"] == []
    assert any(name.startswith("taken_") for name in names)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"alt": "x" * 513}, "ALT_VALUE_LIMIT_EXCEEDED"),
        ({"originalSource": "not an address"}, "INVALID_IMAGE_SOURCE_URL"),
        ({"originalSource": "ftp://example.com/a.jpg"}, "INVALID_IMAGE_SOURCE_URL"),
        ({"filename": "a/b.jpg"}, "INVALID_FILENAME"),
        ({"filename": "a.exe"}, "INVALID_FILENAME_EXTENSION"),
        ({"filename": "a.png"}, "MISMATCHED_FILENAME_AND_ORIGINAL_SOURCE"),
    ],
)
def test_a_wrong_input_makes_no_file(client: Client, fields: dict[str, object], code: str) -> None:
    before = len(client.shopify.shop.media)
    good: dict[str, object] = {"originalSource": client.upload(), "filename": "good.jpg"}
    bad = {"originalSource": client.upload(), "filename": "bad.jpg", **fields}

    payload = client.run("08", files=[good, bad])["fileCreate"]

    assert codes(payload) == [code]
    assert payload["userErrors"][0]["field"][:2] == ["files", "1"]
    assert len(client.shopify.shop.media) == before


def test_more_than_250_files_are_refused_as_a_whole(client: Client) -> None:
    files = [{"originalSource": "https://example.com/a.jpg"}] * 251

    answer = client.post(document("08"), {"files": files}).json()

    assert answer["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_alt_and_name_can_be_changed_and_the_name_can_be_found(client: Client) -> None:
    new = client.file()

    update(client, id=new, alt="A red square", filename="red.jpg")

    (found,) = client.run("10", query="filename:red.jpg")["files"]["nodes"]
    assert (found["id"], found["alt"]) == (new, "A red square")
    assert client.run("10", query="filename:red")["files"]["nodes"] == []
    assert codes(update(client, id=new, filename="red.png")) == ["INVALID_FILENAME_EXTENSION"]
    assert codes(update(client, id=new, filename="chalk.jpg")) == ["FILENAME_ALREADY_EXISTS"]


def test_only_ready_files_can_be_updated(client: Client) -> None:
    made = client.create(client.upload())["files"][0]["id"]

    assert codes(update(client, id=made, alt="x")) == ["NON_READY_STATE"]
    assert codes(update(client, id="gid://shopify/MediaImage/9")) == ["FILE_DOES_NOT_EXIST"]


def test_a_failed_replacement_blocks_the_file_until_acknowledged(client: Client) -> None:
    new = client.file()
    before = client.status(new)["image"]
    update(client, id=new, originalSource=client.upload(b"broken"))
    client.clock.turn(1)
    assert client.status(new)["fileStatus"] == "FAILED"
    assert codes(update(client, id=new, alt="x")) == ["NON_READY_STATE"]

    client.run("18", fileIds=[new])

    assert client.status(new)["fileStatus"] == "READY"
    assert client.status(new)["image"] == before


def test_a_replacement_keeps_the_id_and_destroys_the_old_bytes(client: Client) -> None:
    new = client.file(jpeg("red"))
    old = client.status(new)["image"]["url"]
    client.clock.turn(5)

    update(client, id=new, originalSource=client.upload(jpeg("blue")))
    client.clock.turn(1)

    now = client.status(new)["image"]["url"]
    assert now != old
    assert requests.get(now, timeout=10).content == jpeg("blue")
    assert requests.get(old, timeout=10).content == jpeg("blue")


def test_deleting_a_file_takes_it_out_of_galleries_and_variants(client: Client) -> None:
    first = client.gallery()[0]

    payload = client.run("17", fileIds=[first])["fileDelete"]

    assert payload["deletedFileIds"] == [first]
    assert first not in client.gallery()
    assert all(
        not one["variants"] or one["id"] != first
        for one in client.shopify.gallery(client.product())
    )
    assert codes(client.run("17", fileIds=[first])["fileDelete"]) == ["FILE_DOES_NOT_EXIST"]


def test_a_public_address_is_fetched(client: Client) -> None:
    source = str(client.shopify.gallery(client.product())[0]["url"])
    made = client.create(source, "copy.jpg")["files"][0]["id"]
    client.clock.turn(1)

    assert client.status(made)["fileStatus"] == "READY"
