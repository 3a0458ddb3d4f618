"""What a manifest says of a picture, and the sentences for pictures that were not painted."""

from __future__ import annotations

from generation.inference.engines.diffusion.ask import Ask, Unpainted

from .keys import libraries
from .loading import Loaded


def facts(loaded: Loaded, ask: Ask, batch: int) -> dict[str, object]:
    """Name all that decided a picture, as plain JSON; ``batch`` is the filled size it was in."""
    model = loaded.model
    return {
        "model": model.name,
        "hub_id": model.hub_id,
        "revision": model.revision,
        "licences": [licence.licence for licence in model.licences],
        "family": model.family,
        "task": ask.task,
        "dtype": model.dtype,
        "steps": model.steps,
        "guidance": model.guidance,
        "lora": f"{model.lora} {model.lora_scale:g}" if model.lora else "",
        "vae": model.vae,
        "speed": list(loaded.switches.names),
        "size": [ask.width, ask.height],
        "seed": ask.seed,
        "batch": batch,
        "libraries": libraries(),
    }


def cannot(ask: Ask) -> Unpainted:
    """Answer an ask for a task that its model does not have."""
    return Unpainted("model_unavailable", f"The model {ask.model} has no task “{ask.task}”.")


def no_memory(ask: Ask) -> Unpainted:
    """Answer an ask that does not fit even alone: another process may have held the memory."""
    return Unpainted(
        "gpu_out_of_memory",
        f"There was no memory for one picture of {ask.width} x {ask.height} by {ask.model}. "
        "Choose a faster line-up, or a GPU with more memory.",
        is_retryable=True,
    )


def no_room(ask: Ask) -> Unpainted:
    """Answer an ask whose model does not fit even alone, whatever it is asked for."""
    return Unpainted(
        "gpu_out_of_memory",
        f"There was not enough memory on the GPU to load the model {ask.model}. "
        "Choose a faster line-up, or a GPU with more memory.",
        is_down=True,
    )


def broken(ask: Ask) -> Unpainted:
    """Answer an ask that fails alone: a fault of ours or of the model's numbers."""
    return Unpainted(
        "internal_error",
        f"The model {ask.model} failed on this picture, alone too. Try another seed; "
        "the worker's log has the details.",
    )
