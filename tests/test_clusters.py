"""What workers of a cluster do, whatever an operator calls it."""

from __future__ import annotations

import pytest

from generation import painting_work
from productviz import work


def _asked(monkeypatch: pytest.MonkeyPatch, name: str) -> set[str]:
    """The sources that a slice of this cluster asks; all have nothing."""
    asked: set[str] = set()

    def run(rounds: work._Rounds, *, everyone: bool = False) -> int:
        asked.update(source.__name__ for source in rounds._again_at)
        return 0

    monkeypatch.setenv("Q_CLUSTER_NAME", name)
    monkeypatch.setattr(work._Rounds, "run", run)
    assert work.drain() == 0
    return asked


def test_a_cluster_of_any_name_does_what_the_default_one_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = {source.__name__ for source in work.SOURCES}

    assert _asked(monkeypatch, "default") == _asked(monkeypatch, "night shift") == usual


def test_the_gpu_cluster_paints_and_does_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _asked(monkeypatch, "gpu") == {painting_work.run_paintings.__name__}
