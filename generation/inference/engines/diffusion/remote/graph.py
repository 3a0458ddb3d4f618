"""ComfyUI workflows as files: loading one, and filling in what a picture is asked for.

A workflow is in ComfyUI's "API format": {node id: {class_type, inputs, _meta: {title}}}, where an
input that comes from another node is [node id, output]. Nodes whose title begins with
"ProductViz:" are filled in (docs/remote-engine.md lists the titles).
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.inference.engines.diffusion.ask import Ask, Task
from generation.types import Pixels

SHIPPED = Path(__file__).parent / "workflows"
RESULT = "result"

Node = dict[str, Any]
IsOptional = Callable[[str, str], bool]

_TITLE = re.compile(r"ProductViz: ([a-z]+(?: [a-z0-9]+)?)")
_NEEDED: dict[Task, tuple[str, ...]] = {
    "inpaint": ("image", "mask", "prompt", "seed"),
    "edit": ("prompt", "seed"),
    "upscale": ("image", "size"),
}
# Which of a node's inputs is meant; names as of ComfyUI 0.3 (nodes.py and comfy_extras, 2026-11).
_INPUTS = {
    "prompt": ("text", "prompt", "value"),
    "negative prompt": ("text", "prompt", "value"),
    "seed": ("seed", "noise_seed", "value"),
    "image": ("image",),
    "mask": ("image",),
}
_NO_WEIGHTS = str.maketrans("()", "[]")


class WorkflowFault(Exception):
    """A workflow file that cannot be used; the text tells the operator why."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow as loaded; ``titled`` gives the nodes that carry each of our titles."""

    task: Task
    nodes: Mapping[str, Node]
    titled: Mapping[str, tuple[str, ...]]
    digest: str

    @property
    def most_references(self) -> int:
        """How many reference pictures there is a place for, numbered from 1 without a gap."""
        count = 0
        while f"reference {count + 1}" in self.titled:
            count += 1
        return count

    def classes(self) -> frozenset[str]:
        """The node types that the serving system must know."""
        return frozenset(str(node["class_type"]) for node in self.nodes.values())

    def filled(
        self,
        *,
        words: Mapping[str, str],
        seed: int,
        size: tuple[int, int],
        pictures: Mapping[str, str],
        is_optional: IsOptional,
    ) -> dict[str, Node]:
        """The graph to send. ``pictures`` names the uploaded file of each placeholder.

        A picture that is not given is left out, with every node that cannot do without it.
        """
        nodes = copy.deepcopy(dict(self.nodes))
        for name, value in {**words, "seed": seed, **pictures}.items():
            for key in self.titled.get(name, ()):
                _set(nodes[key], name, value)
        for key in self.titled.get("size", ()):
            nodes[key]["inputs"].update(width=size[0], height=size[1])
        absent = {key for name in self._pictures() - set(pictures) for key in self.titled[name]}
        _leave_out(nodes, absent, is_optional)
        if not all(key in nodes for key in self.titled[RESULT]):
            raise WorkflowFault(f"The {self.task} workflow needs more pictures than were given.")
        return nodes

    def _pictures(self) -> set[str]:
        return {name for name in self.titled if name in ("image", "mask") or _is_reference(name)}


def load(task: Task, folder: Path | None) -> Workflow:
    """The workflow of a task, from the operator's folder where it has one, else the shipped one.

    Raises `WorkflowFault` with a sentence for the operator.
    """
    name = f"{task}.json"
    path = SHIPPED / name
    if folder is not None and (folder / name).is_file():
        path = folder / name
    try:
        data = path.read_bytes()
        nodes = json.loads(data)
    except (OSError, ValueError) as error:
        raise WorkflowFault(f"The workflow {path} cannot be read as JSON.") from error
    _check_form(nodes, path)
    titled = _titles(nodes)
    missing = [name for name in (*_NEEDED[task], RESULT) if name not in titled]
    if missing:
        titles = ", ".join(f'"ProductViz: {name}"' for name in missing)
        raise WorkflowFault(f"The workflow {path} has no node titled {titles}.")
    return Workflow(task, nodes, titled, hashlib.sha256(data).hexdigest()[:12])


def placed(ask: Ask, workflow: Workflow) -> dict[str, Pixels]:
    """Which picture goes where; an image without a place of its own is the first reference.

    Raises `WorkflowFault` if there are more references than places.
    """
    found: dict[str, Pixels] = {}
    references = list(ask.references)
    if ask.image is not None and "image" in workflow.titled:
        found["image"] = ask.image
    elif ask.image is not None:
        references.insert(0, ask.image)
    if ask.mask is not None and "mask" in workflow.titled:
        found["mask"] = ask.mask
    if len(references) > workflow.most_references:
        raise WorkflowFault(
            f"The {ask.task} workflow has places for {workflow.most_references} references, not for"
            f" {len(references)}."
        )
    return {**found, **{f"reference {at}": rgb for at, rgb in enumerate(references, start=1)}}


def words(ask: Ask) -> dict[str, str]:
    """The prompts, without what ComfyUI's text encoders read as weights or files (2026-11)."""
    return {"prompt": _plain(ask.prompt), "negative prompt": _plain(ask.negative_prompt)}


def _plain(text: str) -> str:
    return text.translate(_NO_WEIGHTS).replace("embedding:", "embedding ")


def _check_form(nodes: object, path: Path) -> None:
    is_graph = isinstance(nodes, dict) and all(
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), dict)
        for node in nodes.values()
    )
    if not is_graph:
        raise WorkflowFault(
            f'The workflow {path} is not in ComfyUI\'s API format. Save it with "Export (API)".'
        )


def _titles(nodes: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, node in nodes.items():
        meta = node.get("_meta")
        title = _TITLE.fullmatch(str(meta.get("title", ""))) if isinstance(meta, dict) else None
        if title is not None:
            found[title[1]] = (*found.get(title[1], ()), key)
    return found


def _is_reference(name: str) -> bool:
    return name.startswith("reference ")


def _set(node: Node, name: str, value: object) -> None:
    candidates = _INPUTS["image"] if _is_reference(name) else _INPUTS[name]
    for candidate in candidates:
        if candidate in node["inputs"]:
            node["inputs"][candidate] = value
            return
    raise WorkflowFault(
        f'The node titled "ProductViz: {name}" ({node["class_type"]}) has no input named'
        f" {' or '.join(candidates)}."
    )


def _leave_out(nodes: dict[str, Node], absent: set[str], is_optional: IsOptional) -> None:
    """Remove ``absent`` nodes and, again and again, those that need one that is gone."""
    while absent:
        for key in absent:
            del nodes[key]
        needing: set[str] = set()
        for key, node in nodes.items():
            for name in [name for name, value in node["inputs"].items() if _reads(value, absent)]:
                if is_optional(node["class_type"], name):
                    del node["inputs"][name]
                else:
                    needing.add(key)
        absent = needing


def _reads(value: object, absent: set[str]) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[0] in absent
