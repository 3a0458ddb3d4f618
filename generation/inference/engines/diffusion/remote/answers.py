"""Why a serving system gave no picture, as an exception that carries the answer."""

from __future__ import annotations

from typing import Literal

from generation.inference.engines.diffusion.ask import Unpainted

Code = Literal["model_unavailable", "model_timeout", "gpu_out_of_memory", "content_policy"]


class NotPainted(Exception):
    """There is no picture of one ask, and this is why; ``status``: of the answer that said so."""

    def __init__(self, unpainted: Unpainted, status: int = 0) -> None:
        super().__init__(unpainted.message)
        self.unpainted, self.status = unpainted, status


def not_painted(
    code: Code,
    message: str,
    *,
    is_retryable: bool = False,
    is_down: bool = False,
    after: float | None = None,
    status: int = 0,
) -> NotPainted:
    """The exception for one of the API's codes and a sentence."""
    return NotPainted(Unpainted(code, message, is_retryable, is_down, after), status)


def canceled() -> NotPainted:
    """The exception for a picture that nobody waits for any more."""
    return NotPainted(Unpainted("canceled", "The image was canceled while it was painted."))


def stopping() -> NotPainted:
    """The exception for a picture whose worker ends before it is there."""
    return not_painted(
        "model_unavailable",
        "The worker is stopping; the next one asks again.",
        is_retryable=True,
        is_down=True,
    )
