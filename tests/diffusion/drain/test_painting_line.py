"""The line that painted rows wait in: who claims them, which together, and in whose turn."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from generation import painting_work
from generation.line import is_risky, take, take_alike
from generation.models import Generation, Lane
from generation.painting_work import run_paintings
from generation.stages import REAL, Stages
from productviz import work as queue_work
from productviz.lib import favour
from productviz.lib.lease import new_owner
from tests.diffusion.conftest import engine
from tests.diffusion.drain.host import SERVES, Hosts, again, statuses
from tests.diffusion.drain.rows import asked, shop
from tests.diffusion.drain.stages import PAIR

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def test_it_leaves_painted_rows_to_the_painters_and_the_others_to_the_rest(hosts: Hosts) -> None:
    here = shop()
    asked(here, 2)
    host = hosts()
    host.prepare()
    assert take(new_owner(), limit=16) == []
    plain = asked(here, 2, first=4)

    assert take_alike(new_owner(), limit=16, serves={"edit/fast"}) == []
    assert take_alike(new_owner(), limit=16, serves=set()) == []
    assert len(take_alike(new_owner(), limit=16, serves=SERVES)) == 2
    assert [row.pk for row in take(new_owner(), limit=16)] == [row.pk for row in plain]


def test_it_waits_in_line_while_nobody_serves_it(hosts: Hosts) -> None:
    rows = asked(shop(), 2)
    host = hosts()
    host.prepare()

    assert run_paintings(new_owner(), host.stages, frozenset({"edit/best"})) == 0

    assert statuses(rows) == ["processing"] * 2
    assert {row.attempt for row in again(rows)} == {0}
    assert painting_work.is_due()
    assert queue_work.is_due("gpu")
    assert not queue_work.is_due("default")


def test_it_claims_the_first_and_those_near_it_of_its_kind(hosts: Hosts) -> None:
    here = shop()
    asked(here, 3, "large")
    asked(here, 3, "tiny", first=3)
    asked(here, 3, "large", first=6)
    hosts().prepare()

    first = take_alike("a", limit=4, serves=SERVES)
    second = take_alike("b", limit=8, serves=SERVES)
    third = take_alike("c", limit=8, serves=SERVES)

    words = [
        [row.compatibility.rpartition("/")[2] for row in part] for part in (first, second, third)
    ]
    assert words == [["large"] * 4, ["tiny"] * 3, ["large"] * 2]


def in_two_models() -> frozenset[str]:
    """Give every row of "large" words to another line-up; what a host of both serves."""
    large = Generation.objects.filter(compatibility__endswith="/large")
    large.update(compatibility="ai_scene/best/large")
    return SERVES | {"ai_scene/best"}


def test_it_stays_with_what_is_loaded_for_a_while(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favour, "MOST_IN_A_ROW", 3)
    here = shop()
    for first in range(0, 16, 4):
        asked(here, 2, "large", first=first)
        asked(here, 2, "tiny", first=first + 2)
    hosts().prepare()
    serves, mine = in_two_models(), favour.Favour()

    claims = [take_alike(name, limit=2, serves=serves, favour=mine) for name in "abcdefgh"]

    assert ["best" if "best" in rows[0].compatibility else "fast" for rows in claims] == [
        *["best", "best", "fast", "fast"],
        *["best", "best", "fast", "fast"],
    ]


def test_what_came_later_does_not_pass_what_is_loaded_either(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favour, "MOST_IN_A_ROW", 3)
    here = shop()
    asked(here, 8, "tiny")
    asked(here, 2, "large", first=8)
    hosts().prepare()
    serves, mine = in_two_models(), favour.Favour()

    claims = [take_alike(name, limit=2, serves=serves, favour=mine) for name in "abcde"]

    assert ["large" in rows[0].compatibility for rows in claims] == [False] * 4 + [True]


def test_it_counts_only_what_is_painted_with_what_is_loaded(hosts: Hosts) -> None:
    here, mine = shop(), favour.Favour()
    asked(here, 4)
    hosts().prepare()
    Generation.objects.update(is_suspect=True)

    take_alike("a", limit=4, serves=SERVES, favour=mine)

    assert mine.painted == 1, "the others went back: each goes alone"


def test_nothing_that_is_loaded_passes_a_person(hosts: Hosts) -> None:
    here, person = shop(), shop()
    asked(here, 4, lane=Lane.BULK)
    host, mine = hosts(), favour.Favour()
    host.prepare()
    take_alike("a", limit=1, serves=SERVES, favour=mine)
    (row,) = asked(person, 1, "large", lane=Lane.INTERACTIVE)
    host.prepare()

    claimed = take_alike("b", limit=8, serves=in_two_models(), favour=mine)

    assert [one.pk for one in claimed] == [row.pk]


def test_it_looks_only_so_far_ahead(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.line.LOOK_AHEAD", 4)
    here = shop()
    asked(here, 1, "large")
    asked(here, 5, "tiny", first=1)
    asked(here, 1, "large", first=6)
    hosts().prepare()

    assert len(take_alike("a", limit=8, serves=SERVES)) == 1


def test_it_lets_workspaces_take_turns_in_the_painters_line(hosts: Hosts) -> None:
    large, small = shop(), shop()
    asked(large, 30, lane=Lane.BULK)
    host = hosts()
    host.prepare()
    assert len(take_alike("a", limit=8, serves=SERVES)) == 8

    asked(small, 4, lane=Lane.BULK)
    host.prepare()

    claimed = take_alike("b", limit=8, serves=SERVES)
    assert [row.workspace_id for row in claimed].count(small.workspace.pk) == 4
    assert len(claimed) == 8


def test_it_serves_a_person_before_a_batch(hosts: Hosts) -> None:
    large, person = shop(), shop()
    asked(large, 20, lane=Lane.BULK)
    host = hosts()
    host.prepare()
    (row,) = asked(person, 1, lane=Lane.INTERACTIVE)
    host.prepare()

    assert take_alike("a", limit=8, serves=SERVES)[0].pk == row.pk


def test_it_never_gives_a_row_to_two_painters(hosts: Hosts) -> None:
    rows = asked(shop(), 40)
    hosts().prepare()
    claimed: list[Any] = []

    def claim() -> None:
        try:
            for _ in range(8):
                claimed.extend(row.pk for row in take_alike(new_owner(), limit=3, serves=SERVES))
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed))
    assert set(claimed) <= {row.pk for row in rows}


def test_a_batch_with_a_limit_is_kept_to_it_in_the_painters_line(hosts: Hosts) -> None:
    from generation.models import Batch

    here = shop()
    batch = Batch.objects.create(
        workspace=here.workspace,
        store=here.store,
        preset_version=here.version,
        publish="none",
        concurrency=2,
    )
    asked(here, 6, batch=batch)
    hosts().prepare()

    claimed = [take_alike(f"w{n}", limit=8, serves=SERVES) for n in range(4)]

    assert [len(part) for part in claimed] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"attempt": 1, "painter_waits": 9}, False, id="only waited"),
        pytest.param({"attempt": 2}, True, id="cost a worker"),
        pytest.param({"is_suspect": True}, True, id="failed here"),
        pytest.param({"retries": 1}, False, id="no file"),
    ],
)
def test_only_a_risk_goes_alone(facts: dict[str, Any], expected: bool) -> None:
    assert is_risky(Generation(compatibility=f"{PAIR}/tiny", **facts)) is expected


def test_what_failed_in_a_serving_system_is_no_risk_to_others(settings: Any) -> None:
    settings.REMOTE_ENGINE = engine("https://gpu.example.com", "comfyui")

    assert not is_risky(Generation(compatibility="edit/fast/x", is_suspect=True))
    assert is_risky(Generation(compatibility="upscale/fast/x", is_suspect=True)), "painted here"
    assert is_risky(Generation(compatibility="edit/fast/x", attempt=2))


def test_real_stages_name_who_can_paint(monkeypatch: pytest.MonkeyPatch) -> None:
    from generation.inference import render
    from generation.spec import PresetSpec

    monkeypatch.setattr(render, "engine_version", lambda spec: "diffusion@1")
    stages: Stages = REAL
    spec = {"kind": "ai_scene", "outputs": [{"name": "main", "width": 800, "height": 800}]}
    one = PresetSpec.model_validate({**spec, "painting": {"prompt": "a table"}})
    other = PresetSpec.model_validate({**spec, "painting": {"prompt": "a beach"}})
    best = PresetSpec.model_validate({**spec, "painting": {"prompt": "a table", "line_up": "best"}})

    assert stages.compatibility(one) == stages.compatibility(other)
    assert stages.compatibility(one).startswith("ai_scene/fast/")
    assert len(stages.compatibility(one)) == 32
    assert stages.compatibility(best).startswith("ai_scene/best/")
    assert stages.compatibility(PresetSpec()) == ""
