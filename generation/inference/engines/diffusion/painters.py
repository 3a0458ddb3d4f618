"""Who paints in this process: models of this machine, or a serving system elsewhere.

Each is made once, when it is first asked for, and by name: neither loads the other's libraries.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import cast

from .ask import Answer, Ask, Painter
from .gathering import Gathering
from .targets import is_remote
from .watching import watch

_PLACE = "generation.inference.engines.diffusion"
_MAKERS = {
    "here": (f"{_PLACE}.here", "painter"),
    "remote": (f"{_PLACE}.far", "painter"),
}

_making = threading.Lock()
_rooms: dict[str, Gathering] = {}


def paint_one(ask: Ask, kind: str) -> Answer:
    """Have one picture painted, together with whatever else may share its passes.

    Whoever watches the current context is told of its steps. Raises `EngineUnavailable` where no
    model can be reached at all.
    """
    return _room("remote" if is_remote(kind) else "here").paint_one(ask, watch.get())


def close() -> None:
    """Let models and processes go."""
    with _making:
        rooms = list(_rooms.values())
        _rooms.clear()
    for room in rooms:
        room.close()


def _room(place: str) -> Gathering:
    with _making:  # two dozen threads may want the first one
        if place not in _rooms:
            module, maker = _MAKERS[place]
            _rooms[place] = Gathering(cast("Painter", getattr(import_module(module), maker)()))
        return _rooms[place]
