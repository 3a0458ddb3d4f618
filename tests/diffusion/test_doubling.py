from __future__ import annotations

import pytest

from generation.inference.engines.diffusion.doubling import doubled


@pytest.mark.parametrize(("count", "seconds"), [(0, 10.0), (3, 80.0), (5, 300.0), (2_000, 300.0)])
def test_a_trouble_is_left_alone_twice_as_long_each_time(count: int, seconds: float) -> None:
    assert doubled(10.0, count, 300.0) == seconds
