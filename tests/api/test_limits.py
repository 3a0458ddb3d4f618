"""Sliding windows."""

from __future__ import annotations

import pytest
import time_machine

from productviz.api.limits import take

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
