"""How a stage says that it cannot go on; codes are those of the API, messages are for merchants."""

from __future__ import annotations

STORAGE_FAILED = "storage_failed"  # of our own files, in whatever stage one was needed


class StageError(Exception):
    """A generation cannot go on for a known reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Retryable(StageError):
    """Trying again later may help; ``after`` is the other side's own wish in seconds."""

    def __init__(self, code: str, message: str, *, after: float | None = None) -> None:
        super().__init__(code, message)
        self.after = after


class PainterDown(Retryable):
    """Whoever paints is at fault, not what was asked of it: it is waited for while it may mend.

    ``is_suspect``: unless it was this that ended the painter after all.
    """

    is_suspect = False


class Permanent(StageError):
    """Trying again cannot help: the request itself or its source is at fault."""


class Refused(Exception):
    """A request cannot be taken; ``code`` is the API's, ``message`` is for the merchant."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class LeaseLost(Exception):
    """Another worker has taken this row over; whatever was made here is dropped."""
