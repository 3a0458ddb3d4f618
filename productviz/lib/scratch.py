"""Large files that work needs for a while, on this machine's disk; losing one costs time only.

They lie below the data folder, since a folder for temporary files is memory on many machines, and
outlive a killed worker so that the next one goes on. What nobody has touched for a while is gone.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

KEPT_SECONDS = 2 * 24 * 3600.0


def folder(name: str) -> Path:
    """The folder of one kind of file, for this user only, swept of what is old."""
    sweep()
    place = _root() / name
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def sweep() -> None:
    """Remove from this machine what nobody has touched for a while; also for the schedule, since
    a shop that has left never asks for the folder again."""
    oldest = time.time() - KEPT_SECONDS
    for path in _root().glob("*/*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def _root() -> Path:
    return Path(settings.DATA_DIR) / "scratch"
