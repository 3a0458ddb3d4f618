"""A worker that paints, in the test's own process, with a painter without a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from generation import painting_work, work
from productviz.lib.favour import Favour
from tests.diffusion.drain.host import Host


@pytest.fixture(autouse=True)
def paces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painting_work, "_pace", painting_work._Pace())
    monkeypatch.setattr(painting_work, "_favour", Favour())
    monkeypatch.setattr(work, "_pace", work._Pace())


@pytest.fixture
def hosts() -> Iterator[Callable[..., Host]]:
    made: list[Host] = []

    def make(**options: Any) -> Host:
        made.append(Host(**options))
        return made[-1]

    yield make
    for host in made:
        host.room.close()
