"""Files are whole or absent, in a folder and in a bucket alike (a real S3 API)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from productviz.lib import files

KEY = "w/ab/abcd.bin"
FOLDER = "django.core.files.storage.FileSystemStorage"


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[str]:
    """The place "work" on each kind of storage."""
    if request.param == "folder":
        settings.STORAGES = _storages(
            "django.core.files.storage.FileSystemStorage", location=tmp_path
        )
        yield "folder"
        return
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    bucket = f"shop-{uuid4().hex}"  # the server's memory outlives it within a process
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys).create_bucket(
        Bucket=bucket
    )
    settings.STORAGES = _storages(
        "storages.backends.s3.S3Storage",
        bucket_name=bucket,
        endpoint_url=endpoint,
        region_name="us-east-1",
        access_key="test",
        secret_key="test",
    )
    yield "bucket"
    server.stop()


def _storages(backend: str, **options: Any) -> dict[str, Any]:
    return {"work": {"BACKEND": backend, "OPTIONS": options}}


@pytest.mark.usefixtures("place")
def test_it_gives_back_what_was_put() -> None:
    assert not files.exists("work", KEY)

    files.put("work", KEY, b"pixels")

    assert files.exists("work", KEY)
    assert files.get("work", KEY) == b"pixels"


@pytest.mark.usefixtures("place")
def test_it_puts_the_same_file_twice_without_a_second_copy() -> None:
    files.put("work", KEY, b"pixels")
    files.put("work", KEY, b"pixels")

    assert storages["work"].listdir("w/ab")[1] == ["abcd.bin"]


@pytest.mark.usefixtures("place")
def test_it_says_that_a_file_is_missing() -> None:
    with pytest.raises(FileNotFoundError):
        files.get("work", KEY)


def test_it_leaves_nothing_behind_when_a_write_breaks_off(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STORAGES = _storages(FOLDER, location=tmp_path)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("productviz.lib.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.put("work", KEY, b"pixels")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
