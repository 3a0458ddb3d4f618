"""Whatever the serving system does, an ask ends with a sentence, and the key stays ours."""

from __future__ import annotations

import io
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from structlog.stdlib import ProcessorFormatter

from generation.inference.engines.diffusion.ask import Answer, Painted, Unpainted
from generation.inference.engines.diffusion.remote.painter import RemotePainter
from tests.diffusion.asks import EDIT, INPAINT, Waiter, paint_one, painted, picture, unpainted, when
from tests.diffusion.conftest import KEY, Make, engine
from tests.diffusion.remote_simulator import Simulator

EVERYWHERE = (
    "/system_stats",
    "/object_info/VAELoader",
    "/upload/image",
    "/queue",
    "/view",
)
EDITS = "/v1/images/edits"


@pytest.fixture(params=["comfyui", "openai"])
def either(request: pytest.FixtureRequest) -> Make:
    """Painters of both systems; the OpenAI one paints the very size."""
    make: Make = request.getfixturevalue(request.param)
    return (
        make if request.param == "comfyui" else lambda **changed: make(**{"model": "m", **changed})
    )


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Every line of the log down to the smallest, as it is written."""
    root, text = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(text)
    formatters = (each.formatter for each in root.handlers)
    handler.setFormatter(next(each for each in formatters if isinstance(each, ProcessorFormatter)))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_it_asks_comfyui_again_after(sim: Simulator, comfyui: Make, path: str, status: int) -> None:
    sim.faults.statuses = {path: [status]}

    painted(comfyui())

    assert sim.faults.statuses == {path: []}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_it_looks_before_it_queues_again(sim: Simulator, comfyui: Make, status: int) -> None:
    sim.faults.statuses = {"/prompt": [status]}

    painted(comfyui())

    ids = [seen.body["prompt_id"] for seen in sim.to("/prompt")]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    paths = sim.paths()
    assert (
        f"/history/{ids[0]}"
        in paths[paths.index("/prompt") : len(paths) - 1 - paths[::-1].index("/prompt")]
    )


@pytest.mark.parametrize("path", ["/upload/image", "/prompt", "/queue"])
def test_it_leaves_comfyui_alone_for_as_long_as_it_asks(
    sim: Simulator, comfyui: Make, path: str
) -> None:
    sim.faults.statuses = {path: [503] * 4}
    sim.faults.retry_after = "600"

    assert unpainted(comfyui(timeout=540.0)).after == 600.0

    assert len(sim.to(path)) == 1


def test_it_takes_what_a_killed_worker_asked_for(sim: Simulator, comfyui: Make) -> None:
    first = painted(comfyui())

    again = painted(comfyui())

    assert (again.rgb == first.rgb).all()
    assert len(sim.to("/prompt")) == 1


def test_it_waits_for_what_a_killed_worker_asked_for(sim: Simulator, comfyui: Make) -> None:
    sim.faults.never_finishes = True
    killed = RemotePainter(engine(f"http://{sim.host}", "comfyui"), poll_seconds=60)
    threading.Thread(target=lambda: paint_one(killed, INPAINT), daemon=True).start()
    while len(sim.to("/queue")) < 2:  # before it asks, and once after it: then it sleeps
        time.sleep(0.01)
    when(lambda: len(sim.to("/queue")) > 2, lambda: setattr(sim.faults, "never_finishes", False))

    painted(comfyui())

    assert len(sim.to("/prompt")) == 1
    killed.close()


def test_it_asks_anew_for_what_ended_badly_or_is_gone(sim: Simulator, comfyui: Make) -> None:
    sim.faults.execution_error = ("torch.OutOfMemoryError", "no room")
    for _ in range(6):
        assert unpainted(comfyui()).code == "gpu_out_of_memory"
    sim.faults.execution_error = None
    painted(comfyui())
    sim.temp.clear()

    painted(comfyui())

    ids = [seen.body["prompt_id"] for seen in sim.to("/prompt")]
    assert len(set(ids)) == len(ids) == 8


def test_it_trusts_no_name_that_is_another_picture_by_now(sim: Simulator, comfyui: Make) -> None:
    sim.faults.saves = True
    mine = painted(comfyui(), seed=1)
    sim.temp.clear()  # the operator empties the folder, and the numbers begin anew
    painted(comfyui(), seed=2)

    again = painted(comfyui(), seed=1)

    assert (again.rgb == mine.rgb).all()


def test_it_paints_nothing_twice_because_a_picture_could_not_be_fetched(
    sim: Simulator, comfyui: Make
) -> None:
    painted(comfyui())
    sim.faults.statuses = {"/view": [503] * 4}

    assert unpainted(comfyui()).is_retryable
    painted(comfyui())

    assert len(sim.to("/prompt")) == 1


def test_another_ask_is_another_work(sim: Simulator, comfyui: Make) -> None:
    painter = comfyui()
    for changed in ({}, {"seed": 8}, {"prompt": "A beach"}, {"image": picture(shade=9)}):
        painted(painter, **changed)

    assert len(sim.to("/prompt")) == 4


@pytest.mark.parametrize("own_ids", [False, True])
def test_it_never_queues_twice_what_was_taken(sim: Simulator, comfyui: Make, own_ids: bool) -> None:
    sim.faults.cut_after_taking = {"/prompt"}
    sim.faults.own_ids = own_ids
    sim.faults.slow_seconds = 0.3

    painted(comfyui())

    assert len(sim.to("/prompt")) == 1
    assert len(sim.history) == 1


def test_it_comes_again_for_what_the_server_forgot(sim: Simulator, comfyui: Make) -> None:
    sim.faults.forgets = True

    answer = unpainted(comfyui())

    assert answer == Unpainted(
        "model_unavailable", "The remote engine lost the image, perhaps by a restart.", True
    )


@pytest.mark.parametrize("path", EVERYWHERE[:4])
def test_it_wants_json(sim: Simulator, comfyui: Make, path: str) -> None:
    sim.faults.not_json = {path}

    answer = unpainted(comfyui())

    assert answer.code == "model_unavailable"
    assert "not JSON" in answer.message


def test_it_wants_json_of_openai(sim: Simulator, openai: Make) -> None:
    sim.faults.not_json = {EDITS}

    assert "not JSON" in unpainted(openai()).message


def test_it_resizes_a_picture_of_the_same_shape(sim: Simulator, either: Make) -> None:
    sim.faults.wrong_size = (640, 512)

    answer = painted(either())

    assert answer.rgb.shape == (256, 320, 3)
    kept = answer.rgb[8:-8, 170:-8].astype(int) - picture()[8:-8, 170:-8]
    assert abs(kept).max() <= 3


def test_it_refuses_a_picture_of_another_shape(sim: Simulator, either: Make) -> None:
    sim.faults.wrong_size = (512, 512)

    answer = unpainted(either())

    assert "painted 512 x 512 pixels where 320 x 256 were asked for" in answer.message
    assert not answer.is_retryable


def test_it_refuses_a_broken_picture(sim: Simulator, either: Make) -> None:
    sim.faults.broken_png = True

    answer = unpainted(either())

    assert (answer.code, answer.is_retryable) == ("model_unavailable", True)
    assert "cannot be used (image_" in answer.message


def test_it_reads_no_huge_answer(sim: Simulator, either: Make) -> None:
    sim.faults.huge = True

    answer = unpainted(either())

    assert "larger than allowed" in answer.message
    assert not answer.is_retryable


def test_it_says_that_there_was_no_picture(sim: Simulator, either: Make) -> None:
    sim.faults.no_picture = True

    answer = unpainted(either())

    assert "without a picture" in answer.message


@pytest.mark.parametrize("path", ["/upload/image", "/history", EDITS])
def test_it_comes_again_when_the_connection_is_cut(
    sim: Simulator, comfyui: Make, openai: Make, path: str
) -> None:
    sim.faults.cut = {path, "/queue"} if path == "/history" else {path}

    answer = unpainted(openai() if path == EDITS else comfyui())

    assert (answer.code, answer.is_retryable) == ("model_unavailable", True)


def test_it_says_that_the_host_is_down(sim: Simulator, either: Make) -> None:
    sim.stop()

    answer = unpainted(either())

    assert (answer.code, answer.is_retryable) == ("model_unavailable", True)
    assert sim.host in answer.message


def test_it_asks_for_the_allow_list(settings: Any, sim: Simulator, either: Make) -> None:
    settings.OUTBOUND_ALLOW_HOSTS = []

    answer = unpainted(either())

    assert f"List {sim.host} in PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS." in answer.message
    assert not answer.is_retryable
    assert sim.seen == []


@pytest.mark.parametrize(
    "there", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:{trap}/"]
)
def test_it_follows_the_server_nowhere(sim: Simulator, either: Make, there: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        there = there.format(trap=trap.getsockname()[1])
        sim.faults.redirects = {"/view": there, EDITS: there}

        answer = unpainted(either())

        with pytest.raises(BlockingIOError):
            trap.accept()
    assert "sends us elsewhere" in answer.message


@pytest.mark.parametrize(
    "there",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://127.0.0.1:{trap}/picture.png",
        "file:///etc/passwd",
    ],
)
@pytest.mark.parametrize("is_redirect", [False, True])
def test_it_fetches_no_picture_from_inside(
    sim: Simulator, openai: Make, there: str, is_redirect: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        there = there.format(trap=trap.getsockname()[1])
        sim.faults.answers_with_url = there
        if is_redirect:
            sim.faults.answers_with_url = f"http://{sim.host}/picture.png"
            sim.faults.redirects = {"/picture.png": there}

        answer = unpainted(openai())

        with pytest.raises(BlockingIOError):
            trap.accept()
    assert "answered with an address that is not fetched" in answer.message
    assert bool(sim.to("/picture.png")) == is_redirect


def test_it_keeps_neighbours_of_a_bad_ask(sim: Simulator, comfyui: Make) -> None:
    asks = [EDIT, replace(EDIT, references=(picture(),) * 9), INPAINT]

    answers = comfyui().paint(asks, [Waiter() for _ in asks])

    assert [type(answer) for answer in answers] == [Painted, Unpainted, Painted]


def test_it_lives_through_a_fault_of_our_own(
    sim: Simulator, comfyui: Make, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("generation.inference.engines.diffusion.remote.comfyui.pixels_from", fail)
    painter = comfyui()

    assert unpainted(painter).code == "model_unavailable"
    assert "nobody thought of this" in logged.getvalue()
    assert KEY not in logged.getvalue()


TROUBLES: list[dict[str, Any]] = [
    {},
    {"statuses": {EDITS: [400], "/prompt": [400]}, "words": KEY},
    {"statuses": {EDITS: [500] * 9, "/prompt": [500] * 9}, "words": KEY},
    {"cut": {EDITS, "/prompt"}},
    {"not_json": {EDITS, "/prompt"}},
    {"broken_png": True},
    {"execution_error": ("RuntimeError", KEY), "policy": "moderation_blocked"},
    {"never_finishes": True, "slow_seconds": 2.0},
    {"redirects": {"/view": f"http://{KEY}.test/", EDITS: f"http://{KEY}.test/"}},
    {"answers_with_url": f"http://{KEY}.test/"},
]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("key", [KEY, "sk-wrong-but-secret"])
def test_it_never_tells_the_key(
    sim: Simulator, either: Make, logged: io.StringIO, trouble: dict[str, Any], key: str
) -> None:
    for name, value in trouble.items():
        setattr(sim.faults, name, value)
    painter = either(key=key, timeout=1.5)

    answer: Answer = paint_one(painter, INPAINT)

    said = answer.message if isinstance(answer, Unpainted) else json.dumps(answer.facts)
    for text in (said, logged.getvalue(), repr(painter), painter.key(INPAINT)):
        assert key not in text
    assert any(seen.headers.get("authorization") == f"Bearer {key}" for seen in sim.seen)
