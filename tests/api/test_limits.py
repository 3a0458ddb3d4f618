"""Sliding windows."""

from __future__ import annotations

import random
from typing import Any

import pytest
import time_machine

from productviz.api.limits import (
    FAILED_KEYS,
    count_failed_key,
    refuse_guessing,
    spend,
    take,
    wait,
)
from productviz.api.problems import Problem
from tests.api.caller import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_it_weighs_the_window_before_by_what_is_left_of_it() -> None:
    with time_machine.travel(60_000.0, tick=False) as clock:
        assert take("a", 8, limit=10, seconds=60) == 2
        assert take("a", 3, limit=10, seconds=60) is None
        assert take("a", 2, limit=10, seconds=60) == 0
        clock.move_to(60_060.0 + 30)
        assert take("a", 6, limit=10, seconds=60) is None, "half of ten still count"
        assert take("a", 5, limit=10, seconds=60) == 0
        clock.move_to(60_060.0 + 120)
        assert take("a", 10, limit=10, seconds=60) == 0


def test_it_counts_callers_apart() -> None:
    assert take("a", 10, limit=10, seconds=60) == 0
    assert take("b", 1, limit=10, seconds=60) == 9


def test_waiting_as_told_is_enough_and_less_is_not() -> None:
    chance = random.Random(7)
    for number in range(300):
        caller, seconds = f"caller {number}", chance.choice([60, 600, 86_400])
        limit = chance.choice([2, 7, 60, 5 * 1024**3])
        start = 20_000 * 86_400 + chance.uniform(0, seconds)
        with time_machine.travel(start, tick=False) as clock:
            for _ in range(chance.randint(1, 6)):
                take(caller, chance.randint(1, limit), limit=limit, seconds=seconds)
                clock.shift(chance.uniform(0, seconds / 2))
            amount = chance.randint(1, limit)
            told = wait(caller, amount, limit=limit, seconds=seconds)
            if told:
                assert take(caller, amount, limit=limit, seconds=seconds) is None
                clock.shift(told - 1)
                assert take(caller, amount, limit=limit, seconds=seconds) is None, "a second early"
                clock.shift(1)
            assert take(caller, amount, limit=limit, seconds=seconds) is not None


def test_a_request_that_was_refused_is_let_through_when_it_was_told_to_come(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_LIMITS = {**settings.API_LIMITS, "read": (10, 60)}
    monkeypatch.setattr(random, "randint", lambda least, most: least)
    caller = Caller()
    with time_machine.travel(60_050.0 * 60, tick=False) as clock:
        said = [caller.get("/me")[0] for _ in range(11)]
        told = int(caller.last["Retry-After"])
        clock.shift(told)

        assert (said[-1], told) == (429, 66), "a tenth of the window that follows"
        assert caller.get("/me")[0] == 200


def test_a_large_request_takes_half_a_window(settings: Any) -> None:
    settings.API_LIMITS = {**settings.API_LIMITS, "generate": (10, 60)}
    key = Caller().key
    with time_machine.travel(60_000.0, tick=False):
        left = [spend(key, "generate", 1000).remaining for _ in range(2)]
        with pytest.raises(Problem, match="quota-exceeded"):
            spend(key, "generate")

    assert left == [5, 0]


def test_a_guesser_may_try_again_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "randint", lambda least, most: least)
    with time_machine.travel(60_000.0, tick=False) as clock:
        for _ in range(FAILED_KEYS):
            refuse_guessing("192.0.2.1")
            count_failed_key("192.0.2.1")
        with pytest.raises(Problem) as refused:
            refuse_guessing("192.0.2.1")
        clock.shift(int(refused.value.headers["Retry-After"]) - 1)
        with pytest.raises(Problem):
            refuse_guessing("192.0.2.1")
        clock.shift(1)
        refuse_guessing("192.0.2.1")
    refuse_guessing("192.0.2.2")
