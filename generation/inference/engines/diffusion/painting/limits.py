"""The batch sizes that were found to fit a device, kept so that the next start knows them."""

from __future__ import annotations

import json
import os
from pathlib import Path


class Limits:
    """How many pictures of a model and size go through at once, learnt by running out of memory.

    Kept in a JSON file if one is named: {"device model widthxheight": size}; ``device`` names it
    and its memory, so that a larger one learns anew. An unreadable file is forgotten, since what it
    held is learnt again at the cost of a few halvings.
    """

    def __init__(self, file: Path | None = None, device: str = "") -> None:
        self._file = file
        self._device = device
        self._sizes = _read(file) if file else {}

    def size(self, model: str, width: int, height: int, most: int) -> int:
        """Give the size to try, never above ``most``."""
        return min(most, self._sizes.get(self._key(model, width, height), most))

    def lower(self, model: str, width: int, height: int, size: int) -> None:
        """Remember that no more than ``size`` fit; a limit only ever goes down."""
        key = self._key(model, width, height)
        self._sizes[key] = max(1, min(size, self._sizes.get(key, size)))
        if self._file:
            _write(self._file, self._sizes)

    def _key(self, model: str, width: int, height: int) -> str:
        return f"{self._device} {model} {width}x{height}"


def _read(file: Path) -> dict[str, int]:
    try:
        found = json.loads(file.read_text())
        return {str(key): max(1, int(size)) for key, size in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(file: Path, sizes: dict[str, int]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(json.dumps(sizes, indent=1, sort_keys=True))
    draft.replace(file)
