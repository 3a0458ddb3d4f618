"""A model from its folder into memory: weights, LoRA, decoder, schedule, switches, checks first."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import nn

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.ask import Task
from generation.inference.engines.diffusion.files import folder_of, pinned, verify
from generation.inference.engines.diffusion.model import Model

from . import families, speed
from .faults import Fault, fault_of
from .speed import Switches
from .upscaling.network import open_upscaler

log = logging.getLogger(__name__)

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


@dataclass(slots=True)
class Loaded:
    """A model in memory: a pipeline by task, or the upscaler's network; its weights' ``bytes``."""

    model: Model
    pipes: dict[Task, Any]
    switches: Switches
    bytes: int
    last_used: float = 0.0

    @property
    def encoder(self) -> str:
        """Names what turns prompts into words, for keeping them."""
        return f"{self.model.hub_id}@{self.model.revision}/{self.model.dtype}"


def open_model(model: Model, models: Path, device: torch.device, names: Collection[str]) -> Loaded:
    """Load a model from below the weights folder ``models`` onto the device.

    ``names`` are its speed switches. Raises `EngineUnavailable` with what to do for whatever is
    wrong with its files, its settings or a library; errors of memory or device pass through.
    """
    try:
        verify(model, models)
        known, switches = pinned(model, models), speed.switches(names, device)
        return _open(known, folder_of(model.name, models), device, switches)
    except EngineUnavailable:
        raise
    except Exception as error:  # of any library beneath: other models go on being painted
        if fault_of(error) is not Fault.PICTURE:
            raise
        # Its own words may name folders of this machine, and merchants read the sentence.
        log.exception("the model %s cannot be loaded", model.name)
        raise EngineUnavailable(
            f"The model {model.name} cannot be loaded. The log of the GPU worker says why; where"
            f" its files are at fault, fetch them again: manage.py fetch_model {model.name}."
        ) from error


def assembled(base: Any, model: Model, device: torch.device, switches: Switches) -> Loaded:
    """Put a loaded pipeline onto the device, fast, with a pipeline for each of its tasks."""
    base.to(device)
    speed.apply(base, switches)
    pipes = families.pipelines(model, base)
    return Loaded(model, pipes, switches, _bytes(pipes))


def _open(model: Model, folder: Path, device: torch.device, switches: Switches) -> Loaded:
    dtype = DTYPES[model.dtype]
    if model.family == "upscaler":
        network = open_upscaler(folder, dtype).to(device)
        if switches.channels_last:
            network.to(memory_format=torch.channels_last)
        pipes: dict[Task, Any] = {"upscale": network}
        return Loaded(model, pipes, switches, _bytes(pipes))
    base = families.open_base(model, folder, dtype)
    _fit(base, model, folder, dtype)
    return assembled(base, model, device, switches)


def _fit(base: Any, model: Model, folder: Path, dtype: torch.dtype) -> None:
    """Take what the registry puts beside a model's own files."""
    if model.lora:
        # diffusers asks the hub if it is not told which file.
        base.load_lora_weights(str(folder), weight_name=model.lora)
        base.fuse_lora(lora_scale=model.lora_scale)
        base.unload_lora_weights()
    if model.vae != "full":
        base.register_modules(vae=_open_vae(folder / f"vae_{model.vae}", dtype))
    if model.scheduler == "euler_trailing":
        base.scheduler = diffusers.EulerDiscreteScheduler.from_config(
            base.scheduler.config, timestep_spacing="trailing"
        )


def _open_vae(folder: Path, dtype: torch.dtype) -> Any:
    name = json.loads((folder / "config.json").read_text())["_class_name"]
    if not str(name).startswith("Autoencoder"):
        raise ValueError(f"{folder.name} holds a {name}, which is no decoder.")
    return getattr(diffusers, name).from_pretrained(str(folder), torch_dtype=dtype)


def _bytes(pipes: dict[Task, Any]) -> int:
    networks = {
        id(part): part
        for pipe in pipes.values()
        for part in (pipe.components.values() if hasattr(pipe, "components") else (pipe,))
        if isinstance(part, nn.Module)
    }
    tensors = {
        tensor.data_ptr(): tensor.nbytes
        for part in networks.values()
        for tensor in (*part.parameters(), *part.buffers())
    }
    return sum(tensors.values())
