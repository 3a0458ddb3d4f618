"""The batch sizes that were found to fit a device, kept so that the next start knows them."""

from __future__ import annotations

import json
import logging
import os
import time
from pathlib import Path
from typing import TypeAlias

log = logging.getLogger(__name__)

# Somebody else may have held the memory for a moment, so a limit is not for ever: after each such
# time one size more is tried, which costs a halving where it still does not fit.
UP_SECONDS = 3600.0
_MOST_STEPS_UP = 8

Learnt: TypeAlias = tuple[int, float]  # a size, and when it was learnt, in seconds since 1970


class Limits:
    """How many pictures of a model and size go through at once, learnt by running out of memory.

    Kept in a JSON file if one is named: {"device model widthxheight": [size, time]}; ``device``
    names it and its memory, so that a larger one learns anew. A file that cannot be read is
    forgotten, and one that cannot be written is done without: what it held is learnt again at the
    cost of a few halvings.
    """

    def __init__(self, file: Path | None = None, device: str = "") -> None:
        self._file = file
        self._device = device
        self._learnt = _read(file) if file else {}

    def size(self, model: str, width: int, height: int, most: int) -> int:
        """Give the size to try, never above ``most``."""
        size, at = self._learnt.get(self._key(model, width, height), (most, 0.0))
        steps = int((time.time() - at) / UP_SECONDS)
        return min(most, size * 2 ** min(max(steps, 0), _MOST_STEPS_UP))

    def lower(self, model: str, width: int, height: int, size: int) -> None:
        """Remember that no more than ``size`` fit now."""
        size = max(1, self.size(model, width, height, size))
        self._learnt[self._key(model, width, height)] = size, time.time()
        if self._file:
            _write(self._file, self._learnt)

    def _key(self, model: str, width: int, height: int) -> str:
        return f"{self._device} {model} {width}x{height}"


def _read(file: Path) -> dict[str, Learnt]:
    try:
        found = json.loads(file.read_text())
        return {str(key): (max(1, int(size)), float(at)) for key, (size, at) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(file: Path, learnt: dict[str, Learnt]) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(learnt, indent=1, sort_keys=True))
        draft.replace(file)
    except OSError as error:
        log.warning("batch sizes are remembered until the painter ends only: %s", error)
