"""Which model paints a preset's pictures, and what is known of it without any of its files.

Web processes and CPU workers ask too, on machines that have no models: to them the registry's first
permitted one is the answer, and whoever paints says what is missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

from generation.inference.engine import EngineUnavailable
from generation.spec import LineUp, PresetSpec

from . import here, registry
from .ask import Task
from .files import DIGEST
from .model import Model, RegistryError
from .painting.keys import BUILD
from .remote import graph
from .remote.build import BUILD as REMOTE_BUILD

log = structlog.get_logger(__name__)

# Merchants read it: the log and `manage.py doctor` name the file.
_NO_REGISTRY = (
    "The list of models cannot be read. Whoever runs this installation finds the line at fault with"
    " `manage.py doctor`."
)
# Raise it whenever the same answer of a model would become another picture.
VERSION = "diffusion@2"
_TASKS: Mapping[str, Task] = {"ai_scene": "inpaint", "upscale": "upscale"}
# These cannot paint around something: they are shown the picture and told what to change.
_ONLY_EDIT = frozenset({"qwen_edit"})
# What every serving system paints; the answer is brought to the canvas in any case.
_REMOTE_SIZES = ((1024, 1024), (1152, 896), (896, 1152))


@dataclass(frozen=True, slots=True)
class Target:
    """A model as those need to know it who ask it: its name, its abilities, its sizes in pixels.

    ``is_guided``: it hears what a picture must not show.
    ``version`` is part of the cache key; ``facts`` are for the manifest, as plain JSON.
    """

    name: str
    family: str
    task: Task
    sizes: tuple[tuple[int, int], ...]
    is_guided: bool
    version: str
    facts: Mapping[str, object]

    @property
    def looks_at_references(self) -> bool:
        """Whether pictures beside the one that is painted on mean anything to it."""
        return self.family not in ("sdxl", "z_image")

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The size whose shape is nearest to ``width`` x ``height``."""
        wanted = width / height

        def distance(size: tuple[int, int]) -> float:
            own = size[0] / size[1]
            return max(own, wanted) / min(own, wanted)

        return min(self.sizes, key=distance)


def target_for(spec: PresetSpec) -> Target:
    """Choose the model for a painted preset; raises `EngineUnavailable` with the fix."""
    if is_remote(spec.kind):
        return _remote(spec, settings.REMOTE_ENGINE)
    try:
        return _local(spec)
    except RegistryError as error:
        log.error("the model registry cannot be read", reason=str(error))
        raise EngineUnavailable(_NO_REGISTRY) from error


def task_of(kind: str) -> Task:
    """What a painter is asked to do for a picture of a painted kind."""
    return _TASKS.get(kind, "edit")


def is_remote(kind: str) -> bool:
    """Whether the operator's serving system paints this kind; what it does not is painted here."""
    engine = settings.REMOTE_ENGINE
    return engine is not None and kind in engine.kinds


def _local(spec: PresetSpec) -> Target:
    model, line_up = _model(spec), _line_up(spec)
    sizes = tuple((bucket.width, bucket.height) for bucket in model.buckets_for(line_up))
    task = task_of(spec.kind)
    return Target(
        name=model.name,
        family=model.family,
        task="edit" if task == "inpaint" and model.family in _ONLY_EDIT else task,
        sizes=sizes,
        is_guided=model.is_guided,
        version=f"{VERSION}+{model.name}@{_commit(model)}.{_digest(model)}",
        facts={
            "model": model.name,
            "hub_id": model.hub_id,
            "revision": model.revision,
            "licence": ", ".join(one.licence for one in model.licences),
            "steps": model.steps,
            "guidance": model.guidance,
        },
    )


def _model(spec: PresetSpec) -> Model:
    line_up, folder = _line_up(spec), Path(settings.MODEL_DIR)
    allowed = bool(settings.ALLOW_NONCOMMERCIAL_MODELS)
    found = registry.choose(
        spec.kind, line_up, folder, allow_noncommercial=allowed, room=here.room()
    )
    if isinstance(found, Model):
        return found
    for model in registry.current().serving(spec.kind, line_up):
        if model.is_commercial or allowed:
            return model
    raise EngineUnavailable(found)


def _commit(model: Model) -> str:
    return model.revision.removeprefix(DIGEST)[:8] or "unpinned"


def _digest(model: Model) -> str:
    """A short digest of all that the registry says, and of how we paint it.

    An operator may change steps or a decoder.
    """
    return _short(registry.BUILD, BUILD, model.model_dump_json())


def _remote(spec: PresetSpec, engine: Any) -> Target:
    task = task_of(spec.kind)
    how = _short(REMOTE_BUILD, _workflow(task, engine))
    return Target(
        name=engine.model,
        family="remote",
        task=task,
        sizes=_REMOTE_SIZES,
        is_guided=True,
        version=f"{VERSION}+{engine.system}:{engine.model}.{how}",
        facts={"engine": "remote", "model": engine.model, "licence": engine.licence},
    )


def _workflow(task: Task, engine: Any) -> str:
    """The workflow's digest; it paints otherwise once an operator has changed it.

    Where it cannot be read nothing is painted, which whoever paints says (`far`).
    """
    if engine.system != "comfyui":
        return ""
    try:
        return graph.load(task, engine.workflows).digest
    except graph.WorkflowFault:
        return "unreadable"


def _short(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:6]


def _line_up(spec: PresetSpec) -> LineUp:
    return spec.painting.line_up if spec.painting else "fast"
