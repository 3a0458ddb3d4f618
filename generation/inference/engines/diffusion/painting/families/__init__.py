"""Families of models, and the pipeline class of each task.

Explicit, since diffusers' AutoPipeline refuses several of these (0.42.1, 2026-11-22).
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from generation.inference.engines.diffusion.ask import Ask, Task
from generation.inference.engines.diffusion.model import Model

from . import klein, qwen_edit, sdxl, z_image

CLASSES: dict[tuple[str, Task], type[Any]] = {
    ("sdxl", "inpaint"): sdxl.Inpaint,
    ("klein", "inpaint"): klein.Inpaint,
    ("klein", "edit"): klein.Edit,
    ("z_image", "inpaint"): z_image.Inpaint,
    ("qwen_edit", "edit"): qwen_edit.Edit,
}
_MODULES: dict[str, ModuleType] = {
    "sdxl": sdxl,
    "klein": klein,
    "z_image": z_image,
    "qwen_edit": qwen_edit,
}


def module(family: str) -> Any:
    """Give a family's module: ``BASE``, ``encode_words`` and ``latents``."""
    return _MODULES[family]


def open_base(model: Model, folder: Path, dtype: torch.dtype) -> Any:
    """Load a model's own files from ``folder``, offline, as the pipeline they were saved as."""
    return module(model.family).BASE.from_pretrained(
        str(folder),
        local_files_only=True,
        dtype=dtype,
        use_safetensors=True,
    )


def pipelines(model: Model, base: Any) -> dict[Task, Any]:
    """Give a pipeline for each of a model's tasks; all share the weights of ``base``."""
    family = module(model.family)
    made = {
        task: kind(**base.components, **family.options(base))
        for (owner, task), kind in CLASSES.items()
        if owner == model.family
    }
    for pipe in made.values():
        pipe.set_progress_bar_config(disable=True)
    return made


def company(model: Model, pipes: dict[Task, Any], ask: Ask) -> object:
    """What else must be equal for asks to share a pass, known only once the model is loaded."""
    if model.family != "z_image":
        return None
    return z_image.padded_lengths(pipes["inpaint"], model, ask)
