"""Files are whole or absent, in a folder and in a bucket alike (a real S3 API)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from productviz.lib import files
from tests.places import KINDS, storage_of

KEY = "w/ab/abcd.bin"


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[None]:
    """The place "work" on each kind of storage."""
    with storage_of(request.param, settings, tmp_path):
        yield


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
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("productviz.lib.files.os.fsync", full)
    with (
        storage_of("folder", settings, tmp_path),
        pytest.raises(files.StorageFailed, match="No space"),
    ):
        files.put("work", KEY, b"pixels")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_it_tells_a_bucket_that_is_away_from_a_file_that_is_missing(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with storage_of("bucket", settings, tmp_path) as bucket:
        assert bucket is not None
        files.put("work", KEY, b"pixels")
        bucket.stop()
        for ask in (files.get, files.exists, files.delete):
            with pytest.raises(files.StorageFailed, match="work"):
                ask("work", KEY)
        with pytest.raises(files.StorageFailed):
            files.put("work", KEY, b"pixels")
        bucket.start()

        assert files.get("work", KEY) == b"pixels"
