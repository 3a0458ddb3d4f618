"""A painter in a process of its own: what crosses the pipe, and every way the process can end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.inference.engines.diffusion import local, painter_process, troubles
from generation.inference.engines.diffusion.ask import Ask, Painted, Unpainted
from generation.inference.engines.diffusion.local import TROUBLE, LocalPainter, alike
from generation.inference.engines.diffusion.painter_process import DIED, NOT_STARTED
from generation.inference.engines.diffusion.watching import silent
from generation.inference.engines.diffusion.wire import Connection, Paint, Standing
from productviz.env import ROOT
from tests.diffusion.painters import ask, colour_of
from tests.diffusion.slow_painter import UNLOADABLE
from tests.diffusion.test_gathering import Note, wait_for

Start = Callable[..., LocalPainter]
SLOW = [sys.executable, "-m", "tests.diffusion.slow_painter"]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.chdir(ROOT)
    painters: list[LocalPainter] = []

    def begin(*options: str, **limits: Any) -> LocalPainter:
        painters.append(LocalPainter([*SLOW, *options], **limits))
        return painters[-1]

    yield begin
    for painter in painters:
        painter.close()


def paint(painter: LocalPainter, *asks: Ask) -> list[Any]:
    return list(painter.paint(asks, [silent] * len(asks)))


def pid(painter: LocalPainter) -> int:
    assert painter._child is not None
    assert painter._child._process is not None
    return painter._child._process.pid


def is_alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_it_paints_what_is_asked_and_tells_of_every_step(start: Start) -> None:
    painter, note = start("--steps", "3"), Note()

    answers = painter.paint([ask(1), ask(2)], [note, silent])

    assert [int(one.rgb[0, 0, 0]) for one in answers if isinstance(one, Painted)] == [
        colour_of(ask(1)),
        colour_of(ask(2)),
    ]
    assert note.steps == [(1, 3), (2, 3), (3, 3)]
    assert painter.standing() == Standing("numpy", 1_000, 2_000, ("tiny",))


def test_it_takes_arrays_over_the_pipe_as_they_are() -> None:
    one, other = (Connection(end) for end in socket.socketpair())
    dice = np.random.default_rng(1)
    image = dice.integers(0, 256, (1024, 768, 3), np.uint8)
    sent = Paint(7, (replace(ask(), image=image[::2], mask=image[..., 0], references=(image,)),))
    sender = threading.Thread(target=one.send, args=(sent,))
    sender.start()

    got = other.receive()
    sender.join()
    one.close()

    assert isinstance(got, Paint)
    assert got.number == 7
    (back,) = got.asks
    assert back.image is not None
    assert back.mask is not None
    assert np.array_equal(back.image, image[::2])
    assert np.array_equal(back.mask, image[..., 0])
    assert np.array_equal(back.references[0], image)
    with pytest.raises(EOFError):
        other.receive()


def test_it_paints_in_parts_what_does_not_fit_and_learns_how_much_does(start: Start) -> None:
    painter = start("--most", "3")
    assert painter.most_at_once(ask()) == 8

    answers = paint(painter, *(ask(seed) for seed in range(7)))

    assert [int(one.rgb[0, 0, 0]) for one in answers] == [colour_of(ask(n)) for n in range(7)]
    assert painter.most_at_once(ask()) == 3
    assert painter.most_at_once(ask(model="other")) == 8


def test_it_puts_together_what_differs_in_its_own_things_only() -> None:
    one = ask(1)
    assert alike(one) == alike(replace(one, seed=2, prompt="else", negative_prompt="x"))
    others = [
        replace(one, model="large"),
        replace(one, width=16),
        replace(one, references=(np.zeros((4, 4, 3), np.uint8),)),
        replace(one, task="edit"),
        replace(one, factor=2),
    ]
    assert len({alike(other) for other in [one, *others]}) == 6


def test_it_gives_up_one_of_a_go_between_two_steps(start: Start) -> None:
    painter, note = start("--steps", "40", "--seconds", "0.05"), Note()
    note.step = lambda done, of: note.canceled.set()  # type: ignore[method-assign]
    began = time.monotonic()

    gone, kept = painter.paint([ask(1), ask(2)], [note, silent])

    assert isinstance(gone, Unpainted)
    assert gone.code == "canceled"
    assert isinstance(kept, Painted)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("word", ["die", "raise"])
def test_it_answers_for_a_process_that_dies_and_starts_another(start: Start, word: str) -> None:
    painter = start()
    paint(painter, ask())
    first = pid(painter)

    answers = paint(painter, ask(1), ask(2, prompt=word))

    assert answers == [Unpainted("model_unavailable", DIED, is_retryable=True, is_suspect=True)] * 2
    (again,) = paint(painter, ask(3))
    assert int(again.rgb[0, 0, 0]) == colour_of(ask(3))
    assert pid(painter) != first
    assert not is_alive(first)


def test_it_answers_for_a_process_that_is_killed_in_the_middle(start: Start) -> None:
    painter, note = start("--steps", "400", "--seconds", "0.05"), Note()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(painter.paint, [ask()], [note])
        wait_for(lambda: bool(note.steps))
        os.kill(pid(painter), signal.SIGKILL)
        (answer,) = future.result(10)

    assert answer == Unpainted("model_unavailable", DIED, is_retryable=True, is_suspect=True)


def test_it_kills_a_process_that_gives_no_sign_of_life(start: Start) -> None:
    painter = start(longest_silence=0.5)
    paint(painter, ask())
    first = pid(painter)

    (answer,) = paint(painter, ask(prompt="hang"))

    assert isinstance(answer, Unpainted)
    assert (answer.code, answer.is_retryable) == ("model_timeout", True)
    assert "no sign of life" in answer.message
    assert not is_alive(first)
    assert isinstance(paint(painter, ask(2))[0], Painted)


def test_it_says_why_a_process_cannot_be_used(start: Start) -> None:
    painter = start("--unusable", "No GPU is to be seen here.")

    (answer,) = paint(painter, ask())

    assert (answer.code, answer.message) == ("model_unavailable", "No GPU is to be seen here.")
    assert answer.is_down
    assert painter.standing() is None
    assert painter.obstacle == "No GPU is to be seen here."


def test_it_forgets_why_it_could_not_paint_once_it_can(start: Start) -> None:
    painter = start()
    painter.obstacle = "No GPU is to be seen here."

    paint(painter, ask())

    assert painter.obstacle == ""


@pytest.mark.parametrize(
    "command", [["/nowhere/python"], [sys.executable, "-c", "raise SystemExit(3)"]]
)
def test_it_answers_where_no_process_starts(command: list[str]) -> None:
    painter = LocalPainter(command)

    (answer,) = paint(painter, ask())

    assert (answer.code, answer.message) == ("model_unavailable", NOT_STARTED)
    assert answer.is_down
    assert not answer.is_suspect, "it was in nobody's hands"
    painter.close()


def test_it_starts_a_process_that_dies_again_and_again_ever_later(
    tmp_path: Path, start: Start
) -> None:
    starts = tmp_path / "starts"
    painter = start("--starts", str(starts))
    began = time.monotonic()

    answers = [paint(painter, ask(number, prompt="die"))[0] for number in range(3)]

    assert time.monotonic() - began >= 1 + 2, "it waits for one second, then for two"
    assert starts.read_bytes() == b"..."
    assert painter._failures == 3
    assert [answer.is_down for answer in answers] == [False, True, True]
    assert all(answer.is_suspect for answer in answers), "whichever it was: each goes alone"
    assert painter.obstacle == TROUBLE


def test_a_picture_that_ends_one_process_after_another_is_to_blame_itself(start: Start) -> None:
    painter = start()
    poison = ask(7, prompt="die")

    together = paint(painter, ask(1), poison)
    alone = [paint(painter, poison)[0] for _ in range(3)]
    (other,) = paint(painter, ask(1))

    assert not any(answer.is_down for answer in [*together, *alone])
    assert painter.obstacle == ""
    assert isinstance(other, Painted)


def test_pictures_of_a_catalog_are_not_taken_for_one_another(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "LONGEST_BACK_OFF", 0.05)
    painter = start()
    same = ask(0, prompt="die")

    answers = [
        paint(painter, replace(same, image=np.full((8, 8, 3), product, np.uint8)))[0]
        for product in range(3)
    ]

    assert [answer.is_down for answer in answers] == [False, True, True]
    assert painter.obstacle == TROUBLE


def test_a_picture_is_known_by_all_that_is_shown_to_a_model() -> None:
    one = replace(ask(), mask=np.zeros((8, 8), np.uint8))
    shown = np.ones((8, 8, 3), np.uint8)
    others = [
        replace(one, image=shown),
        replace(one, image=None),
        replace(one, mask=shown[..., 0]),
        replace(one, references=(shown,)),
        replace(one, references=(shown, shown)),
        replace(one, references=(shown[::2, ::2],)),
        replace(one, prompt="another"),
        replace(one, seed=2),
    ]
    assert len({local._suspect(other) for other in [one, *others]}) == 9
    assert local._suspect(one) == local._suspect(replace(one, mask=np.zeros((8, 8), np.uint8)))


# -- a model that does not load


def test_a_model_that_does_not_load_is_left_alone_for_a_while(start: Start) -> None:
    painter = start()
    broken = ask(prompt="unloadable", model="b")

    assert paint(painter, broken) == [UNLOADABLE]

    assert painter.troubles.reasons() == {"b": UNLOADABLE.message}
    assert paint(painter, ask(model="b")) == [UNLOADABLE], "it is not even asked"
    assert isinstance(paint(painter, ask(model="a"))[0], Painted), "others go on"
    assert (painter.obstacle, painter._failures) == ("", 0)


def test_it_tries_a_model_again_and_forgets_that_it_did_not_load(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(troubles, "FIRST_SECONDS", 0.0)
    painter = start()
    assert paint(painter, ask(prompt="unloadable")) == [UNLOADABLE]

    assert isinstance(paint(painter, ask())[0], Painted)

    assert painter.troubles._of == {}


def test_a_model_that_does_not_load_again_and_again_is_tried_ever_later() -> None:
    found, waits = troubles.ModelTroubles(), []

    for _ in range(7):
        found.note("b", [UNLOADABLE])
        waits.append(round(found._of["b"].until - time.monotonic()))
    found.note("b", [Unpainted("canceled", "Given up.")])

    assert waits == [10, 20, 40, 80, 160, 300, 300]
    assert found.reasons() == {"b": UNLOADABLE.message}


# -- a device that is lost, or a process that hears nothing, while nothing is painted


def test_a_process_whose_device_is_lost_while_it_is_idle_is_started_again(start: Start) -> None:
    painter = start("--looks", "2")
    paint(painter, ask())
    first = painter._child
    assert painter.standing() is not None

    assert painter.standing() is None

    assert painter._failures == 1
    (answer,) = paint(painter, replace(ask(3), image=np.zeros((1024, 1024, 3), np.uint8)))
    assert isinstance(answer, Painted)
    assert painter._child is not first


def test_a_process_that_ends_again_and_again_while_it_is_idle_is_an_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "LONGEST_BACK_OFF", 0.01)
    painter = LocalPainter([sys.executable, "-c", "raise SystemExit(3)"])

    wait_for(lambda: painter.standing() is None and bool(painter.obstacle))

    assert painter.obstacle == TROUBLE
    painter.close()


def test_a_frozen_process_blocks_nobody_who_sends_to_it(start: Start) -> None:
    painter = start(longest_silence=1.5)
    paint(painter, ask())
    process = pid(painter)
    os.kill(process, signal.SIGSTOP)
    large = replace(ask(3), image=np.zeros((2048, 2048, 3), np.uint8))
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(paint, painter, large)
        wait_for(lambda: painter._is_in_go)
        began = time.monotonic()
        painter.standing()
        assert time.monotonic() - began < 4, "a heartbeat goes on"
        (answer,) = future.result(20)

    assert (answer.code, answer.is_retryable) == ("model_timeout", True)
    assert not is_alive(process)


def test_a_frozen_process_is_ended_though_nothing_is_painted(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painter_process, "TELL_SECONDS", 0.2)
    painter = start(longest_silence=0.5)
    paint(painter, ask())
    process = pid(painter)
    os.kill(process, signal.SIGSTOP)

    wait_for(lambda: painter.standing() is None)

    assert not is_alive(process)


def test_it_ends_its_process_when_it_is_closed(start: Start) -> None:
    painter = start()
    paint(painter, ask())
    process = pid(painter)

    painter.close()

    assert not is_alive(process)
    (answer,) = paint(painter, ask())
    assert isinstance(answer, Unpainted)
    assert answer.is_retryable


_PARENT = """
import sys, time
from generation.inference.engines.diffusion.local import LocalPainter
from generation.inference.engines.diffusion.watching import silent
from tests.diffusion.painters import ask
painter = LocalPainter([sys.executable, "-m", "tests.diffusion.slow_painter", "--seconds", "60"])
while painter.standing() is None:
    time.sleep(0.05)
print(painter._child._process.pid, flush=True)
painter.paint([ask()], [silent])
"""


def test_its_process_dies_with_its_parent_in_the_middle_of_a_go() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(child, signal.SIGTERM)  # whoever stops a whole group means its leader
    time.sleep(0.3)
    assert is_alive(child)

    parent.kill()
    parent.wait()

    wait_for(lambda: not is_alive(child))
