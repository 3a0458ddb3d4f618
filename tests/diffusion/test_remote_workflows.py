"""Workflow files: what may be wrong with one, and what is filled in and left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from generation.inference.engines.diffusion.ask import Task
from generation.inference.engines.diffusion.remote import graph
from tests.diffusion.remote_simulator import NODES


def node(kind: str, title: str = "", **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}


GOOD: dict[str, Any] = {
    "1": node("Encoder", "ProductViz: prompt", prompt="", image1=["4", 0], image2=["5", 0]),
    "2": node("Sampler", "ProductViz: seed", seed=0, words=["1", 0]),
    "3": node("Save", "ProductViz: result", images=["2", 0]),
    "4": node("LoadImage", "ProductViz: reference 1", image=""),
    "5": node("LoadImage", "ProductViz: reference 2", image=""),
    "6": node("Note", "ProductViz is not a placeholder"),
}


def write(folder: Path, nodes: Any) -> graph.Workflow:
    (folder / "edit.json").write_text(json.dumps(nodes))
    return graph.load("edit", folder)


def fill(workflow: graph.Workflow, **changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "words": {"prompt": "Words", "negative prompt": ""},
        "seed": 5,
        "size": (640, 512),
        "pictures": {"reference 1": "a.png [temp]"},
        "is_optional": lambda kind, name: kind == "Encoder",
    }
    return workflow.filled(**{**values, **changed})


@pytest.mark.parametrize("task", get_args(Task))
def test_it_ships_a_workflow_for_every_task(task: Task) -> None:
    workflow = graph.load(task, None)

    assert workflow.classes() <= set(NODES)
    for key, each in workflow.nodes.items():
        links = [value for value in each["inputs"].values() if isinstance(value, list)]
        assert all(link[0] in workflow.nodes for link in links), key


def test_it_fills_in_what_the_titles_name(tmp_path: Path) -> None:
    filled = fill(write(tmp_path, GOOD), pictures={"reference 1": "a", "reference 2": "b"})

    assert filled["1"]["inputs"]["prompt"] == "Words"
    assert filled["2"]["inputs"]["seed"] == 5
    assert filled["4"]["inputs"]["image"] == "a"
    assert filled["5"]["inputs"]["image"] == "b"


def test_it_leaves_a_file_as_it_was(tmp_path: Path) -> None:
    workflow = write(tmp_path, GOOD)
    fill(workflow)

    assert workflow.nodes == GOOD


def test_it_leaves_out_an_optional_picture(tmp_path: Path) -> None:
    filled = fill(write(tmp_path, GOOD))

    assert "5" not in filled
    assert "image2" not in filled["1"]["inputs"]
    assert filled["1"]["inputs"]["image1"] == ["4", 0]


def test_it_says_that_a_picture_is_needed(tmp_path: Path) -> None:
    workflow = write(tmp_path, GOOD)

    with pytest.raises(graph.WorkflowFault, match="needs more pictures than were given"):
        fill(workflow, is_optional=lambda kind, name: False)


def test_it_fills_in_a_size_in_every_place(tmp_path: Path) -> None:
    sized = {
        "7": node("Latent", "ProductViz: size", width=1, height=1),
        "8": node("Scheduler", "ProductViz: size", width=1, height=1, steps=4),
    }

    filled = fill(write(tmp_path, {**GOOD, **sized}))

    assert filled["7"]["inputs"] == {"width": 640, "height": 512}
    assert filled["8"]["inputs"] == {"width": 640, "height": 512, "steps": 4}


def test_it_counts_references_up_to_the_first_gap(tmp_path: Path) -> None:
    third = {"9": node("LoadImage", "ProductViz: reference 4", image="")}

    assert write(tmp_path, {**GOOD, **third}).most_references == 2


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ([], "not in ComfyUI's API format"),
        ({"nodes": [], "links": []}, "not in ComfyUI's API format"),
        ({"1": {"class_type": "LoadImage"}}, "not in ComfyUI's API format"),
        (
            {key: each for key, each in GOOD.items() if key in "12"},
            'has no node titled "ProductViz: result"',
        ),
        ({}, '"ProductViz: prompt", "ProductViz: seed", "ProductViz: result"'),
    ],
)
def test_it_says_what_is_wrong_with_a_file(tmp_path: Path, nodes: Any, sentence: str) -> None:
    with pytest.raises(graph.WorkflowFault) as raised:
        write(tmp_path, nodes)

    assert sentence in str(raised.value)
    assert "edit.json" in str(raised.value)


def test_it_says_that_a_file_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "edit.json").write_bytes(b"\xff{")

    with pytest.raises(graph.WorkflowFault, match="cannot be read as JSON"):
        graph.load("edit", tmp_path)


def test_it_says_that_a_titled_node_has_no_such_input(tmp_path: Path) -> None:
    workflow = write(tmp_path, {**GOOD, "2": node("Sampler", "ProductViz: seed", words=["1", 0])})

    with pytest.raises(graph.WorkflowFault, match="has no input named seed or noise_seed or value"):
        fill(workflow)


def test_it_takes_the_shipped_file_where_the_folder_has_none(tmp_path: Path) -> None:
    write(tmp_path, GOOD)

    assert graph.load("upscale", tmp_path).digest == graph.load("upscale", None).digest
    assert graph.load("edit", tmp_path).digest != graph.load("edit", None).digest
