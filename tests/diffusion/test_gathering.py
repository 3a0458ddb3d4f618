"""Pictures that are asked for one by one, and what goes to the painter together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.ask import Answer, Ask, Painted, Unpainted
from generation.inference.engines.diffusion.gathering import CANCELED, CLOSED, Gathering
from generation.inference.engines.diffusion.watching import silent
from productviz.lib import favour
from tests.diffusion.painters import NumpyPainter, ask, colour_of

Open = Callable[..., Gathering]
Begin = Callable[..., "Future[Answer]"]


class Note:
    """A watch that notes, and gives up when it is told to."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.canceled = threading.Event()

    def step(self, done: int, of: int) -> None:
        self.steps.append((done, of))

    def is_canceled(self) -> bool:
        return self.canceled.is_set()


@pytest.fixture
def open_room() -> Iterator[Open]:
    rooms: list[Gathering] = []

    def start(painter: NumpyPainter, most_wait: float = 0.08) -> Gathering:
        rooms.append(Gathering(painter, most_wait))
        return rooms[-1]

    yield start
    for room in rooms:
        room.close()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool


def colour(answer: Answer) -> int:
    assert isinstance(answer, Painted), answer
    return int(answer.rgb[0, 0, 0])


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.002)


def test_it_paints_together_what_arrives_together_and_gives_each_its_own(
    open_room: Open, threads: ThreadPoolExecutor
) -> None:
    painter = NumpyPainter(most=8)
    room = open_room(painter, most_wait=5.0)
    asks = [ask(seed) for seed in range(8)]

    answers = list(threads.map(lambda one: room.paint_one(one, silent), asks))

    assert [colour(answer) for answer in answers] == [colour_of(one) for one in asks]
    assert len(painter.goes) == 1, "a full go waits for nobody"
    assert sorted(painter.goes[0]) == list(range(8))


def test_it_waits_no_longer_than_it_may_for_others(open_room: Open) -> None:
    painter = NumpyPainter(most=8)
    room = open_room(painter, most_wait=0.2)
    began = time.monotonic()

    room.paint_one(ask(1), silent)

    assert 0.2 <= time.monotonic() - began < 2.0
    assert painter.goes == [[1]]


def test_it_does_not_wait_at_all_for_a_painter_of_one(open_room: Open) -> None:
    room = open_room(NumpyPainter(most=1), most_wait=30.0)

    assert colour(room.paint_one(ask(3), silent)) == colour_of(ask(3))


def test_it_never_puts_two_keys_into_one_go_nor_more_than_fit(
    open_room: Open, threads: ThreadPoolExecutor
) -> None:
    painter = NumpyPainter(most=4, seconds=0.002)
    room = open_room(painter)
    asks = [ask(seed, model="even" if seed % 2 == 0 else "odd") for seed in range(48)]

    answers = list(threads.map(lambda one: room.paint_one(one, silent), asks))

    assert [colour(answer) for answer in answers] == [colour_of(one) for one in asks]
    assert sorted(seed for go in painter.goes for seed in go) == list(range(48))
    for go in painter.goes:
        assert len(go) <= 4
        assert len({seed % 2 for seed in go}) == 1, go


def busy(painter: NumpyPainter, room: Gathering, threads: ThreadPoolExecutor) -> threading.Event:
    """Keep the painter with one ask of key "held" until the event is set."""
    release = threading.Event()

    def hold(asks: Sequence[Ask]) -> None:
        if asks[0].model == "held":
            release.wait(20)

    painter.on_paint = hold
    threads.submit(room.paint_one, ask(999, model="held"), silent)
    wait_for(lambda: bool(painter.goes))
    return release


def arrive(
    room: Gathering, threads: ThreadPoolExecutor, asks: Sequence[Ask]
) -> list[Future[Answer]]:
    """Let them arrive one after the other."""
    futures = []
    for one in asks:
        already = len(room._waiting)
        futures.append(threads.submit(room.paint_one, one, silent))
        wait_for(lambda already=already: len(room._waiting) > already)  # type: ignore[misc]
    return futures


def models(painter: NumpyPainter, room_asks: Sequence[Ask]) -> list[str]:
    """The keys of the goes after the first, in order."""
    of = {one.seed: one.model for one in room_asks}
    return [of[go[0]] for go in painter.goes[1:]]


def test_it_takes_the_longest_waiting_first_and_stays_with_its_key(
    open_room: Open, threads: ThreadPoolExecutor
) -> None:
    painter = NumpyPainter(most=2)
    room = open_room(painter, most_wait=0.0)
    release = busy(painter, room, threads)
    asks = [ask(seed, model="ab"[seed % 2]) for seed in range(8)]
    futures = arrive(room, threads, asks)
    release.set()
    for future in futures:
        future.result(10)

    assert models(painter, asks) == ["a", "a", "b", "b"]
    assert painter.goes[1:] == [[0, 2], [4, 6], [1, 3], [5, 7]]


def test_it_leaves_the_loaded_model_after_so_many_that_others_have_waited_for(
    open_room: Open, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favour, "MOST_IN_A_ROW", 4)
    painter = NumpyPainter(most=2)
    room = open_room(painter, most_wait=0.0)
    release = busy(painter, room, threads)
    asks = [ask(seed, model="b" if seed in (1, 2) else "a") for seed in range(12)]
    futures = arrive(room, threads, asks)
    release.set()
    for future in futures:
        future.result(10)

    assert models(painter, asks) == ["a", "a", "b", "a", "a", "a"]


def test_it_leaves_the_loaded_model_after_so_long(
    open_room: Open, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favour, "LONGEST_RUN", 0.1)
    painter = NumpyPainter(most=2, steps=1, seconds=0.08)
    room = open_room(painter, most_wait=0.0)
    release = busy(painter, room, threads)
    asks = [ask(seed, model="b" if seed == 1 else "a") for seed in range(12)]
    futures = arrive(room, threads, asks)
    release.set()
    for future in futures:
        future.result(20)

    assert models(painter, asks).index("b") in (1, 2, 3), painter.goes


def test_it_fails_only_the_go_that_the_painter_raised_over(
    open_room: Open, threads: ThreadPoolExecutor
) -> None:
    def refuse(asks: Sequence[Ask]) -> None:
        if any(one.prompt == "poison" for one in asks):
            raise EngineUnavailable("No model here.")

    painter = NumpyPainter(most=4, on_paint=refuse)
    room = open_room(painter, most_wait=0.0)
    poison = ask(1, model="other", prompt="poison")
    bad = threads.submit(room.paint_one, poison, silent)
    good = [threads.submit(room.paint_one, ask(seed), silent) for seed in range(5)]

    with pytest.raises(EngineUnavailable, match="No model here"):
        bad.result(10)
    assert [colour(one.result(10)) for one in good] == [colour_of(ask(seed)) for seed in range(5)]
    assert colour(room.paint_one(ask(9), silent)) == colour_of(ask(9)), "the room lives on"


def test_it_fails_the_go_of_a_painter_that_answers_too_few(open_room: Open) -> None:
    painter = NumpyPainter()
    painter.paint = lambda asks, watches: []  # type: ignore[method-assign]

    with pytest.raises(ValueError, match="shorter"):
        open_room(painter, most_wait=0.0).paint_one(ask(), silent)


def test_it_tells_who_watches_of_the_beginning_and_every_step(open_room: Open) -> None:
    note = Note()

    open_room(NumpyPainter(steps=3), most_wait=0.0).paint_one(ask(), note)

    assert note.steps == [(0, 1), (1, 3), (2, 3), (3, 3)]


def test_it_lets_go_at_once_who_is_given_up_while_others_are_painted(
    open_room: Open, threads: ThreadPoolExecutor
) -> None:
    painter, note = NumpyPainter(), Note()
    room = open_room(painter, most_wait=0.0)
    release = busy(painter, room, threads)
    waiting = threads.submit(room.paint_one, ask(5), note)
    wait_for(lambda: len(room._waiting) == 1)

    note.canceled.set()

    assert waiting.result(5) == CANCELED
    release.set()
    assert note.steps == []
    room.paint_one(ask(6), silent)
    assert painter.goes == [[999], [6]]


def test_it_answers_who_still_waits_when_it_is_closed(threads: ThreadPoolExecutor) -> None:
    painter = NumpyPainter()
    room = Gathering(painter, most_wait=0.0)
    release = busy(painter, room, threads)
    waiting = threads.submit(room.paint_one, ask(5), silent)
    wait_for(lambda: len(room._waiting) == 1)
    closing = threads.submit(room.close)

    answer = waiting.result(5)
    release.set()
    closing.result(5)

    assert isinstance(answer, Unpainted)
    assert (answer, answer.is_retryable) == (CLOSED, True)
    assert painter.is_closed
    assert room.paint_one(ask(6), silent) == CLOSED


def test_it_costs_less_than_two_milliseconds_an_image(
    open_room: Open, threads: ThreadPoolExecutor
) -> None:
    count, room = 800, open_room(NumpyPainter(most=8, steps=4))
    list(threads.map(lambda seed: room.paint_one(ask(seed), silent), range(64)))
    before = time.process_time()

    list(threads.map(lambda seed: room.paint_one(ask(seed), silent), range(count)))

    each = (time.process_time() - before) / count * 1000
    print(f"batching costs {each:.3f} ms an image")  # noqa: T201
    assert each < 2.0
