"""Disks fill up, buckets go away and queues are lost: a generation waits, resumes, or ends once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_q.models import OrmQ

from generation import outcomes
from generation.models import Generation
from generation.outcomes import STORAGE_LADDER
from generation.types import Stage
from productviz import work
from productviz.lib import queue
from productviz.outbox.models import Event
from tests.conftest import Serve
from tests.factories import make_generation, make_product
from tests.places import storage_of

pytestmark = [pytest.mark.django_db(transaction=True)]

Drain = Callable[[], int]
ENDS = ("completed", "failed", "rejected", "canceled", "expired")
# What is written in which stage.
FILES = {
    "originals/": Stage.PREPROCESS,
    "work/*/previews/": Stage.PREPROCESS,
    "work/*/cutouts/": Stage.PREPROCESS,
    "work/*/candidates/": Stage.POSTPROCESS,
    "assets/": Stage.STORE,
}


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> set[str]:
    """The parts of the disk that are full, for the test to fill and to free."""
    full: set[str] = set()
    real = os.fsync

    def fsync(handle: int) -> None:
        written = Path(os.readlink(f"/proc/self/fd/{handle}")).relative_to(tmp_path)
        if any(written.match(f"{one}*") or str(written).startswith(one) for one in full):
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr("productviz.lib.files.os.fsync", fsync)
    return full


def _ends(row: Generation) -> list[str]:
    told = Event.objects.filter(object_id=row.pk).order_by("pk").values_list("type", flat=True)
    return [one for one in told if one.removeprefix("generation.") in ENDS]


def _now(row: Generation) -> None:
    """The time that the row waits for has come."""
    Generation.objects.filter(pk=row.pk).update(not_before=None)


@pytest.mark.parametrize("part", FILES)
def test_a_full_disk_puts_a_generation_off_until_there_is_room(
    photos: Serve, drain: Drain, settings: Any, tmp_path: Path, disk: set[str], part: str
) -> None:
    with storage_of("folder", settings, tmp_path):
        row = make_generation(make_product(image_url=photos("mug.jpg")))
        disk.add(part)
        drain()
        row.refresh_from_db()
        waiting = (row.status, row.stage, row.error_code, row.retries, row.attempt)
        assert waiting == ("processing", FILES[part], "storage_failed", 1, 0)
        assert not list(tmp_path.rglob(".partial-*")), "a partial file is in the way"

        disk.clear()
        _now(row)
        drain()

        row.refresh_from_db()
        assert (row.status, row.error_code) == ("succeeded", "")
        assert _ends(row) == ["generation.completed"]


@pytest.mark.parametrize("part", ["originals/", "work/*/candidates/", "assets/"])
def test_a_disk_that_stays_full_ends_it_once_with_the_reason(
    photos: Serve, drain: Drain, settings: Any, tmp_path: Path, disk: set[str], part: str
) -> None:
    with storage_of("folder", settings, tmp_path):
        row = make_generation(make_product(image_url=photos("mug.jpg")))
        disk.add(part)
        for tried in range(1, len(STORAGE_LADDER) + 1):
            drain()
            row.refresh_from_db()
            assert (row.status, row.retries) == ("processing", tried)
            _now(row)
        drain()

        row.refresh_from_db()
        assert (row.status, row.error_code) == ("failed", "storage_failed")
        assert "disk or the bucket" in row.error_message
        assert _ends(row) == ["generation.failed"]


@pytest.mark.parametrize("stage", [Stage.PREPROCESS, Stage.INFERENCE, Stage.STORE])
def test_a_bucket_that_goes_away_in_a_stage_puts_a_generation_off(
    photos: Serve,
    drain: Drain,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: Stage,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with storage_of("bucket", settings, tmp_path) as bucket, monkeypatch.context() as patch:
        assert bucket is not None
        row = make_generation(make_product(image_url=photos("mug.jpg")))
        _once_in(patch, stage, bucket.stop)
        drain()
        row.refresh_from_db()
        assert (row.status, row.error_code, row.retries) == ("processing", "storage_failed", 1)

        bucket.start()
        _now(row)
        drain()

        row.refresh_from_db()
        assert (row.status, row.error_code) == ("succeeded", "")
        assert _ends(row) == ["generation.completed"]


def _once_in(patch: pytest.MonkeyPatch, stage: Stage, do: Callable[[], None]) -> None:
    """Let something happen right after the first generation was marked as being in a stage."""
    real, left = outcomes.enter_stage, [do]

    def then(row: Generation, *arguments: Any, **options: Any) -> None:
        real(row, *arguments, **options)
        while left and row.stage == stage:
            left.pop()()

    patch.setattr(outcomes, "enter_stage", then)


def test_a_queue_that_lost_its_rows_is_woken_by_what_still_waits(
    photos: Serve, drain: Drain
) -> None:
    row = make_generation(make_product(image_url=photos("mug.jpg")))
    assert OrmQ.objects.count() == 1
    OrmQ.objects.all().delete()

    assert work.is_due(), "the watchdog looks at the rows, not at the queue"
    assert queue.wake_now()
    work.drain()

    row.refresh_from_db()
    assert row.status == "succeeded"
