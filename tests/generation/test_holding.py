"""What the holder of a row writes: its version in hand, its events, and how few statements."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from generation import holding, work
from generation.errors import LeaseLost
from generation.holding import change
from generation.line import take
from generation.models import Generation, Lane
from generation.simulation.rows import ask, make_shop
from generation.simulation.stand_ins import STAND_INS
from productviz.lib.lease import new_owner
from productviz.outbox.models import Event
from tests.factories import make_generation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def test_it_counts_the_version_up_in_hand_as_in_the_table() -> None:
    make_generation()
    (row,) = take("me", limit=1)

    change(row, "me", stage="inference")
    change(row, "me", stage="postprocess")

    stored = Generation.objects.get(pk=row.pk)
    assert (stored.version, stored.stage) == (row.version, row.stage) == (3, "postprocess")
    assert stored.updated_at == row.updated_at


def test_it_looks_again_where_somebody_changed_what_no_worker_writes() -> None:
    make_generation()
    (row,) = take("me", limit=1)
    Generation.objects.filter(pk=row.pk).update(metadata={"order": "A-17"})

    change(row, "me", stage="inference")

    stored = Generation.objects.get(pk=row.pk)
    assert (stored.version, stored.metadata) == (3, {"order": "A-17"})
    assert row.version == 3


def test_it_looks_again_as_often_as_progress_is_noted_just_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_generation()
    (row,) = take("me", limit=1)
    notes = iter(range(1, 4))
    written = holding._written

    def noted_just_before(row: Generation, owner: str, changes: dict[str, Any]) -> bool:
        if steps := next(notes, 0):
            Generation.objects.filter(pk=row.pk).update(steps_done=steps)
        return written(row, owner, changes)

    monkeypatch.setattr(holding, "_written", noted_just_before)

    change(row, "me", stage="postprocess")

    stored = Generation.objects.get(pk=row.pk)
    assert (stored.stage, stored.steps_done, stored.version) == ("postprocess", 3, row.version)


def test_it_writes_nothing_once_the_lease_is_gone() -> None:
    make_generation()
    (row,) = take("me", limit=1)
    Generation.objects.filter(pk=row.pk).update(lease_owner="other")

    with pytest.raises(LeaseLost):
        change(row, "me", stage="inference")

    assert Generation.objects.get(pk=row.pk).stage == "preprocess"
    assert row.stage == "preprocess"


def test_it_tells_of_every_stage_with_the_version_that_the_row_had_then() -> None:
    row = make_generation()
    while work.run_generations(new_owner(), stages=STAND_INS):
        pass

    row.refresh_from_db()
    told = list(Event.objects.filter(object_id=row.pk).order_by("sequence"))
    assert [event.type.removeprefix("generation.") for event in told] == [
        "accepted",
        *["stage_changed"] * 5,
        "completed",
    ]
    objects: list[Any] = [event.data["object"] for event in told]
    assert [one["stage"] for one in objects[1:]] == [
        "preprocess", "inference", "postprocess", "store", "deliver", "deliver",
    ]  # fmt: skip
    assert [event.sequence for event in told] == [1, 2, 3, 4, 5, 6, 7]
    assert [one["version"] for one in objects] == [1, 2, 3, 4, 5, 6, row.version]
    assert [event.data["previous"] for event in told[1:3]] == [
        {"status": "queued", "stage": "preprocess"},
        {"status": "processing", "stage": "preprocess"},
    ]
    progress = [one["progress"] for one in objects]
    assert progress == sorted(progress)


def test_it_asks_for_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = work._Pace()
    pace.size = 8
    monkeypatch.setattr(work, "_pace", pace)
    monkeypatch.setattr(work, "HAND_BACK_SECONDS", math.inf)
    ask(make_shop("Shop", 8), 8, Lane.BULK)
    statements: Counter[str] = Counter()

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        if "generation_" in sql or "outbox_" in sql:  # not the queue's, which wakes now and then
            statements[sql.split()[0]] += 1
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        assert work.run_generations(new_owner(), stages=STAND_INS) == 8

    # For one: six states with their events, a candidate with its report, an asset with its file
    # and its event; read are the asset that there might have been, the one that there is now, and
    # twice whether the row is still ours.
    of_eight = {word: statements[word] // 8 for word in ("SELECT", "INSERT", "UPDATE", "DELETE")}
    assert of_eight == {"SELECT": 4, "INSERT": 11, "UPDATE": 6, "DELETE": 0}
