"""What a ComfyUI has: its version, its node types, and the model files that each may load."""

from __future__ import annotations

import threading
import time
from urllib.parse import quote

from generation.inference.engines.diffusion.remote import graph
from generation.inference.engines.diffusion.remote.answers import not_painted
from generation.inference.engines.diffusion.remote.calls import Errand, Server, look

# An operator who has just added a node or a file need not start us again.
_GOOD_FOR_SECONDS = 600.0


class NodeTypes:
    """The node types asked for so far, from /object_info/{type}."""

    def __init__(self, server: Server) -> None:
        self.version = ""
        self._server = server
        self._known: dict[str, object] = {}
        self._checked: dict[str, float] = {}
        self._lock = threading.Lock()

    def check(self, workflow: graph.Workflow, errand: Errand, *, afresh: bool = False) -> None:
        """Ask for everything that ``workflow`` needs. Raises `NotPainted` naming what is missing.

        What passed is not asked again for ten minutes, unless ``afresh``.
        """
        with self._lock:
            if not afresh and time.monotonic() < self._checked.get(workflow.digest, 0.0):
                return
            self.version = self._version(errand)
            self._known |= {name: self._ask(name, errand) for name in sorted(workflow.classes())}
            self._require(workflow)
            self._checked[workflow.digest] = time.monotonic() + _GOOD_FOR_SECONDS

    def is_optional(self, node_type: str, name: str) -> bool:
        """Whether a node of this type can do without this input."""
        return look(self._known.get(node_type), "input", "optional", name) is not None

    def _require(self, workflow: graph.Workflow) -> None:
        missing = sorted(name for name in workflow.classes() if self._known[name] is None)
        if missing:
            raise not_painted(
                "model_unavailable",
                f"The remote engine at {self._server.engine.host} lacks the node types"
                f" {', '.join(missing)}. Update ComfyUI or install them, or change the"
                f" {workflow.task} workflow.",
                is_down=True,
            )
        titled = {key for keys in workflow.titled.values() for key in keys}
        for key, node in workflow.nodes.items():
            for name, value in node["inputs"].items():
                # What is in one of our places is filled in, and not of this machine yet.
                if key in titled or not isinstance(value, str):
                    continue
                choices = self._choices(node["class_type"], name)
                if choices is not None and value not in choices:
                    raise not_painted(
                        "model_unavailable",
                        f"The remote engine at {self._server.engine.host} has no"
                        f' "{value}" for {node["class_type"]}.{name}. Put the file there, or name'
                        f" one that is in your own {workflow.task} workflow.",
                        is_down=True,
                    )

    def _choices(self, node_type: str, name: str) -> list[object] | None:
        """The values an input may have: [[values], {}] or, since 0.3, ["COMBO", {options}]."""
        known = self._known[node_type]
        for part in ("required", "optional"):
            for where in ((0,), (1, "options")):
                found = look(known, "input", part, name, *where)
                if isinstance(found, list):
                    return found
        return None

    def _ask(self, name: str, errand: Errand) -> object:
        path = f"/object_info/{quote(name, safe='')}"
        return look(self._json(path, errand), name)

    def _version(self, errand: Errand) -> str:
        said = look(self._json("/system_stats", errand), "system", "comfyui_version")
        return "" if said is None else self._server.words(said)

    def _json(self, path: str, errand: Errand) -> object:
        return self._server.json(self._server.ask("GET", path, errand, is_harmless_twice=True))
