"""`python -m generation.inference.engines.diffusion.painting`: the painter of this machine.

Started by a GPU worker, which holds the other end of the pipe; the settings are the worker's own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.conf import settings

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion import registry, wire

from .serve import LocalModels, serve

GIGABYTE = 10**9
NOT_INSTALLED = (
    "The libraries that paint are not installed on this machine. Run"
    " pip install 'productviz[gpu]' there (docs/gpu.md)."
)


def make_painter() -> LocalModels:
    """The painter by this installation's settings, with what is to be loaded at once.

    Raises `EngineUnavailable` without the libraries, or without the device that the settings name.
    """
    try:  # here: nobody who imports this module loads torch for it
        from .painter import TorchPainter
    except ImportError as error:
        raise EngineUnavailable(NOT_INSTALLED) from error
    budget = settings.GPU_MEMORY
    painter = TorchPainter(
        Path(settings.MODEL_DIR),
        registry=registry.current(),
        device=device(settings.GPU_DEVICE),
        memory_budget=None if budget is None else int(budget * GIGABYTE),
        limits=Path(settings.DATA_DIR) / "painter" / "limits.json",
        allow_noncommercial=settings.ALLOW_NONCOMMERCIAL_MODELS,
    )
    for name, reason in painter.preload(settings.GPU_PRELOAD).items():
        sys.stderr.write(f"The model {name} was not loaded at the start: {reason}\n")
    return painter


def device(wanted: str) -> str:
    """The device by torch's name; "auto" is the first GPU.

    Raises `EngineUnavailable` where there is none: on a processor an image takes minutes, so
    somebody has to want that.
    """
    from torch import cuda

    if wanted == "auto":
        wanted = "cuda"
    if wanted == "cuda" and not cuda.is_available():
        raise EngineUnavailable(
            "This machine shows no GPU. Look at the driver with nvidia-smi, or set"
            " PRODUCTVIZ_GPU_DEVICE=cpu to paint on the processor, which takes minutes an image."
        )
    number = int(wanted.partition(":")[2] or 0)
    if wanted.startswith("cuda") and number >= cuda.device_count():
        raise EngineUnavailable(
            f"PRODUCTVIZ_GPU_DEVICE is {wanted}, and this machine shows {cuda.device_count()} GPUs."
            " Set it to auto, or look at the driver with nvidia-smi."
        )
    return wanted


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "productviz.settings")
    serve(make_painter, wire.inherited())
