"""Who watches the picture that the current thread is making: set around it, read by the engine."""

from __future__ import annotations

from contextvars import ContextVar

from .ask import Watch


class _Silent:
    """Nobody: told of nothing, and never gives a picture up."""

    def step(self, done: int, of: int) -> None:
        """Tell nobody."""

    def is_canceled(self) -> bool:
        """Always wanted."""
        return False


silent: Watch = _Silent()
watch: ContextVar[Watch] = ContextVar("watch", default=silent)
