"""The painter of this machine's models, one a worker's process."""

from __future__ import annotations

import sys
from functools import cache

from django.conf import settings

from .local import LocalPainter
from .wire import Standing

COMMAND = ("-m", "generation.inference.engines.diffusion.painting")


@cache
def painter() -> LocalPainter:
    """This process's; its own process is started when it is first asked for anything."""
    return LocalPainter([sys.executable, *COMMAND])


def obstacle() -> str:
    """Why nothing can be painted here whatever models there are; empty as far as is known."""
    return painter().obstacle


def troubles() -> dict[str, str]:
    """By name: why a model that lies here cannot be loaded, as far as is known."""
    return painter().troubles.reasons()


def room() -> int | None:
    """Bytes that the device and the operator leave to models; None where nobody has said."""
    allowed = int((settings.GPU_MEMORY or 0) * 10**9)
    return min(filter(None, (painter().memory, allowed)), default=None)


def standing() -> Standing | None:
    """How it stands; its process is started if none lives. None while it cannot say."""
    return painter().standing()
