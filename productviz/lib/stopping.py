"""How a supervisor tells its workers to begin nothing new: it closes a pipe that they hold.

A signal would not do: it ends django-q2's own processes between two workers. A supervisor that is
killed closes the pipe too.
"""

from __future__ import annotations

import os
import select

_NAME = "STOP_PIPE"


class StopPipe:
    """The supervisor's end; ``environment`` and ``reader`` are for the process that it starts."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()

    @property
    def environment(self) -> dict[str, str]:
        """What tells the workers where their end is."""
        return {_NAME: str(self.reader)}

    def stop(self) -> None:
        """Ask the workers to begin nothing new."""
        os.close(self._writer)


def is_stopping() -> bool:
    """Whether this process is a supervisor's worker and is to begin nothing new."""
    reader = os.environ.get(_NAME)
    if reader is None:
        return False
    poll = select.poll()
    poll.register(int(reader), select.POLLIN | select.POLLHUP)
    return bool(poll.poll(0))
