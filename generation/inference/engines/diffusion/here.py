"""The painter of this installation's GPU workers, one a process, and the room in front of it."""

from __future__ import annotations

import sys
from functools import cache

from django.conf import settings

from .gathering import Gathering
from .local import LocalPainter
from .wire import Standing


@cache
def gathering() -> Gathering:
    """Where this process's engines have their pictures painted."""
    return Gathering(_painter())


def standing() -> Standing | None:
    """How the painter stands; its process is started if none lives. None while it cannot say."""
    return _painter().standing()


@cache
def _painter() -> LocalPainter:
    return LocalPainter([sys.executable, *command()])


def command() -> list[str]:
    """What starts the painter's process, by this installation's settings."""
    options = ["--models", str(settings.MODEL_DIR), "--device", settings.GPU_DEVICE]
    options += ["--limits", str(settings.DATA_DIR / "painter" / "limits.json")]
    if settings.GPU_MEMORY is not None:
        options += ["--memory", str(settings.GPU_MEMORY)]
    for name in settings.GPU_PRELOAD:
        options += ["--preload", name]
    return ["-m", "generation.inference.engines.diffusion.painting", *options]
