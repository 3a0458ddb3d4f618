"""Who paints in this process: models of this machine, or a serving system elsewhere; made once.

Chosen by the settings, and by name, so that nobody imports the other one's libraries.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import cast

from django.conf import settings

from .ask import Answer, Ask
from .gathering import Gathering
from .watching import watch

_HERE = "generation.inference.engines.diffusion.here"
_REMOTE = "generation.inference.engines.diffusion.remote"

_making = threading.Lock()
_rooms: list[Gathering] = []


def paint_one(ask: Ask) -> Answer:
    """Have one picture painted, together with whatever else may share its passes.

    Whoever watches the current context is told of its steps. Raises `EngineUnavailable` where no
    model can be reached at all.
    """
    return _room().paint_one(ask, watch.get())


def close() -> None:
    """Let models and processes go."""
    with _making:
        rooms = _rooms.copy()
        _rooms.clear()
    for room in rooms:
        room.close()


def _room() -> Gathering:
    with _making:  # two dozen threads may want the first one
        if not _rooms:
            _rooms.append(_new_room())
        return _rooms[0]


def _new_room() -> Gathering:
    if getattr(settings, "REMOTE_ENGINE", None):
        return Gathering(import_module(_REMOTE).make_painter())
    return cast("Gathering", import_module(_HERE).gathering())
