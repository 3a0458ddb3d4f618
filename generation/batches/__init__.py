"""Many generations started together: estimate, start, watch, pause, cancel, retry, undo as one.

``starting`` makes the row, ``prepare`` turns its selector into generations, ``errands`` does what
concerns many of its rows, both in chunks by workers (``work``); ``watching`` notices the end.
"""

from __future__ import annotations

from generation.batches.control import cancel, pause, resume, retry_failed, undo
from generation.batches.estimating import Estimate, estimate
from generation.batches.progress import Progress, Written, progress, progress_of, written
from generation.batches.starting import start

__all__ = [
    "Estimate",
    "Progress",
    "Written",
    "cancel",
    "estimate",
    "pause",
    "progress",
    "progress_of",
    "resume",
    "retry_failed",
    "start",
    "undo",
    "written",
]
