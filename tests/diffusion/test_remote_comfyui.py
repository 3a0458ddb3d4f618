"""A painter over ComfyUI's API: what goes there, and what is made of the answer."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.ask import Unpainted
from generation.inference.engines.diffusion.remote import graph
from generation.inference.engines.diffusion.remote.painter import make_painter
from tests.diffusion.asks import EDIT, INPAINT, Waiter, paint_one, painted, picture, unpainted, when
from tests.diffusion.conftest import KEY, Make, engine
from tests.diffusion.remote_simulator import Simulator, colour


def until(condition: Callable[[], object]) -> None:
    while not condition():
        time.sleep(0.01)


def test_it_paints_where_the_mask_is_white_and_nowhere_else(comfyui: Make) -> None:
    answer = painted(comfyui())

    assert (answer.rgb[:, :160] == colour(7, "On a marble table")).all()
    assert (answer.rgb[:, 160:] == picture()[:, 160:]).all()


def test_it_names_the_system_the_model_and_the_licence(sim: Simulator, comfyui: Make) -> None:
    facts = painted(comfyui()).facts

    assert facts == {
        "engine": "remote",
        "system": "comfyui 0.3.62",
        "host": sim.host,
        "model": "FLUX.2-klein-4B",
        "licence": "Apache-2.0",
        "workflow": f"inpaint {graph.load('inpaint', None).digest}",
        "image_check": "none",
    }
    assert json.loads(json.dumps(facts)) == facts


def test_it_sends_the_seed_and_the_size(sim: Simulator, comfyui: Make) -> None:
    painter = comfyui()

    first = painted(painter, EDIT, seed=2**53 + 1)
    again = painted(painter, EDIT, seed=2**53 + 1)
    other = painted(painter, EDIT, seed=1)

    assert sim.to("/prompt")[0].body["prompt"]["42"]["inputs"]["noise_seed"] == 2**53 + 1
    assert first.rgb.shape == (256, 320, 3)
    assert (first.rgb == again.rgb).all()
    assert (first.rgb != other.rgb).any()


@pytest.mark.parametrize("prompt", ["Auf grünem Moos 🌿", "大理石の上", "\u202eabc", "a\nb"])
def test_it_sends_words_of_every_script(sim: Simulator, comfyui: Make, prompt: str) -> None:
    painted(comfyui(), prompt=prompt)

    assert sim.to("/prompt")[0].body["prompt"]["4"]["inputs"]["text"] == prompt


def test_it_sends_no_weights_and_no_embeddings(sim: Simulator, comfyui: Make) -> None:
    painted(comfyui(), prompt="Mug (large:1.9), embedding:secret")

    assert sim.to("/prompt")[0].body["prompt"]["4"]["inputs"]["text"] == (
        "Mug [large:1.9], embedding secret"
    )


def test_it_sends_references_in_their_order(sim: Simulator, comfyui: Make) -> None:
    references = tuple(picture(shade=shade) for shade in (10, 200, 90))

    painted(comfyui(), EDIT, references=references)

    sent = sim.to("/prompt")[0].body["prompt"]
    for at, reference in enumerate(references, start=1):
        name = next(
            node["inputs"]["image"]
            for node in sent.values()
            if node.get("_meta", {}).get("title") == f"ProductViz: reference {at}"
        )
        assert (np.asarray(Image.open(io.BytesIO(sim.uploads[name]))) == reference).all()
    assert sum(node["class_type"] == "LoadImage" for node in sent.values()) == 3
    # Chained: each place looks at the one before it.
    assert [sent[key]["inputs"]["conditioning"][0] for key in ("12", "15", "18")] == [
        "4",
        "12",
        "15",
    ]


def test_it_leaves_out_what_needs_a_picture_that_is_not_there(
    sim: Simulator, comfyui: Make
) -> None:
    painted(comfyui(), EDIT)

    sent = sim.to("/prompt")[0].body["prompt"]
    assert [key for key, node in sent.items() if node["class_type"] == "VAEEncode"] == ["11"]
    assert "latent" not in sent["15"]["inputs"]


def test_it_takes_the_image_as_first_reference_where_it_has_no_place(
    sim: Simulator, comfyui: Make
) -> None:
    painted(comfyui(), EDIT, image=picture(shade=77), references=(picture(shade=5),))

    sent = sim.to("/prompt")[0].body["prompt"]
    first = np.asarray(Image.open(io.BytesIO(sim.uploads[sent["10"]["inputs"]["image"]])))
    assert first[0, 0, 2] == 77


def test_it_refuses_more_references_than_there_are_places(comfyui: Make) -> None:
    answer = unpainted(comfyui(), EDIT, references=(picture(),) * 5)

    assert answer == Unpainted(
        "model_unavailable", "The edit workflow has places for 4 references, not for 5."
    )


def test_it_enlarges(comfyui: Make) -> None:
    ask = replace(INPAINT, task="upscale", mask=None, factor=3)

    assert painted(comfyui(), ask).rgb.shape == (768, 960, 3)


def test_it_uploads_a_picture_under_its_own_hash_for_a_while_only(
    sim: Simulator, comfyui: Make
) -> None:
    painter = comfyui()
    painted(painter)
    painted(painter)

    uploads = sim.to("/upload/image")
    assert len(uploads) == 4
    assert len({seen.files[0][1] for seen in uploads}) == 2
    assert all(seen.fields["type"] == "temp" for seen in uploads)


def test_it_tells_of_its_progress(sim: Simulator, comfyui: Make) -> None:
    sim.faults.slow_seconds = 0.4
    waiter = Waiter()

    paint_one(comfyui(), INPAINT, waiter)

    assert waiter.steps == [(0, 1), (1, 2), (2, 2)]


def test_it_interrupts_what_is_canceled_while_it_runs(sim: Simulator, comfyui: Make) -> None:
    sim.faults.never_finishes = True
    waiter = Waiter()
    waiter.cancel_when(lambda: sim.running)

    answer = paint_one(comfyui(), INPAINT, waiter)

    assert isinstance(answer, Unpainted)
    assert answer.code == "canceled"
    assert not answer.is_retryable
    ours = sim.to("/prompt")[0].body["prompt_id"]
    assert [seen.body for seen in sim.to("/interrupt")] == [{"prompt_id": ours}]


def test_it_takes_back_what_is_canceled_while_it_waits(sim: Simulator, comfyui: Make) -> None:
    sim.faults.never_finishes = True
    sim.submit({"prompt": {}, "prompt_id": "somebody else's"})
    waiter = Waiter()
    waiter.cancel_when(lambda: sim.pending and sim.running)

    paint_one(comfyui(), INPAINT, waiter)

    ours = sim.to("/prompt")[0].body["prompt_id"]
    assert [seen.body for seen in sim.to("/queue") if seen.method == "POST"] == [{"delete": [ours]}]
    assert sim.to("/interrupt") == []
    assert [entry[1] for entry in sim.running] == ["somebody else's"]


def test_it_asks_nothing_for_what_is_canceled_before(sim: Simulator, comfyui: Make) -> None:
    waiter = Waiter()
    waiter.is_over = True

    answer = paint_one(comfyui(), INPAINT, waiter)

    assert isinstance(answer, Unpainted)
    assert answer.code == "canceled"
    assert sim.seen == []


def test_it_gives_up_in_time_and_takes_the_work_back(sim: Simulator, comfyui: Make) -> None:
    sim.faults.never_finishes = True
    started = time.monotonic()

    answer = unpainted(comfyui(timeout=2.0))

    assert answer.code == "model_timeout"
    assert answer.is_retryable
    assert time.monotonic() - started < 15
    assert len(sim.to("/interrupt")) == 1


def test_it_gives_back_what_is_under_way_when_it_is_closed(sim: Simulator, comfyui: Make) -> None:
    sim.faults.never_finishes = True
    painter = comfyui(at_once=1)
    answers: list[Any] = []
    asks, waiters = [INPAINT, EDIT], [Waiter(), Waiter()]
    thread = threading.Thread(target=lambda: answers.extend(painter.paint(asks, waiters)))
    thread.start()
    while not sim.running:
        time.sleep(0.01)

    painter.close()
    thread.join(30)

    stopping = Unpainted(
        "model_unavailable",
        "The worker is stopping; the next one asks again.",
        is_retryable=True,
        is_down=True,
    )
    assert answers == [stopping, stopping]
    assert len(sim.to("/prompt")) == len(sim.to("/interrupt")) == 1


def test_it_cancels_what_waits_for_its_turn(sim: Simulator, comfyui: Make) -> None:
    sim.faults.never_finishes = True
    first, second = Waiter(), Waiter()
    second.cancel_when(lambda: sim.running)
    when(lambda: second.is_over, lambda: first.cancel_when(lambda: True))

    answers = comfyui(at_once=1).paint([INPAINT, EDIT], [first, second])

    assert [getattr(answer, "code", "") for answer in answers] == ["canceled", "canceled"]
    assert len(sim.to("/prompt")) == 1


def test_one_that_is_canceled_stops_no_work_that_another_waits_for(
    sim: Simulator, comfyui: Make
) -> None:
    sim.faults.never_finishes = True
    painter, first, second = comfyui(), Waiter(), Waiter()
    answers: list[Any] = []

    def ask(waiter: Waiter) -> threading.Thread:
        act = partial(paint_one, painter, INPAINT, waiter)
        thread = threading.Thread(target=lambda: answers.append(act()))
        thread.start()
        until(lambda: (1, 2) in waiter.steps)
        return thread

    threads = [ask(first), ask(second)]

    first.is_over = True
    threads[0].join(30)
    before = [answers[0].code, sim.to("/interrupt")]
    second.is_over = True
    threads[1].join(30)

    assert before == ["canceled", []]
    assert len(sim.to("/prompt")) == len(sim.to("/interrupt")) == 1


def test_it_takes_back_nothing_that_it_only_found(sim: Simulator, comfyui: Make) -> None:
    sim.faults.never_finishes = True
    theirs, mine = Waiter(), Waiter()
    other = threading.Thread(target=lambda: paint_one(comfyui(), INPAINT, theirs))
    other.start()
    until(lambda: (1, 2) in theirs.steps)
    mine.cancel_when(lambda: (1, 2) in mine.steps)

    paint_one(comfyui(), INPAINT, mine)

    assert sim.to("/interrupt") == []
    theirs.is_over = True
    other.join(30)


def test_it_names_the_node_types_that_are_missing(sim: Simulator, comfyui: Make) -> None:
    sim.faults.missing_nodes = frozenset({"Flux2Scheduler", "LoadImageMask"})
    painter = comfyui()

    answer = unpainted(painter)

    assert answer.code == "model_unavailable"
    assert "lacks the node types Flux2Scheduler, LoadImageMask." in answer.message
    assert painter.reason_against("inpaint") == answer.message
    assert painter.reason_against("upscale") is None
    assert sim.to("/prompt") == []


@pytest.mark.parametrize("file", ["flux-2-klein-4b-fp8.safetensors", "flux2-vae.safetensors"])
def test_it_names_a_model_file_that_is_missing(sim: Simulator, comfyui: Make, file: str) -> None:
    sim.faults.missing_files = frozenset({file})

    answer = unpainted(comfyui())

    assert f'has no "{file}" for ' in answer.message
    assert not answer.is_retryable


def test_it_says_which_node_of_a_graph_is_wrong(sim: Simulator, comfyui: Make) -> None:
    painter = comfyui()
    painted(painter)
    sim.faults.missing_files = frozenset({"flux2-vae.safetensors"})

    answer = unpainted(painter, seed=8)

    assert "VAELoader: Value not in list, vae_name: 'flux2-vae.safetensors'" in answer.message
    assert not answer.is_retryable


@pytest.mark.parametrize(
    ("kind", "code", "is_retryable"),
    [
        ("torch.OutOfMemoryError", "gpu_out_of_memory", True),
        ("torch.cuda.OutOfMemoryError", "gpu_out_of_memory", True),
        ("RuntimeError", "model_unavailable", False),
    ],
)
def test_it_says_why_the_work_failed(
    sim: Simulator, comfyui: Make, kind: str, code: str, is_retryable: bool
) -> None:
    sim.faults.execution_error = (kind, f"went wrong\nwith {KEY}")

    answer = unpainted(comfyui())

    assert (answer.code, answer.is_retryable) == (code, is_retryable)
    assert KEY not in answer.message
    assert "\n" not in answer.message


def test_it_comes_again_for_what_somebody_else_stopped(sim: Simulator, comfyui: Make) -> None:
    sim.faults.never_finishes = True
    painter = comfyui()

    when(lambda: sim.running, lambda: sim.interrupted.add(sim.running[0][1]))
    answer = unpainted(painter)

    assert answer == Unpainted(
        "model_unavailable", "Somebody stopped the remote engine's work.", is_retryable=True
    )


def test_it_works_with_a_server_that_gives_ids_of_its_own(sim: Simulator, comfyui: Make) -> None:
    sim.faults.own_ids = True

    painted(comfyui())

    ours = sim.to("/prompt")[0].body["prompt_id"]
    paths = sim.paths()
    assert f"/history/{ours}" not in paths[paths.index("/prompt") :]


def test_it_uses_the_operators_own_workflow(sim: Simulator, comfyui: Make, tmp_path: Path) -> None:
    own = json.loads((graph.SHIPPED / "inpaint.json").read_text())
    own["44"]["inputs"]["steps"] = 9
    (tmp_path / "inpaint.json").write_text(json.dumps(own))
    shipped, painter = comfyui(), comfyui(workflows=tmp_path)

    painted(painter)

    assert sim.to("/prompt")[0].body["prompt"]["44"]["inputs"]["steps"] == 9
    assert painter.key(INPAINT) != shipped.key(INPAINT)
    assert painter.key(EDIT) == shipped.key(EDIT)


def test_it_gives_equal_keys_to_what_goes_the_same_way(comfyui: Make) -> None:
    painter = comfyui()

    assert painter.key(INPAINT) == painter.key(replace(INPAINT, prompt="x", seed=1))
    assert painter.key(INPAINT) != painter.key(replace(INPAINT, width=640))
    assert painter.key(INPAINT) != comfyui(model="other").key(INPAINT)
    assert painter.most_at_once(INPAINT) == 2


def test_it_is_made_from_the_settings(settings: Any, tmp_path: Path) -> None:
    settings.REMOTE_ENGINE = engine("http://127.0.0.1:1", "comfyui", at_once=3)
    made = make_painter()
    assert made.most_at_once(INPAINT) == 3
    made.close()

    settings.REMOTE_ENGINE = None
    with pytest.raises(EngineUnavailable, match="Set PRODUCTVIZ_REMOTE_ENGINE"):
        make_painter()

    (tmp_path / "edit.json").write_text("[]")
    settings.REMOTE_ENGINE = engine("http://127.0.0.1:1", "comfyui", workflows=tmp_path)
    with pytest.raises(EngineUnavailable, match="not in ComfyUI's API format"):
        make_painter()
