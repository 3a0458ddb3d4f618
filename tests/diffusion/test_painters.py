"""Who is asked for a picture: a serving system from each picture's own thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from generation.inference.engines.diffusion import far, here, painters
from generation.inference.engines.diffusion.ask import Answer, Ask, Painted, Watch
from tests.diffusion.conftest import engine
from tests.diffusion.painters import NumpyPainter, ask


class Slow(NumpyPainter):
    """Paints what is called "slow" only once it may; several at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_end = threading.Event(), threading.Event()

    def paint(self, asks: Sequence[Ask], watches: Sequence[Watch]) -> list[Answer]:
        """One answer each."""
        if asks[0].prompt == "slow":
            self.begun.set()
            assert self.may_end.wait(30)
        return super().paint(asks, watches)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    painter = Slow()
    monkeypatch.setattr(painters, "_made", {})
    monkeypatch.setattr(far, "painter", lambda: painter)
    monkeypatch.setattr(here, "painter", NumpyPainter)
    yield painter
    painter.may_end.set()
    painters.close()


@pytest.mark.parametrize("model", ["tiny", "other"])
def test_no_picture_of_a_serving_system_waits_for_another(
    slow: Slow, settings: Any, model: str
) -> None:
    settings.REMOTE_ENGINE = engine("https://gpu.example.com", "comfyui", at_once=2)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(painters.paint_one, ask(1, prompt="slow"), "edit")
        try:
            assert slow.begun.wait(10)
            second = pool.submit(painters.paint_one, ask(2, model=model), "edit")

            assert isinstance(second.result(10), Painted)
            assert not first.done()
        finally:
            slow.may_end.set()
        assert isinstance(first.result(10), Painted)


def test_what_it_does_not_paint_is_painted_here(slow: Slow, settings: Any) -> None:
    settings.REMOTE_ENGINE = engine("https://gpu.example.com", "comfyui")

    assert isinstance(painters.paint_one(ask(1), "upscale"), Painted)

    assert slow.goes == []


def test_closing_closes_both(slow: Slow, settings: Any) -> None:
    settings.REMOTE_ENGINE = engine("https://gpu.example.com", "comfyui")
    painters.paint_one(ask(1), "edit")

    painters.close()

    assert slow.is_closed
