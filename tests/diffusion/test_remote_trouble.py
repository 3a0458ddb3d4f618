"""A serving system that paints nothing is told from one that cannot paint what was asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from generation.inference.engines.diffusion import far
from generation.inference.engines.diffusion.ask import Painted, Unpainted
from generation.inference.engines.diffusion.remote import trouble
from generation.inference.engines.diffusion.remote.trouble import Troubles
from tests.diffusion.asks import EDIT, INPAINT, painted, picture, unpainted
from tests.diffusion.conftest import Make, engine
from tests.diffusion.remote_simulator import Simulator

EDITS = "/v1/images/edits"
DOWN = Unpainted("model_unavailable", "No credit is left.", is_down=True)
LATE = Unpainted("model_timeout", "Too slow.", is_retryable=True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [1000.0]
    monkeypatch.setattr(trouble, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 302])
def test_a_system_that_paints_for_nobody_is_down(sim: Simulator, openai: Make, status: int) -> None:
    sim.faults.statuses = {EDITS: [status] * 4}
    painter = openai()

    answer = unpainted(painter)

    assert answer.is_down
    assert painter.obstacles() == {"inpaint": answer.message}


def test_a_system_that_refuses_one_ask_is_not(sim: Simulator, openai: Make) -> None:
    sim.faults.statuses = {EDITS: [400]}
    painter = openai()

    assert not unpainted(painter).is_down
    assert painter.obstacles() == {}


def test_a_host_that_is_gone_is_asked_whatever_was_known_of_it(
    sim: Simulator, comfyui: Make
) -> None:
    painter = comfyui()
    painted(painter, INPAINT)
    sim.stop()

    assert unpainted(painter, INPAINT).is_down
    assert set(painter.obstacles()) == {"inpaint"}
    assert painter.reason_against("inpaint") is not None


def test_it_is_well_again_when_it_says_so(
    sim: Simulator, openai: Make, clock: Callable[[float], None]
) -> None:
    painter = openai()
    for answer in (DOWN, Painted(picture(), {}), DOWN):
        painter._troubles.noted("edit", answer)
    painter.look()
    assert painter.obstacles() == {"edit": DOWN.message}, "not asked yet"

    clock(trouble.FIRST_SECONDS)
    painter.look()

    assert painter.obstacles() == {}
    painted(painter, EDIT)


def test_trouble_that_comes_back_lasts_longer_each_time(clock: Callable[[float], None]) -> None:
    troubles, waited = Troubles(), []
    for _ in range(7):
        troubles.noted("edit", DOWN)
        seconds = 0
        while troubles.reasons():
            clock(5.0)
            seconds += 5
            troubles.look(lambda task: None)
        waited.append(seconds)

    assert waited == [10, 20, 40, 80, 160, 300, 300]


def test_one_late_picture_is_its_own_fault_and_two_are_the_systems() -> None:
    troubles = Troubles()

    answers = [troubles.noted("edit", LATE) for _ in range(2)]

    assert [answer.is_down for answer in answers if isinstance(answer, Unpainted)] == [False, True]


def test_it_is_not_asked_before_the_time_that_it_asked_for(clock: Callable[[float], None]) -> None:
    asked: list[str] = []

    def ask(task: str) -> None:
        asked.append(task)

    troubles = Troubles()
    troubles.noted("edit", replace(DOWN, after=900.0))
    clock(899.0)
    troubles.look(ask)
    assert asked == []

    clock(2.0)
    troubles.look(ask)

    assert asked == ["edit"]


@pytest.fixture
def fresh() -> Iterator[None]:
    far.painter.cache_clear()
    yield
    far.painter.cache_clear()


def test_a_kind_is_not_painted_while_its_task_is_not(
    fresh: None, sim: Simulator, settings: Any
) -> None:
    settings.REMOTE_ENGINE = engine(
        f"http://{sim.host}/v1", "openai", kinds=frozenset({"ai_scene", "edit", "relight"})
    )
    assert far.obstacles() == {}

    far.painter()._troubles.noted("edit", DOWN)

    assert far.obstacles() == {"edit": DOWN.message, "relight": DOWN.message}


def test_a_workflow_that_cannot_be_read_stops_all_kinds(
    fresh: None, sim: Simulator, settings: Any, tmp_path: Any
) -> None:
    (tmp_path / "edit.json").write_text("{")
    settings.REMOTE_ENGINE = engine(f"http://{sim.host}", "comfyui", workflows=tmp_path)

    far.look()

    assert set(far.obstacles()) == {"ai_scene", "edit"}
    assert "cannot be read" in far.obstacles()["edit"]
