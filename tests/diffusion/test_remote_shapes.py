"""The simulator answers in the shapes that the real systems document, and in no others.

The shapes were read in ComfyUI's server.py and execution.py and in OpenAI's Python library
(images_response.py, image.py), 2026-11; the recorded errors stand in public bug reports.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from generation.inference.engines.diffusion.ask import Unpainted
from tests.diffusion.asks import INPAINT, Waiter, paint_one, painted, unpainted
from tests.diffusion.conftest import Make
from tests.diffusion.remote_simulator import Simulator, openai_error

ANY: dict[str, Any] = {"*": object}
ENTRY = (int, str, ANY, ANY, [str])
IMAGE = {"filename": str, "subfolder": str, "type": str}
FAULT = {"type": str, "message": str, "details": str, "extra_info": ANY}
NODE_ERRORS = {"*": {"errors": [FAULT], "dependent_outputs": [str], "class_type": str}}
STATUS = {"status_str": str, "completed": bool, "messages": [(str, ANY)]}
DOCUMENTED = {
    "/system_stats": {"system": ANY, "devices": list},
    "/upload/image": {"name": str, "subfolder": str, "type": str},
    "/prompt": {"prompt_id": str, "number": int, "node_errors": NODE_ERRORS},
    "/queue": {"queue_running": [ENTRY], "queue_pending": [ENTRY]},
    "/history": {
        "*": {"prompt": ENTRY, "outputs": {"*": {"images": [IMAGE]}}, "status": STATUS, "meta": ANY}
    },
    "/object_info": {
        "*": {
            "input": {"required": ANY, "optional": ANY},
            "output": list,
            "name": str,
            "output_node": bool,
        }
    },
    "/v1/images/edits": {"created": int, "data": [{"b64_json": str}]},
}
REFUSED_GRAPH = {"error": FAULT, "node_errors": NODE_ERRORS}
REFUSED_EDIT = {"error": {"message": str, "type": str, "param": object, "code": object}}


def fits(value: Any, shape: Any) -> bool:
    """Whether ``value`` has no more and nothing else than ``shape`` says."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            (name in shape or "*" in shape) and fits(each, shape.get(name, shape.get("*")))
            for name, each in value.items()
        )
    if isinstance(shape, tuple):
        return len(value) == len(shape) and all(map(fits, value, shape))
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
    return isinstance(value, shape)


def asked(sim: Simulator) -> list[tuple[str, Any]]:
    """The simulator's answers to the requests that came, asked for once more."""
    found: list[tuple[str, Any]] = []
    for seen in list(sim.seen):
        if seen.method == "GET" and seen.path != "/view":
            reply = requests.get(f"http://{sim.host}{seen.path}", headers=seen.headers, timeout=10)
            found.append((seen.path, reply.json()))
    return found


def test_it_answers_as_comfyui_does(sim: Simulator, comfyui: Make) -> None:
    sim.faults.slow_seconds = 0.2
    painted(comfyui())

    answers = asked(sim)

    tops = {"/" + path.split("/")[1] for path, _ in answers}
    assert tops == {"/system_stats", "/object_info", "/queue", "/history"}
    for path, body in answers:
        assert fits(body, DOCUMENTED["/" + path.split("/")[1]]), (path, body)
    assert fits(sim.upload(sim.to("/upload/image")[0]), DOCUMENTED["/upload/image"])
    assert fits(sim.submit(sim.to("/prompt")[0].body)[1], DOCUMENTED["/prompt"])
    assert fits({"queue_running": [[1, "id", {}, {}, ["9"]]], "queue_pending": sim.pending},
                DOCUMENTED["/queue"])  # fmt: skip


def test_it_refuses_as_comfyui_does(sim: Simulator, comfyui: Make) -> None:
    painted(comfyui())
    body = sim.to("/prompt")[0].body
    del body["prompt"]["46"]["inputs"]["vae"]

    status, said = sim.submit(body)

    assert status == 400
    assert fits(said, REFUSED_GRAPH)
    assert list(said["node_errors"]) == ["46"]


def test_it_fails_as_comfyui_does(sim: Simulator, comfyui: Make) -> None:
    sim.faults.execution_error = ("RuntimeError", "no")
    unpainted(comfyui())

    assert all(fits(entry["status"], STATUS) for entry in sim.history.values())


def test_it_answers_as_openai_does(sim: Simulator, openai: Make) -> None:
    painted(openai())

    assert fits(sim.edit(sim.to("/v1/images/edits")[0])[1], DOCUMENTED["/v1/images/edits"])
    assert fits(openai_error("moderation_blocked", "no"), REFUSED_EDIT)


def test_a_shape_can_fail() -> None:
    assert not fits({"name": "a", "extra": 1}, DOCUMENTED["/upload/image"])
    assert not fits({"queue_running": [[1, 2, {}, {}, []]]}, DOCUMENTED["/queue"])
    assert not fits({"error": "no"}, REFUSED_EDIT)


# ComfyUI 0.3 to a checkpoint that is not there, and to a graph without output nodes.
VALUE_NOT_IN_LIST = {
    "error": {
        "type": "prompt_outputs_failed_validation",
        "message": "Prompt outputs failed validation",
        "details": "",
        "extra_info": {},
    },
    "node_errors": {
        "15": {
            "class_type": "CheckpointLoaderSimple",
            "dependent_outputs": ["9"],
            "errors": [
                {
                    "type": "value_not_in_list",
                    "message": "Value not in list",
                    "details": "ckpt_name: 'sd_xl_base_1.0.safetensors' not in []",
                    "extra_info": {},
                }
            ],
        }
    },
}
NO_OUTPUTS = {
    "error": {
        "type": "prompt_no_outputs",
        "message": "Prompt has no outputs",
        "details": "",
        "extra_info": {},
    },
    "node_errors": {},
}
# OpenAI's image models to words that they will not paint, and to a key that is none.
BLOCKED = {
    "error": {
        "message": "Your request was rejected by the safety system.",
        "type": "image_generation_user_error",
        "param": None,
        "code": "moderation_blocked",
    }
}
UNVERIFIED = {
    "error": {
        "message": "Your organization must be verified to use the model `gpt-image-1`.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
}


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        (
            VALUE_NOT_IN_LIST,
            "CheckpointLoaderSimple: Value not in list, ckpt_name: 'sd_xl_base_1.0",
        ),
        (NO_OUTPUTS, "Prompt has no outputs"),
    ],
)
def test_it_understands_a_recorded_refusal_of_comfyui(
    sim: Simulator, comfyui: Make, monkeypatch: pytest.MonkeyPatch, recorded: Any, said: str
) -> None:
    assert fits(recorded, REFUSED_GRAPH)
    monkeypatch.setattr(sim, "submit", lambda body: (400, recorded))

    answer = unpainted(comfyui())

    assert said in answer.message
    assert not answer.is_retryable


@pytest.mark.parametrize(
    ("recorded", "code", "said"),
    [(BLOCKED, "content_policy", "content policy"), (UNVERIFIED, "model_unavailable", "verified")],
)
def test_it_understands_a_recorded_refusal_of_openai(
    sim: Simulator, openai: Make, monkeypatch: pytest.MonkeyPatch, recorded: Any, code: str,
    said: str,
) -> None:  # fmt: skip
    assert fits(recorded, REFUSED_EDIT)
    monkeypatch.setattr(sim, "edit", lambda seen: (400, recorded))

    answer = paint_one(openai(), INPAINT, Waiter())

    assert isinstance(answer, Unpainted)
    assert answer.code == code
    assert said in answer.message
