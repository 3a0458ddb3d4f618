"""A painter over POST /images/edits: what goes there, and what is made of the answer."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.inference.engines.diffusion.ask import Painted, Unpainted
from generation.inference.engines.diffusion.remote.frames import best_frame
from tests.diffusion.asks import (
    EDIT,
    INPAINT,
    Waiter,
    left_half,
    paint_one,
    painted,
    picture,
    unpainted,
    when,
)
from tests.diffusion.conftest import KEY, Make
from tests.diffusion.remote_simulator import Simulator, colour

PATH = "/v1/images/edits"
AVOIDING = "On a marble table Avoid: people."


def sent(sim: Simulator, name: str, mode: str = "RGB") -> list[np.ndarray]:
    return [
        np.asarray(Image.open(io.BytesIO(data)).convert(mode))
        for field, _, data in sim.to(PATH)[0].files
        if field == name
    ]


def test_it_paints_where_the_mask_is_clear_and_nowhere_else(openai: Make) -> None:
    ask = replace(INPAINT, width=1024, height=1024, image=picture(1024, 1024),
                  mask=left_half(1024, 1024))  # fmt: skip

    answer = painted(openai(), ask)

    assert (answer.rgb[:, :512] == colour(0, AVOIDING)).all()
    assert (answer.rgb[:, 512:] == picture(1024, 1024)[:, 512:]).all()


def test_it_names_the_system_and_that_no_seed_was_used(sim: Simulator, openai: Make) -> None:
    assert painted(openai()).facts == {
        "engine": "remote",
        "system": "openai-compatible",
        "host": sim.host,
        "model": "gpt-image-1",
        "licence": "Apache-2.0",
        "is_seed_used": False,
        "image_check": "none",
    }


def test_it_sends_a_gpt_image_model_what_it_takes(sim: Simulator, openai: Make) -> None:
    painted(openai())

    assert sim.to(PATH)[0].fields == {
        "model": "gpt-image-1",
        "prompt": AVOIDING,
        "n": "1",
        "size": "1536x1024",
        "output_format": "png",
    }


def test_it_sends_another_model_the_size_itself(sim: Simulator, openai: Make) -> None:
    answer = painted(openai(model="qwen-image-edit"))

    assert sim.to(PATH)[0].fields["size"] == "320x256"
    assert sim.to(PATH)[0].fields["response_format"] == "b64_json"
    assert "output_format" not in sim.to(PATH)[0].fields
    assert (answer.rgb[:, 160:] == picture()[:, 160:]).all()


def test_it_frames_a_picture_whose_shape_the_model_does_not_paint(
    sim: Simulator, openai: Make
) -> None:
    answer = painted(openai())

    (image,), (mask,) = sent(sim, "image[]"), sent(sim, "mask", "RGBA")
    assert image.shape == (1024, 1536, 3)
    assert mask.shape == (1024, 1536, 4)
    # 320 x 256 becomes 1280 x 1024 with 128 to paint at either side.
    assert (mask[:, :128, 3] == 0).all()
    assert (mask[:, -128:, 3] == 0).all()
    assert (mask[:, 800:1400, 3] == 255).all()
    assert answer.rgb.shape == (256, 320, 3)
    kept = answer.rgb[8:-8, 170:-8].astype(int) - picture()[8:-8, 170:-8]
    assert np.abs(kept).max() <= 3


def test_it_sends_pictures_in_their_order_and_the_mask_for_the_first(
    sim: Simulator, openai: Make
) -> None:
    painted(openai(model="other"), references=(picture(shade=10), picture(300, 280, shade=200)))

    images = sent(sim, "image[]")
    assert [int(image[0, 0, 2]) for image in images] == [0, 10, 200]
    assert sent(sim, "mask", "RGBA")[0].shape[:2] == images[0].shape[:2]


def test_it_edits_without_a_mask(sim: Simulator, openai: Make) -> None:
    painted(openai(model="other"), EDIT)

    assert sent(sim, "mask") == []
    assert len(sent(sim, "image[]")) == 1


@pytest.mark.parametrize("prompt", ["Auf grünem Moos 🌿", "大理石の上", "\u202eabc"])
def test_it_sends_words_of_every_script(sim: Simulator, openai: Make, prompt: str) -> None:
    painted(openai(), EDIT, prompt=prompt)

    assert sim.to(PATH)[0].fields["prompt"] == prompt


def test_it_keeps_within_the_longest_prompt(sim: Simulator, openai: Make) -> None:
    painted(openai(), EDIT, prompt="x" * 40_000)

    assert len(sim.to(PATH)[0].fields["prompt"]) == 32_000


@pytest.mark.parametrize(
    "changed", [{"references": ()}, {"references": (picture(),) * 17}, {"task": "upscale"}]
)
def test_it_refuses_what_the_api_has_no_words_for(
    sim: Simulator, openai: Make, changed: dict[str, Any]
) -> None:
    answer = unpainted(openai(), EDIT, **changed)

    assert (answer.code, answer.is_retryable) == ("model_unavailable", False)
    assert sim.to(PATH) == []


@pytest.mark.parametrize(
    "code", ["moderation_blocked", "content_policy_violation", "content_filter"]
)
def test_it_knows_a_content_policy(sim: Simulator, openai: Make, code: str) -> None:
    sim.faults.policy = code

    answer = unpainted(openai())

    assert (answer.code, answer.is_retryable) == ("content_policy", False)
    assert "Change the preset's words." in answer.message
    assert len(sim.to(PATH)) == 1


def test_it_waits_as_long_as_a_busy_server_asks(sim: Simulator, openai: Make) -> None:
    sim.faults.statuses = {PATH: [429]}
    sim.faults.retry_after = "1"
    started = time.monotonic()

    painted(openai())

    assert time.monotonic() - started >= 1
    assert len(sim.to(PATH)) == 2


@pytest.mark.parametrize(("wish", "timeout"), [("31", 540.0), ("3600", 540.0), ("20", 5.0)])
def test_it_passes_a_long_wish_on_and_keeps_no_place_meanwhile(
    sim: Simulator, openai: Make, wish: str, timeout: float
) -> None:
    sim.faults.statuses = {PATH: [429, 429, 429, 429]}
    sim.faults.retry_after = wish

    answer = unpainted(openai(timeout=timeout))

    assert (answer.code, answer.is_down, answer.after) == ("model_unavailable", True, float(wish))
    assert "is busy or in trouble (status 429)" in answer.message
    assert len(sim.to(PATH)) == 1


def test_it_asks_again_after_500_and_503(sim: Simulator, openai: Make) -> None:
    sim.faults.statuses = {PATH: [500, 503]}

    painted(openai())

    assert len(sim.to(PATH)) == 3


@pytest.mark.parametrize("status", [502, 504])
def test_it_never_pays_twice_for_what_may_have_been_painted(
    sim: Simulator, openai: Make, status: int
) -> None:
    sim.faults.statuses = {PATH: [status]}

    answer = unpainted(openai())

    assert answer.is_retryable
    assert len(sim.to(PATH)) == 1


def test_it_never_pays_twice_for_an_answer_that_was_cut_off(sim: Simulator, openai: Make) -> None:
    sim.faults.cut_after_taking = {PATH}

    answer = unpainted(openai())

    assert (answer.code, answer.is_retryable) == ("model_unavailable", True)
    assert len(sim.to(PATH)) == 1


def test_it_gives_up_on_a_server_that_stays_in_trouble(sim: Simulator, openai: Make) -> None:
    sim.faults.statuses = {PATH: [500] * 9}

    answer = unpainted(openai())

    assert (answer.code, answer.is_retryable) == ("model_unavailable", True)
    assert len(sim.to(PATH)) == 4


def test_it_gives_up_on_a_server_that_never_answers(sim: Simulator, openai: Make) -> None:
    sim.faults.slow_seconds = 3

    answer = unpainted(openai(timeout=1.0))

    assert (answer.code, answer.is_retryable) == ("model_timeout", True)


def test_it_says_what_a_server_does_not_like(sim: Simulator, openai: Make) -> None:
    sim.faults.statuses = {PATH: [400]}
    sim.faults.words = f"Your size\nis odd, {KEY}"

    answer = unpainted(openai())

    assert 'refused the request (status 400): "Your size is odd, [key]".' in answer.message
    assert not answer.is_retryable


def test_it_fetches_a_picture_that_lies_at_an_address(sim: Simulator, openai: Make) -> None:
    sim.faults.answers_with_url = f"http://{sim.host}/picture.png"
    sim.key = ""

    answer = painted(openai(model="other"), width=256, height=256)

    assert (answer.rgb == 90).all()
    assert "authorization" in sim.to(PATH)[0].headers
    # The address is from outside: our key does not go there.
    assert "authorization" not in sim.to("/picture.png")[0].headers


def test_it_answers_canceled_when_the_picture_comes_too_late(sim: Simulator, openai: Make) -> None:
    sim.faults.slow_seconds = 0.5
    waiter = Waiter()
    waiter.cancel_when(lambda: sim.to(PATH))

    answer = paint_one(openai(), INPAINT, waiter)

    assert isinstance(answer, Unpainted)
    assert answer.code == "canceled"


def test_it_leaves_a_request_behind_when_it_is_closed(
    sim: Simulator, openai: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.inference.engines.diffusion.remote.painter._CLOSE_SECONDS", 0.2)
    sim.faults.slow_seconds = 4
    painter = openai()
    when(lambda: sim.to(PATH), painter.close)
    started = time.monotonic()

    answer = unpainted(painter)

    assert answer.message == "The worker is stopping; the next one asks again."
    assert answer.is_retryable
    assert time.monotonic() - started < 3


def test_it_asks_no_more_at_a_time_than_allowed(sim: Simulator, openai: Make) -> None:
    sim.faults.slow_seconds = 0.1
    painter = openai(at_once=3)

    answers = painter.paint([INPAINT] * 8, [Waiter() for _ in range(8)])

    assert all(isinstance(answer, Painted) for answer in answers)
    assert sim.busiest == 3


def test_it_keeps_the_order_and_one_bad_ask_from_its_neighbours(openai: Make) -> None:
    asks = [replace(EDIT, prompt=str(at), references=(picture(),) * (at != 1)) for at in range(4)]

    answers = openai(model="other").paint(asks, [Waiter() for _ in asks])

    assert [type(answer) for answer in answers] == [Painted, Unpainted, Painted, Painted]


def test_it_says_whether_the_server_is_there(sim: Simulator, openai: Make) -> None:
    assert openai().reason_against("inpaint") is None
    assert "cannot enlarge" in (openai().reason_against("upscale") or "")
    assert "PRODUCTVIZ_REMOTE_ENGINE_KEY" in (openai(key="sk-old").reason_against("edit") or "")
    sim.faults.statuses = {"/v1/models": [404]}
    assert openai().reason_against("edit") is None


@pytest.mark.parametrize(
    ("size", "canvas", "inner"),
    [
        ((1024, 1024), (1024, 1024), (0, 0, 1024, 1024)),
        ((768, 768), (1024, 1024), (0, 0, 1024, 1024)),
        ((832, 1216), (1024, 1536), (0, 19, 1024, 1497)),
        ((1344, 768), (1536, 1024), (0, 73, 1536, 878)),
    ],
)
def test_it_chooses_the_size_that_wastes_least(
    size: tuple[int, int], canvas: tuple[int, int], inner: tuple[int, int, int, int]
) -> None:
    frame = best_frame(*size, ((1024, 1024), (1536, 1024), (1024, 1536)))

    assert (frame.width, frame.height) == canvas
    assert frame.inner == inner
