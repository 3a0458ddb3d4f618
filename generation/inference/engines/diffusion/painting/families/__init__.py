"""Families of models, and the pipeline class of each task.

Explicit, since diffusers' AutoPipeline refuses several of these (0.42.1, 2026-11-22).
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from . import klein, qwen_edit, sdxl, z_image

CLASSES: dict[tuple[str, str], type[Any]] = {
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


def open_pipelines(family: str, folder: Path, dtype: torch.dtype) -> dict[str, Any]:
    """Load a family's weights once, and give a pipeline over them for each of its tasks."""
    base = module(family).BASE.from_pretrained(
        str(folder), local_files_only=True, dtype=dtype, use_safetensors=True
    )
    pipelines = {}
    for (owner, task), kind in CLASSES.items():
        if owner == family:
            pipelines[task] = kind(**base.components, **module(family).options(base))
            pipelines[task].set_progress_bar_config(disable=True)
    return pipelines
