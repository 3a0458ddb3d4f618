"""Who paints in this process: models of this machine, or a serving system elsewhere.

Each is made once, when it is first asked for, and by name: neither loads the other's libraries.
Pictures of the models here meet in a room (`gathering`). What a serving system paints shares
nothing, so each is asked for from its own thread, and none waits for another's end.
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
_made: dict[str, Gathering | Painter] = {}


def paint_one(ask: Ask, kind: str) -> Answer:
    """Have one picture painted, here together with whatever else may share its passes.

    Whoever watches the current context is told of its steps. Raises `EngineUnavailable` where no
    model can be reached at all.
    """
    door = _door("remote" if is_remote(kind) else "here")
    if isinstance(door, Gathering):
        return door.paint_one(ask, watch.get())
    (answer,) = door.paint([ask], [watch.get()])
    return answer


def close() -> None:
    """Let models and processes go."""
    with _making:
        doors = list(_made.values())
        _made.clear()
    for door in doors:
        door.close()


def _door(place: str) -> Gathering | Painter:
    with _making:  # two dozen threads may want the first one
        if place not in _made:
            module, maker = _MAKERS[place]
            painter = cast("Painter", getattr(import_module(module), maker)())
            _made[place] = painter if place == "remote" else Gathering(painter)
        return _made[place]
