"""An asset whose files were lost is made again under its row, whatever the new bytes are."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection

from generation.assets import store as storing
from generation.assets.store import store
from generation.keys import candidate_key
from generation.models import Asset, Candidate, Generation, QualityReport
from productviz.lib import files
from tests.factories import make_generation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def _candidate(row: Generation, number: int, **contents: bytes) -> Candidate:
    """A verified candidate with a file of each content, as the pipeline keeps it."""
    facts: list[dict[str, Any]] = []
    for name, data in contents.items():
        sha256 = hashlib.sha256(data).hexdigest()
        key = candidate_key(row.workspace_id, sha256, "jpg")
        files.put("work", key, data)
        size = {"width": 9, "height": 9, "bytes": len(data)}
        facts.append({"name": name, "format": "jpeg", **size, "sha256": sha256, "key": key})
    made = Candidate.objects.create(
        generation=row, number=number, seed=0, engine="studio@0", transform={}, files=facts,
        manifest={"made": number},
    )  # fmt: skip
    QualityReport.objects.create(candidate=made, verdict="pass", score=90 + number, checks=[])
    return made


def _contents(asset: Asset) -> dict[str, bytes]:
    """What is in storage under each rendition's key."""
    rows = Asset.objects.get(pk=asset.pk).renditions.all()
    return {one.name: files.get("assets", one.key) for one in rows}


def _row() -> Generation:
    row = make_generation()
    row.fingerprint = row.pk.hex * 2
    return row


@pytest.mark.parametrize("lost", ["main", "thumbnail"])
@pytest.mark.parametrize(
    "again",
    [
        pytest.param({"main": b"one", "thumbnail": b"small"}, id="the same bytes"),
        pytest.param({"main": b"one, signed anew", "thumbnail": b"small"}, id="other bytes"),
        pytest.param({"main": b"other", "thumbnail": b"others"}, id="all other bytes"),
    ],
)
def test_a_lost_file_is_made_again_under_the_old_row(lost: str, again: dict[str, bytes]) -> None:
    row = _row()
    first = store(row, _candidate(row, 1, main=b"one", thumbnail=b"small"))
    storages["assets"].delete(first.rendition(lost).key)

    second = store(row, _candidate(row, 2, **again))

    assert second.pk == first.pk
    made = {1: {"main": b"one", "thumbnail": b"small"}, 2: again}
    # Where the new files complete the old row, it stays; else all of it is new.
    assert _contents(second) == made[second.manifest["made"]]
    assert second.score == 90 + second.manifest["made"]
    for one in second.renditions.all():
        assert hashlib.sha256(_contents(second)[one.name]).hexdigest() == one.sha256


def test_two_workers_that_make_it_again_at_once_leave_one_whole_asset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = _row()
    first = store(row, _candidate(row, 1, main=b"one"))
    storages["assets"].delete(first.main.key)
    rivals = [_candidate(row, number, main=b"made by %d" % number) for number in (2, 3)]
    both_look = threading.Barrier(2, timeout=1.0)

    def look_together(asset: Asset) -> bool:
        whole = storing_is_whole(asset)
        with suppress(threading.BrokenBarrierError):
            both_look.wait()
        return whole

    storing_is_whole = storing._is_whole
    monkeypatch.setattr(storing, "_is_whole", look_together)

    def run(candidate: Candidate) -> Asset:
        try:
            return store(row, candidate)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(run, rivals))

    assert {one.pk for one in made} == {first.pk}
    assert _contents(first) in ({"main": b"made by 2"}, {"main": b"made by 3"})
