"""The simulation: a clock that jumps over real claims and rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from generation.models import Generation, Lane
from generation.simulation.clock import Play, Played, Station
from generation.simulation.meter import Cost, Meter
from generation.simulation.outcome import outcome_of, share
from generation.simulation.rows import ask, make_shop
from generation.simulation.stage_times import MEASURED, seconds_of
from productviz.env import ROOT
from productviz.outbox.models import Event
from tests.factories import make_generation


def test_it_keeps_as_many_waiting_as_the_database_has_no_place_for() -> None:
    station = Station(2)

    assert [station.serve(1.0, 0.5) for _ in range(5)] == [1.5, 1.5, 2.0, 2.0, 2.5]
    assert station.serve(9.0, 0.5) == 9.5


def test_it_reads_speed_from_the_middle_of_a_run() -> None:
    ends = [10.0 + number / 4 for number in range(100)]
    played = Played(ends, [1.0], [0.5], [2.2], database_busy=10.0, cpu=10.0)

    got = outcome_of(played, workers=8, places=2, seconds=[2.0])

    assert (got.per_second, got.per_day, got.images) == (4.0, 345_600, 100)
    assert (got.database_ms, got.worker_ms, got.person_ratio) == (100.0, 100.0, 1.0)
    assert share([], 0.5) == 0.0
    assert share([3.0, 1.0, 2.0], 0.95) == 3.0


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_it_plays_more_workers_faster_on_real_rows() -> None:
    shop, person = make_shop("Batch", 30), make_shop("Person", 1)
    ask(shop, 200, Lane.BULK)
    speeds = []
    for workers in (1, 8):
        played = Play(workers, 24, [4.0], Station(64), person).run()
        speeds.append(outcome_of(played, workers=workers, places=64, seconds=[4.0]).per_second)

    made = Generation.objects.filter(status="succeeded")
    assert made.count() == 48
    assert Event.objects.filter(type="generation.completed").count() == 48
    assert made.filter(workspace=person.workspace).exists()
    assert speeds[1] > 4 * speeds[0]


class Fixed(Meter):
    """Everything takes the database a tenth of a second."""

    @contextmanager
    def measured(self) -> Iterator[Cost]:
        yield Cost(cpu=0.0, database=0.1)


@pytest.mark.django_db(transaction=True)
def test_it_is_as_fast_as_the_database_where_that_is_the_limit() -> None:
    shop, person = make_shop("Batch", 60), make_shop("Person", 1)
    ask(shop, 120, Lane.BULK)

    played = Play(30, 60, [1.0], Station(1), person, meter=Fixed()).run()

    # A claim and an image's writes, one tenth of a second each, one after the other.
    got = outcome_of(played, workers=30, places=1, seconds=[1.0])
    assert got.per_second == pytest.approx(5.0, rel=0.2)
    assert got.database_busy > 0.9


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([1, 2.5], [1.0, 2.5]),
        ([{"preprocess": 1.0, "inference": 0.5, "store": 9.0}], [1.5]),
    ],
)
def test_it_reads_stage_times_from_a_file(tmp_path: Path, content: Any, expected: Any) -> None:
    path = tmp_path / "times.json"
    path.write_text(json.dumps(content))

    assert seconds_of(str(path))[0] == expected


@pytest.mark.parametrize("content", ["", "{}", "[]", '["fast"]', "[-1]"])
def test_it_says_what_is_wrong_with_stage_times(tmp_path: Path, content: str) -> None:
    path = tmp_path / "times.json"
    path.write_text(content)

    with pytest.raises(ValueError, match=str(path)):
        seconds_of(str(path))


@pytest.mark.django_db
def test_it_takes_the_stage_times_of_this_installation() -> None:
    assert "nothing was made here yet" in seconds_of(MEASURED)[1]
    row = make_generation()
    times = {"preprocess": 1.0, "inference": 2.0, "postprocess": 0.5, "store": 7.0}
    Generation.objects.filter(pk=row.pk).update(status="succeeded", stage_times=times)

    assert seconds_of(MEASURED) == ([3.5], "the newest 1 images of this installation")


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "productviz.settings",
        "PRODUCTVIZ_MODE": "development",
        "PRODUCTVIZ_DATA_DIR": str(folder),
        "PRODUCTVIZ_DATABASE_URL": "",
    }
    return subprocess.run(
        [sys.executable, "manage.py", "simulate", *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_prints_figures_and_leaves_nothing_behind(tmp_path: Path) -> None:
    times = tmp_path / "times.json"
    times.write_text("[5.0]")
    options = ("--workers", "1,4", "--generations", "16", "--stage-seconds", str(times))

    done = run(tmp_path / "data", *options, "--database-cores", "8", "--json")

    assert done.returncode == 0, done.stderr[-2000:]
    got = json.loads(done.stdout)
    assert [(row["workers"], row["images"]) for row in got["rows"]] == [(1, 16), (4, 16)]
    assert (got["image_seconds"], got["cores"]) == (5.0, 8)
    assert got["rows"][1]["per_second"] > got["rows"][0]["per_second"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == []


def test_it_refuses_more_workers_than_it_can_play(tmp_path: Path) -> None:
    done = run(tmp_path, "--workers", "501")

    assert done.returncode == 2
    assert "give numbers from 1 to 500" in done.stderr
