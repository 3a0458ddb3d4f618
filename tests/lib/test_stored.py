"""Listing, setting aside and bringing back, in a folder and in a bucket alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from productviz.lib import files
from productviz.lib.stored import TRASH, bring_back, listing, remove, set_aside
from tests.places import KINDS, storage_of

KEYS = ["a/b/1.bin", "a/b/2.bin", "a/b-c/3.bin", "a/b.bin", "m/4.bin"]


@pytest.fixture(params=KINDS, autouse=True)
def place(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[None]:
    """Every place on each kind of storage, with some files in "work"."""
    with storage_of(request.param, settings, tmp_path):
        for key in KEYS:
            files.put("work", key, key.encode())
        yield


def _keys(**options: Any) -> list[str]:
    return [one.key for one in listing("work", **options)]


@pytest.mark.parametrize("limit", [1, 2, 3, 9])
def test_it_lists_every_file_once_in_the_order_of_keys(limit: int) -> None:
    seen: list[str] = []
    while found := _keys(after=seen[-1] if seen else "", limit=limit):
        seen += found

    assert seen == sorted(KEYS)


def test_it_tells_a_files_size_and_age() -> None:
    one = listing("work", limit=1)[0]

    assert one.bytes == len(one.key)
    assert abs(timezone.now() - one.modified) < timedelta(minutes=1)


def test_a_place_without_files_is_empty() -> None:
    assert listing("originals", limit=9) == []


def test_what_was_set_aside_comes_back_when_somebody_asks() -> None:
    for key, asked in zip(KEYS, (files.get, files.exists, files.open_file), strict=False):
        assert set_aside("work", key)
        assert _keys(limit=9)[-1] == TRASH + key
        assert asked("work", key)
        assert _keys(limit=9) == sorted(KEYS)


def test_a_file_that_is_no_more_is_neither_moved_nor_removed() -> None:
    assert not set_aside("work", "a/none.bin")
    assert not bring_back("work", "a/none.bin")
    assert not remove("work", "a/none.bin", unless_since=timezone.now())


def test_a_file_written_since_is_not_removed() -> None:
    now = timezone.now()

    assert not remove("work", KEYS[0], unless_since=now - timedelta(hours=1))
    assert remove("work", KEYS[0], unless_since=now + timedelta(hours=1))
    assert not files.exists("work", KEYS[0])
